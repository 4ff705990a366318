"""What must not work: others' buttons, forged values, people's markup, sending twice, no database."""

import json
import re
from collections.abc import Callable, Sequence
from typing import NoReturn
from uuid import uuid4

import pytest
from sqlmodel import select

from bot.complaints.terms import Status
from sandbox.slack import Acked, NotAcked
from storage.database import DatabaseUnavailable, Session
from storage.tables import Contact
from tests.handlers.slack.conftest import ISSUE, Stage, words

STAFF_ONLY = "Only laboratory staff can do this."
NOT_YOURS = "That button is meant for someone else. Nothing was changed."


async def press(stage: Stage, value: object, account: str = "U0HOUSE") -> None:
    """Have the app take a press of a button that is not of its making."""
    body: dict[str, object] = {
        "type": "block_actions",
        "user": {"id": account},
        "trigger_id": f"1.2.{uuid4()}",
        "actions": [{"type": "button", "action_id": "press.0", "block_id": "b", "value": value}],
    }
    assert (await stage.dispatch(body)).status == 200


async def open_resolve(stage: Stage) -> None:
    await stage.nurse.click(await stage.card(), "Resolve")
    await stage.nurse.wait_for(lambda nurse: nurse.modal is not None)


async def test_only_staff_acknowledge_and_others_are_told_privately(either: Stage) -> None:
    await either.report()

    await either.nurse.click(await either.card(), "Acknowledge")

    await either.nurse.wait_for(lambda nurse: bool(nurse.private))
    assert either.nurse.private[-1].text == STAFF_ONLY
    assert (await either.complaint()).status is Status.RECEIVED


async def test_others_are_told_before_they_type_an_outcome(stage: Stage) -> None:
    await stage.report()

    await stage.nurse.click(await stage.card(), "Resolve")

    await stage.nurse.wait_for(lambda nurse: bool(nurse.private))
    assert stage.nurse.private[-1].text == STAFF_ONLY
    assert stage.nurse.modal is None


