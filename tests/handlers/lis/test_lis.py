"""The laboratory information system over real HTTP: what is taken, what is refused, and in which words."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from sqlmodel import select

from storage import contacts, visits
from storage.database import Database, DatabaseUnavailable, Session
from storage.tables import ContactKind, FollowUp, ResultStatus, Visit
from tests.handlers.lis.conftest import LIS_TOKEN, NOW, Lis

COLLECTED = "2026-03-02T09:00:00+01:00"
VISIT = {"order": "LAB-001234", "site": "North", "collected_at": COLLECTED}
RESULTS = {"order": "LAB-001234", "status": "final", "delivered_at": "2026-03-02T09:15:00Z"}

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def known(lis: Lis) -> list[Visit]:
    return await lis.database.read(lambda session: list(session.exec(select(Visit))))


async def join(lis: Lis, token: str) -> None:
    """Somebody agrees to be asked about the visit."""

    def give_consent(session: Session) -> None:
        visit = visits.by_token(session, token)
        assert visit is not None
        contact = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
        visits.record_consent(session, visit, contact.id, NOW)

    await lis.database.run(give_consent)


async def test_a_collected_sample_becomes_a_visit_with_its_links(lis: Lis) -> None:
    status, body = await lis.post("/lis/visits", VISIT)
    token = body["token"]
    (visit,) = await known(lis)
    assert status == 201
    assert body == {
        "visit_id": str(visit.id),
        "token": token,
        "telegram_url": f"https://t.me/LabVoiceBot?start={token}",
        "enrol_url": f"https://voice.example/enrol/{token}",
    }
    assert (visit.site, visit.collected_at) == ("North", datetime(2026, 3, 2, 8, tzinfo=UTC))


async def test_the_page_behind_the_link_opens(lis: Lis) -> None:
    _, body = await lis.post("/lis/visits", VISIT)
    path = str(body["enrol_url"]).removeprefix("https://voice.example")
    async with lis.client.get(lis.url + path) as answer:
        assert (answer.status, str(body["telegram_url"]) in await answer.text()) == (200, True)


async def test_without_the_bots_name_the_page_still_has_an_address(lis: Lis) -> None:
    lis.username = None
    status, body = await lis.post("/lis/visits", VISIT)
    assert (status, body["telegram_url"]) == (201, None)
    assert body["enrol_url"] == f"https://voice.example/enrol/{body['token']}"


async def test_a_repeat_gives_the_same_link_so_that_one_already_printed_stays_good(lis: Lis) -> None:
    _, first = await lis.post("/lis/visits", VISIT)
    assert await lis.post("/lis/visits", VISIT) == (200, first)
    assert len(await known(lis)) == 1
    await join(lis, str(first["token"]))


async def test_every_visit_has_a_link_of_its_own(lis: Lis) -> None:
    _, first = await lis.post("/lis/visits", VISIT)
    _, other = await lis.post("/lis/visits", {**VISIT, "order": "LAB-OTHER"})
    assert other["token"] != first["token"]


async def test_a_visit_somebody_joined_gets_no_other_link(lis: Lis) -> None:
    _, first = await lis.post("/lis/visits", VISIT)
    await join(lis, str(first["token"]))
    assert await lis.post("/lis/visits", VISIT) == (
        409,
        {"error": "somebody has already answered the link of this visit"},
    )


async def test_delivered_results_schedule_the_follow_up_once(lis: Lis) -> None:
    _, created = await lis.post("/lis/visits", VISIT)
    await join(lis, str(created["token"]))
    for _ in range(2):
        assert await lis.post("/lis/results", RESULTS) == (200, {"visit_id": created["visit_id"]})
    planned = await lis.database.read(lambda session: list(session.exec(select(FollowUp))))
    assert [one.visit_id for one in planned] == [UUID(str(created["visit_id"]))]


async def test_cancelled_results_are_kept(lis: Lis) -> None:
    await lis.post("/lis/visits", VISIT)
    status, _ = await lis.post("/lis/results", {**RESULTS, "status": "cancelled"})
    (visit,) = await known(lis)
    assert (status, visit.result_status) == (200, ResultStatus.CANCELLED)


@sqlite_only
async def test_an_unknown_order_is_told(lis: Lis) -> None:
    assert await lis.post("/lis/results", RESULTS) == (404, {"error": "no visit is known for this order"})


@sqlite_only
@pytest.mark.parametrize("path", ["/lis/visits", "/lis/results"])
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Basic {LIS_TOKEN}",
        LIS_TOKEN,
        f"Bearer {LIS_TOKEN}x",
        "Bearer ñ",
    ],
)
async def test_without_the_token_nothing_happens(lis: Lis, path: str, authorization: str) -> None:
    answer = await lis.post_raw(path, b"{}", Authorization=authorization)
    assert answer == (401, {"error": "send the token as Authorization: Bearer <LIS_TOKEN>"})


@sqlite_only
@pytest.mark.parametrize("lis_token", [None])
async def test_an_unset_token_is_told_so_that_the_caller_tries_again(lis: Lis) -> None:
    assert await lis.post("/lis/results", RESULTS) == (503, {"error": "not configured: set LIS_TOKEN"})


@sqlite_only
@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
async def test_another_media_type_is_refused(lis: Lis, media_type: str) -> None:
    status, _ = await lis.post_raw("/lis/visits", b"{}", **{"Content-Type": media_type})
    assert status == 415


@sqlite_only
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"order": "LAB-1"} trailing',
        b"[" * 100_000,
        b'{"order": "\xff", "site": "N"}',
        b'{"order": "\\ud800", "site": "N"}',
        b'{"\\ud800": 1}',
        b'{"order": 1' + b"0" * 10_000 + b"}",
    ],
)
async def test_what_is_no_json_is_refused(lis: Lis, body: bytes) -> None:
    answer = await lis.post_raw("/lis/visits", body)
    assert answer == (400, {"error": "the body is not JSON that can be kept"})


@sqlite_only
@pytest.mark.parametrize("order", ["LAB\\u0000", "\\u0007LAB", "LAB\\nDROP"])
async def test_control_characters_are_refused(lis: Lis, order: str) -> None:
    body = f'{{"order": "{order}", "site": "N", "collected_at": "{COLLECTED}"}}'.encode()
    assert await lis.post_raw("/lis/visits", body) == (
        400,
        {"error": "the body is not JSON that can be kept", "fields": {"order": "holds control characters"}},
    )
    assert await known(lis) == []


@sqlite_only
@pytest.mark.parametrize("body", [b"[]", b"null", b'"LAB"', b"5"])
async def test_json_that_is_no_object_is_refused(lis: Lis, body: bytes) -> None:
    assert await lis.post_raw("/lis/visits", body) == (422, {"error": "the body has to be a JSON object"})


TIME_HINT = (
    "has to be a time with its UTC offset, such as 2026-03-01T09:00:00+01:00, "
    "within the last ten years and no later than tomorrow"
)


@sqlite_only
@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"patient": "Ana Pérez"}, {"patient": "is not a field of this message"}),
        ({"order": ""}, {"order": "has to be a string of 1 to 64 characters on one line"}),
        ({"order": "   "}, {"order": "has to be a string of 1 to 64 characters on one line"}),
        ({"order": "9" * 65}, {"order": "has to be a string of 1 to 64 characters on one line"}),
        ({"order": 12345}, {"order": "has to be a string of 1 to 64 characters on one line"}),
        ({"site": None}, {"site": "has to be a string of 1 to 80 characters on one line"}),
        ({"collected_at": "2026-03-02T09:00:00"}, {"collected_at": TIME_HINT}),
        ({"collected_at": "2026-03-02"}, {"collected_at": TIME_HINT}),
        ({"collected_at": "1772442000"}, {"collected_at": TIME_HINT}),
        ({"collected_at": 1772442000}, {"collected_at": TIME_HINT}),
        ({"collected_at": "0001-01-01T00:00:00+14:00"}, {"collected_at": TIME_HINT}),
        ({"collected_at": "9999-12-31T23:59:59-14:00"}, {"collected_at": TIME_HINT}),
        ({"collected_at": (NOW + timedelta(days=1, seconds=1)).isoformat()}, {"collected_at": TIME_HINT}),
        ({"collected_at": "2026-02-30T09:00:00Z"}, {"collected_at": TIME_HINT}),
    ],
)
async def test_a_field_that_cannot_be_used_is_named(
    lis: Lis, change: dict[str, object], fields: dict[str, str]
) -> None:
    assert await lis.post("/lis/visits", {**VISIT, **change}) == (
        422,
        {"error": "the message cannot be used as it is", "fields": fields},
    )
    assert await known(lis) == []


@sqlite_only
async def test_every_missing_field_is_named(lis: Lis) -> None:
    missing = {"order": "is missing", "status": "is missing", "delivered_at": "is missing"}
    assert await lis.post("/lis/results", {}) == (
        422,
        {"error": "the message cannot be used as it is", "fields": missing},
    )


@sqlite_only
@pytest.mark.parametrize("status", ["FINAL", "done", 1, None])
async def test_an_unknown_status_is_refused(lis: Lis, status: object) -> None:
    assert await lis.post("/lis/results", {**RESULTS, "status": status}) == (
        422,
        {
            "error": "the message cannot be used as it is",
            "fields": {"status": "has to be final, corrected or cancelled"},
        },
    )


@sqlite_only
async def test_a_long_field_name_is_cut(lis: Lis) -> None:
    _, body = await lis.post("/lis/results", {**RESULTS, "x" * 5000: 1})
    assert body["fields"] == {"x" * 64: "is not a field of this message"}


@sqlite_only
async def test_a_message_of_two_megabytes_is_refused(lis: Lis) -> None:
    body = BytesIO(b'{"order": "' + b"9" * 2_000_000 + b'"}')
    status, _ = await lis.post_raw("/lis/visits", body)
    assert status == 413


@sqlite_only
async def test_a_byte_order_mark_is_no_reason_to_refuse(lis: Lis) -> None:
    body = '\ufeff{"order": "LAB-1", "site": "Süd", "collected_at": "2026-03-02T09:00:00Z"}'.encode()
    status, _ = await lis.post_raw("/lis/visits", body, **{"Content-Type": "Application/JSON; charset=UTF-8"})
    assert status == 201


@sqlite_only
async def test_blanks_and_case_around_an_order_do_not_matter(lis: Lis) -> None:
    _, created = await lis.post("/lis/visits", VISIT)
    status, body = await lis.post("/lis/results", {**RESULTS, "order": " lab-001234 "})
    assert (status, body["visit_id"]) == (200, created["visit_id"])


@pytest.mark.parametrize(("path", "message"), [("/lis/visits", VISIT), ("/lis/results", RESULTS)])
@sqlite_only
async def test_nothing_is_acknowledged_while_the_database_is_down(
    lis: Lis, monkeypatch: pytest.MonkeyPatch, path: str, message: dict[str, str]
) -> None:
    async def down(*_: object, **__: object) -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(Database, "run", down)
    status, body = await lis.post(path, message)
    assert (status, body) == (503, {"error": "the database does not answer; send this again later"})
