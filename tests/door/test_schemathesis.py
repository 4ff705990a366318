"""Requests made from the OpenAPI document, good ones and bad: the server answers as the document says."""

import asyncio
import zlib
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.web import serve
from tests.door.conftest import MONDAY
from tests.door.wire import SECRET_HEADER, SLACK, TELEGRAM, signature
from tests.stage.world import LIS_TOKEN, SIGNING_SECRET, WEBHOOK_SECRET, World

_Case = schemathesis.Case[Any]

# What a document cannot say of a time: how long ago it may be.
_TIMES = st.datetimes(
    (MONDAY - timedelta(days=3650)).replace(tzinfo=None), (MONDAY + timedelta(days=1)).replace(tzinfo=None)
).map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}Z")


class Authentic:
    """Gives three of four requests what proves that they are Telegram's, Slack's or the laboratory's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        if zlib.crc32(body) % 4:
            proof = {
                "authorization": f"Bearer {LIS_TOKEN}",
                SECRET_HEADER: WEBHOOK_SECRET,
                **signature(body, MONDAY.timestamp(), SIGNING_SECRET),
            }
            headers = [one for one in scope["headers"] if one[0].decode("latin-1").lower() not in proof]
            scope["headers"] = headers + [(name.encode(), value.encode()) for name, value in proof.items()]
        await self._app(scope, replay, send)


async def test_the_server_answers_as_its_document_says(around: World, request: pytest.FixtureRequest) -> None:
    cases, number = request.config.getoption("--cases"), request.config.getoption("--seed")
    async with (
        around.http.get(f"{around.url}/openapi.json") as answer,
        serve(Authentic(around.bot.web), "127.0.0.1", 0) as url,
    ):
        counted = await asyncio.to_thread(_ask, await answer.json(), url, cases, number)
    print(f"\nseed {number}: {counted.total()} requests")
    for (path, status), count in sorted(counted.items()):
        print(f"  {count:7} {status} {path}")
    assert counted.total() >= cases * 0.9
    assert [one for one in counted if one[1] >= 500] == []


def _ask(document: dict[str, object], url: str, cases: int, number: int) -> Counter[tuple[str, int]]:
    schemathesis.openapi.format("date-time", _TIMES)
    paths = document["paths"]
    assert isinstance(paths, dict)
    for methods in paths.values():
        for operation in methods.values():
            operation.pop("security", None)  # not for the cases to vary: `Authentic` gives or withholds it
    schema = schemathesis.openapi.from_dict(document)
    counted: Counter[tuple[str, int]] = Counter()
    session = requests.Session()
    for path, mode, share in _plan(document):
        (operation,) = schema[path].values()
        spared = [ignored_auth, *([positive_data_acceptance] if path == SLACK else ())]
        known = {"telegram_webhook": TELEGRAM.strip("/")} if "telegram_webhook" in path else None
        strategy = operation.as_strategy(generation_mode=mode, path_parameters=known).map(_whole)

        @seed(number)
        @settings(
            max_examples=max(1, int(cases * share)),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def ask(case: _Case) -> None:
            response = case.call(base_url=url, session=session)
            counted[path, response.status_code] += 1  # noqa: B023
            case.validate_response(response, excluded_checks=spared)  # noqa: B023

        ask()
    return counted


def _whole(case: _Case) -> _Case:
    """JSON Schema counts 5.0 among the integers; Telegram never writes one so, and the bot takes none."""
    body = case.body
    if isinstance(body, dict) and isinstance(number := body.get("update_id"), float) and number.is_integer():
        body["update_id"] = int(number)
    return case


def _plan(document: dict[str, object]) -> list[tuple[str, GenerationMode, float]]:
    """Each path in each way of asking, with its share of the cases: what takes nothing is asked once."""
    paths = document["paths"]
    assert isinstance(paths, dict)
    takes = [
        path
        for path, methods in paths.items()
        if any("parameters" in one or "requestBody" in one for one in methods.values())
    ]
    return [
        *((path, GenerationMode.POSITIVE, 0.0) for path in paths if path not in takes),
        *((path, mode, 0.5 / len(takes)) for path in takes for mode in GenerationMode),
    ]