async def test_a_role_lost_while_the_form_was_open_no_longer_resolves(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    await open_resolve(stage)
    stage.nurse.fill({"outcome": "Done."})
    await stage.dismiss("U0NURSE")

    await stage.nurse.submit()

    assert STAFF_ONLY in str(stage.nurse.modal)
    assert (await stage.complaint()).status is Status.RECEIVED


@pytest.mark.parametrize(
    "value",
    [
        "complaint.acknowledge.not-a-uuid",
        "complaint.erase.00000000-0000-0000-0000-000000000007",
        "complaint.acknowledge",
        "someone-elses-token.1.stop",
        "",
        "\x00\ud800",
        "x" * 5000,
        None,
        7,
    ],
)
async def test_a_forged_button_changes_nothing_and_is_answered(stage: Stage, value: object) -> None:
    await press(stage, value)
    await stage.house.wait_for(lambda house: bool(house.direct.messages))
    assert await stage.told(stage.house) == [NOT_YOURS]


async def test_a_button_for_an_unknown_complaint_is_answered(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    await press(stage, "complaint.acknowledge.00000000-0000-0000-0000-000000000007", "U0NURSE")
    await stage.nurse.wait_for(lambda nurse: bool(nurse.direct.messages))
    assert await stage.told(stage.nurse) == ["I cannot find this complaint any more."]


@pytest.mark.parametrize("known", ["", "[]", "{", json.dumps({"complaint": "../../etc"}), "null", "[" * 5000])
async def test_a_resolve_form_about_nothing_resolves_nothing(stage: Stage, known: str) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    body: dict[str, object] = {
        "type": "view_submission",
        "user": {"id": "U0NURSE"},
        "view": {
            "type": "modal",
            "id": "V1",
            "hash": "1",
            "callback_id": "step.resolve",
            "private_metadata": known,
            "state": {"values": {"outcome": {"value": {"type": "plain_text_input", "value": "x"}}}},
        },
    }

    response = await stage.dispatch(body)

    assert "I cannot find this complaint any more." in response.body
    assert (await stage.complaint()).status is Status.RECEIVED


@pytest.mark.parametrize(
    "known",
    [
        "",
        *(
            json.dumps({"questionnaire": one, "version": 1})
            for one in ("nothing", "after_results", "consent")
        ),
    ],
)
async def test_a_form_that_nobody_is_given_stays_open_with_a_word(stage: Stage, known: str) -> None:
    body: dict[str, object] = {
        "type": "view_submission",
        "user": {"id": "U0HOUSE"},
        "view": {
            "type": "modal",
            "id": "V1",
            "hash": "1",
            "callback_id": "questionnaire",
            "private_metadata": known,
            "blocks": [{"type": "input", "block_id": "happened"}],
            "state": {
                "values": {one: {"value": {"value": "yes"}} for one in ("in_time", "understood", "follow_up")}
            },
        },
    }

    response = await stage.dispatch(body)

    assert json.loads(response.body)["errors"]["happened"].startswith("This form is out of date.")


RESOLVE: dict[str, object] = {"type": "view_submission", "view": {"callback_id": "step.resolve"}}
PRESS: dict[str, object] = {"type": "block_actions", "actions": [{"action_id": "press.0", "value": "x"}]}
ALMOST = ["U0HOUSE\x00", " U0HOUSE", "U0HOUSE\n", "U0HOUSE\ud800", "u0house"]
ODD_ACTIONS: list[object] = [{}, "{}", ["x"], [{}]]
ODD_VIEWS: list[object] = ["x", [], {"callback_id": 5}]
HELLO: dict[str, object] = {"type": "message", "channel_type": "im", "text": "Hello"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        RESOLVE,
        {**RESOLVE, "user": {"id": ""}},
        {**RESOLVE, "user": {"id": "U0HOUSE"}, "team": True},
        PRESS,
        {**PRESS, "user": 5},
        {**PRESS, "user": {"id": "<!channel>"}},
        {"type": "event_callback", "event_id": "E1", "event": "../.."},
        {"type": "event_callback", "event_id": "E1", "event": {**HELLO, "type": False, "user": "U0HOUSE"}},
        {"type": "event_callback", "event_id": "E1", "event": {**HELLO, "user": 5}},
        {"type": "something Slack does not have", "user": {"id": "U0HOUSE"}},
        *({**PRESS, "user": {"id": almost}} for almost in ALMOST),
        *({**PRESS, "user": {"id": "U0HOUSE"}, "actions": odd} for odd in ODD_ACTIONS),
        *({**RESOLVE, "user": {"id": "U0HOUSE"}, "view": odd} for odd in ODD_VIEWS),
    ],
)
async def test_a_request_that_is_no_request_is_refused(stage: Stage, body: dict[str, object]) -> None:
    response = await stage.dispatch(body)
    assert (response.status, response.body) == (
        400,
        "This is signed by Slack but has not the form of its requests; nothing was done.",
    )
    assert await stage.database.read(_everybody) == []


def _everybody(session: Session) -> Sequence[Contact]:
    return session.exec(select(Contact)).all()


async def test_peoples_words_never_become_markup(stage: Stage) -> None:
    attack = "<!channel> <!here> <@U0NURSE> <https://evil.example|our portal> &lt;!channel&gt; *x* @channel"
    await stage.appoint("U0NURSE")
    await stage.report(happened=attack, need=attack, order="<!channel>1")
    await open_resolve(stage)
    stage.nurse.fill({"outcome": attack, "words": attack})
    await stage.nurse.submit()
    await stage.delivery.settle()

    for message in (*stage.triage.messages, *stage.house.direct.messages):
        assert not re.search(r"<(?!@U0HOUSE>)", message.text)
        for text in _texts_read_as_markup(message.blocks):
            assert not re.search(r"<(?!@U0(HOUSE|NURSE)>$)", text)
    assert attack in words(await stage.card())


def _texts_read_as_markup(found: object) -> list[str]:
    match found:
        case {"type": "mrkdwn", "text": str(text), "verbatim": True}:
            return [text]
        case {"type": "mrkdwn"}:
            raise AssertionError(f"Slack would make links of this by itself: {found}")
        case dict():
            return [text for part in found.values() for text in _texts_read_as_markup(part)]
        case list() | tuple():
            return [text for part in found for text in _texts_read_as_markup(part)]
        case _:
            return []


async def test_a_form_sent_twice_is_one_complaint(either: Stage) -> None:
    await either.house.command(either.triage, "/lab-issue")
    await either.house.wait_for(lambda house: house.modal is not None)
    either.house.fill(ISSUE)

    first, second = either.house.submit(), either.house.submit()
    assert (await first, await second) == (None, None)

    assert (await either.complaint()).number in str(either.house.modal)


async def test_a_form_that_needs_mending_is_mended_and_taken(either: Stage) -> None:
    errors = await either.report(happened="   ")
    assert errors == {"happened": "Please answer this one."}
    assert await either.house.submit() == errors

    either.house.fill({"happened": "The courier did not come."})

    assert await either.house.submit() is None
    assert (await either.complaint()).words == "The courier did not come."


async def test_without_a_database_the_form_keeps_what_was_typed(
    stage: Stage, no_database: Callable[[], None]
) -> None:
    errors = await stage.report()
    assert errors is not None
    assert list(errors.values()) == [
        "This could not be kept just now. Nothing you typed is lost; please submit it again."
    ]
    assert stage.house.modal is not None
    assert stage.house.modal.values["happened"]["value"]["value"] == ISSUE["happened"]

    no_database()

    assert await stage.house.submit() is None
    assert (await stage.complaint()).words == ISSUE["happened"]


@pytest.mark.parametrize("command", ["/lab-status", "/lab-digest"])
async def test_without_a_database_a_command_is_answered(
    stage: Stage, no_database: Callable[[], None], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.digests, "handle", stage.database.read)

    await stage.house.command(stage.triage, command)

    assert [message.text for message in stage.house.private] == [
        "This could not be kept just now. Please try again in a few minutes."
    ]


async def test_without_a_database_the_outcome_stays_as_typed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    await open_resolve(stage)
    stage.nurse.fill({"outcome": "Done."})

    async def unavailable(*_: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(stage.database, "run", unavailable)
        assert list(await stage.nurse.submit() or ()) == ["outcome"]

    assert await stage.nurse.submit() is None
    assert (await stage.complaint()).outcome == "Done."


async def test_an_outcome_of_white_space_is_none(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    await open_resolve(stage)
    stage.nurse.fill({"outcome": "  "})
    assert await stage.nurse.submit() == {"outcome": "Please answer this one."}


async def test_without_a_database_the_resolve_form_does_not_open_in_silence(
    stage: Stage, no_database: Callable[[], None]
) -> None:
    await press(stage, "complaint.resolve.00000000-0000-0000-0000-000000000007")
    await stage.house.wait_for(lambda house: bool(house.direct.messages))
    assert stage.house.direct.messages[-1].text.startswith("That did not work just now.")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DatabaseUnavailable("the disk is full"), "This could not be kept just now."),
        (RuntimeError("a defect"), "Something went wrong on our side."),
    ],
)
async def test_a_press_that_failed_is_not_acknowledged_and_explained(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    card = await stage.card()

    async def fails(_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(stage.turns, "take", fails)
    assert isinstance(await stage.nurse.click(card, "Acknowledge"), NotAcked)
    await stage.nurse.wait_for(lambda nurse: bool(nurse.private))
    (message,) = stage.nurse.private
    assert message.text.startswith(told)


async def test_without_a_database_app_home_says_so(stage: Stage, no_database: Callable[[], None]) -> None:
    assert isinstance(await stage.house.open_home(), Acked)
    assert "This could not be kept just now." in str(stage.house.home)


async def test_a_message_slack_repeats_is_taken_once_the_database_is_back(
    stage: Stage, no_database: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    unavailable, tries = stage.database.run, 0

    async def recovers(*arguments: object) -> object:
        nonlocal tries
        tries += 1
        if tries == 2:
            no_database()
        return await (stage.database.run if tries >= 2 else unavailable)(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(stage.database, "run", recovers)

    assert isinstance(await stage.house.say(stage.house.direct, "Hello?"), Acked)

    told = await stage.told(stage.house)
    assert len(told) == 2
    assert told[0].startswith("This could not be kept just now.")
    assert told[1].startswith("Thank you for writing,")
