"""The OpenAPI document the server gives out tells the truth about it, the whole of it, and no secret."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import jsonschema_rs
import pytest
from starlette.routing import Route

from handlers.web import guard
from storage.database import Database, DatabaseUnavailable
from tests.door.day import morning
from tests.door.recorder import Asked
from tests.door.wire import SECRET_HEADER, SLACK, TELEGRAM, signature
from tests.stage.world import LIS_TOKEN, METRICS_TOKEN, SIGNING_SECRET, WEBHOOK_SECRET, World

HOOK, LINK = "/{telegram_webhook}", "/enrol/{token}"
JSON = {"content-type": "application/json"}
LIS = {**JSON, "authorization": f"Bearer {LIS_TOKEN}"}
TIME = "2026-11-02T09:00:00+00:00"
FRESH, JOINED = (
    json.dumps({"order": order, "site": "North", "collected_at": TIME}).encode()
    for order in ("LAB-NEW", "LAB-000001")
)
KNOWN, UNKNOWN = (
    json.dumps({"order": order, "status": "final", "delivered_at": TIME}).encode()
    for order in ("LAB-000001", "LAB-NEVER")
)
REFUSED = [
    (400, LIS, b"{"),
    (401, JSON, b"{}"),
    (415, LIS | {"content-type": "text/plain"}, b"{}"),
    (422, LIS, b"{}"),
]


@dataclass(frozen=True, slots=True)
class Provoked:
    """A request, what it is in the document, and the answer it is to get."""

    path: str
    status: int
    asked: Asked


def signed(status: int, body: bytes) -> Provoked:
    return Provoked(SLACK, status, Asked(SLACK, {**JSON, "sign": "yes"}, body))


def hooked(status: int, body: bytes, secret: str = WEBHOOK_SECRET) -> Provoked:
    return Provoked(HOOK, status, Asked(TELEGRAM, {**JSON, SECRET_HEADER: secret}, body))


def lis(path: str, status: int, headers: dict[str, str], body: bytes) -> Provoked:
    return Provoked(path, status, Asked(path, headers, body))


def got(status: int, path: str, known_as: str = "") -> Provoked:
    return Provoked(known_as or path, status, Asked(path, {}, b"", "GET"))


EVERY = [
    got(200, "/healthz"),
    got(200, "/readyz"),
    got(200, "/openapi.json"),
    got(200, "/enrol/Zm9vYmFyYmF6cXV4MTIzNA", LINK),
    got(404, "/enrol/short", LINK),
    got(200, "/concern"),
    lis("/lis/visits", 201, LIS, FRESH),
    lis("/lis/visits", 200, LIS, FRESH),
    lis("/lis/visits", 409, LIS, JOINED),
    *(lis("/lis/visits", *one) for one in REFUSED),
    lis("/lis/results", 200, LIS, KNOWN),
    lis("/lis/results", 404, LIS, UNKNOWN),
    *(lis("/lis/results", *one) for one in REFUSED),
    hooked(200, b'{"update_id": 1000000}'),
    hooked(400, b"{}"),
    hooked(403, b"{}", "guessed"),
    hooked(413, b" " * 1_000_001),
    signed(200, b'{"type": "url_verification", "challenge": "say it back"}'),
    signed(400, b"{"),
    signed(400, b'{"type": "block_actions"}'),
    signed(413, b" " * 1_000_001),
    Provoked(SLACK, 401, Asked(SLACK, JSON, b"{}")),
    Provoked("/metrics", 200, Asked("/metrics", {"authorization": f"Bearer {METRICS_TOKEN}"}, b"", "GET")),
    got(401, "/metrics"),
]


@pytest.fixture
async def client(around: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(around.bot.web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://labvoice") as made:
        yield made


async def told(client: httpx.AsyncClient) -> dict[str, object]:
    document: dict[str, object] = (await client.get("/openapi.json")).json()
    return document


def operations(document: dict[str, object]) -> dict[str, dict[str, object]]:
    """What is said of each path; each has one method."""
    paths = document["paths"]
    assert isinstance(paths, dict)
    return {path: operation for path, methods in paths.items() for operation in methods.values()}


def conforms(answer: httpx.Response, document: dict[str, object], path: str) -> bool:
    """Whether the answer is one of those the document tells of, by status, media type and shape."""
    responses = operations(document)[path]["responses"]
    assert isinstance(responses, dict)
    told_of = responses[str(answer.status_code)].get("content", {})
    media = answer.headers.get("content-type", "").partition(";")[0]
    if not answer.content:
        return media in told_of or not media
    if media not in told_of:
        return False
    schema = {**told_of[media]["schema"], "components": document["components"]}
    return media != "application/json" or jsonschema_rs.is_valid(schema, answer.json())


async def test_every_route_is_in_the_document(around: World, client: httpx.AsyncClient) -> None:
    paths = (await told(client))["paths"]
    assert isinstance(paths, dict)
    routes = [route for route in around.bot.web.routes if isinstance(route, Route)]
    served = {(HOOK if one.path == TELEGRAM else one.path, *(one.methods or ())) for one in routes}
    written = {(path, *(name.upper() for name in methods)) for path, methods in paths.items()}
    assert {(path, *(set(some) - {"HEAD"})) for path, *some in served} == written
    assert len(routes) == len(around.bot.web.routes)


async def test_the_document_holds_no_secret_and_not_the_path_telegram_delivers_to(
    around: World, client: httpx.AsyncClient
) -> None:
    text = (await client.get("/openapi.json")).text
    for secret in (TELEGRAM, LIS_TOKEN, SIGNING_SECRET, WEBHOOK_SECRET, str(around.port), "City Laboratory"):
        assert secret not in text


async def test_every_answer_in_the_document_is_given_and_looks_as_it_says(
    around: World, client: httpx.AsyncClient
) -> None:
    await morning(around)
    await around.quiet()
    document = await told(client)
    wrong, seen = [], set()
    for one in EVERY:
        headers = dict(one.asked.headers)
        if headers.pop("sign", ""):
            headers |= signature(one.asked.body, around.now.timestamp(), SIGNING_SECRET)
        answer = await client.request(
            one.asked.method, one.asked.path, content=one.asked.body, headers=headers
        )
        seen.add((one.path, one.status))
        if answer.status_code != one.status or not conforms(answer, document, one.path):
            wrong.append((one.path, one.status, answer.status_code, answer.text[:200]))
    assert wrong == []
    guarded = {(path, status) for path in operations(document) for status in (408, 413, 503)}
    assert seen | guarded == {
        (path, int(status))
        for path, operation in operations(document).items()
        for status in (operation["responses"] if isinstance(operation["responses"], dict) else ())
    }


async def never() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("status", "limit", "value", "content"),
    [
        (408, "BODY_SECONDS", 0.01, None),
        (413, "MAX_BODY", guard.MAX_BODY, b" " * (guard.MAX_BODY + 1)),
        (503, "MAX_GATHERING", 0, b" " * 20_000),
    ],
)
async def test_every_endpoint_gives_the_answers_of_the_guard(
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    limit: str,
    value: float,
    content: bytes | None,
) -> None:
    document = await told(client)
    monkeypatch.setattr(guard, limit, value)
    asked = {one.path: one.asked for one in EVERY}
    for path in operations(document):
        answer = await client.request(asked[path].method, asked[path].path, content=content or never())
        assert answer.status_code == status, path
        assert conforms(answer, document, path)


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
async def test_an_unavailable_database_is_answered_as_the_document_says(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    document = await told(client)

    async def unavailable(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    monkeypatch.setattr(Database, "run", unavailable)
    monkeypatch.setattr(Database, "read", unavailable)
    hook = {SECRET_HEADER: WEBHOOK_SECRET}
    start = {"message_id": 1, "date": 0, "chat": {"id": 5, "type": "private"}, "text": "/start"}
    update = json.dumps({"update_id": 1, "message": start}).encode()
    asked = [
        got(503, "/readyz"),
        lis("/lis/visits", 503, LIS, FRESH),
        lis("/lis/results", 503, LIS, KNOWN),
        Provoked(HOOK, 503, Asked(TELEGRAM, hook, update)),
    ]
    for one in asked:
        headers = one.asked.headers | {"accept": accept}
        answer = await client.request(
            one.asked.method, one.asked.path, content=one.asked.body, headers=headers
        )
        assert answer.status_code == 503, one.path
        assert conforms(answer, document, one.path), one.path
