"""The endpoint for signed events: what gets in, and what does not."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlencode

import aiohttp
import pytest

from handlers.slack import SlackEndpoint
from tests.handlers.slack.conftest import SECRET, Stage

HELLO = {
    "type": "event_callback",
    "event_id": "Ev1",
    "event": {"type": "message", "channel_type": "im", "user": "U0HOUSE", "text": "Hello?"},
}
JSON = {"Content-Type": "application/json"}


class Sender:
    """Posts to the endpoint as anybody could."""

    def __init__(self, stage: Stage, session: aiohttp.ClientSession) -> None:
        self._stage = stage
        self._session = session

    def signed(self, body: bytes, at: str | None = None, secret: str = SECRET) -> dict[str, str]:
        timestamp = at or str(int(self._stage.clock.now().timestamp()))
        digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={digest.hexdigest()}",
        }

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        async with self._session.post(
            self._stage.events_url, data=body, headers={**JSON, **headers}
        ) as answer:
            return answer.status


@pytest.fixture
async def sender(stage: Stage) -> AsyncIterator[Sender]:
    async with aiohttp.ClientSession() as session:
        yield Sender(stage, session)


def encoded(body: object) -> bytes:
    return json.dumps(body).encode()


async def test_what_slack_signed_is_taken(stage: Stage, sender: Sender) -> None:
    body = encoded(HELLO)
    assert await sender.post(body, sender.signed(body)) == 200
    assert len(await stage.told(stage.house)) == 1


async def test_the_address_can_be_verified(stage: Stage, sender: Sender) -> None:
    body = encoded({"type": "url_verification", "challenge": "say it back", "token": "x"})
    async with aiohttp.ClientSession() as session:
        headers = {**JSON, **sender.signed(body)}
        async with session.post(stage.events_url, data=body, headers=headers) as answer:
            assert await answer.json() == {"challenge": "say it back"}


@pytest.mark.parametrize(
    "change",
    [
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=\xe9"},
        {"X-Slack-Signature": "v0=" + "\u0660" * 64},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "yesterday"},
        {"X-Slack-Request-Timestamp": "1e9"},
        {"X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Request-Timestamp": "9" * 400},
    ],
)
async def test_what_is_not_properly_signed_is_refused(
    stage: Stage, sender: Sender, change: dict[str, str]
) -> None:
    body = encoded(HELLO)
    assert await sender.post(body, sender.signed(body) | change) == 401
    assert await stage.told(stage.house) == []


async def test_what_is_not_signed_at_all_is_refused(sender: Sender) -> None:
    assert await sender.post(encoded(HELLO), {}) == 401


async def test_another_secret_or_another_body_is_refused(sender: Sender) -> None:
    body = encoded(HELLO)
    assert await sender.post(body, sender.signed(body, secret="guessed")) == 401
    assert await sender.post(body + b" ", sender.signed(body)) == 401


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_what_was_signed_at_another_time_is_refused(stage: Stage, sender: Sender, minutes: int) -> None:
    body = encoded(HELLO)
    at = str(int((stage.clock.now() + timedelta(minutes=minutes)).timestamp()))
    assert await sender.post(body, sender.signed(body, at)) == 401


async def test_a_replay_is_refused_even_with_a_retry_header(stage: Stage, sender: Sender) -> None:
    body = encoded(HELLO)
    headers = sender.signed(body)
    assert await sender.post(body, headers) == 200
    assert await sender.post(body, headers) == 401
    assert await sender.post(body, headers | {"X-Slack-Retry-Num": "1"}) == 401


async def test_slacks_own_repeat_is_signed_anew_and_taken_as_a_repeat(stage: Stage, sender: Sender) -> None:
    body = encoded(HELLO)
    await sender.post(body, sender.signed(body))
    stage.clock.advance(minutes=1)
    assert await sender.post(body, sender.signed(body) | {"X-Slack-Retry-Num": "1"}) == 200
    assert len(await stage.told(stage.house)) == 1


async def test_a_repeat_within_the_second_after_a_failure_is_welcome(
    stage: Stage, sender: Sender, no_database: Callable[[], None]
) -> None:
    body = encoded(HELLO)
    headers = sender.signed(body)
    assert await sender.post(body, headers) == 503
    no_database()
    assert await sender.post(body, headers | {"X-Slack-Retry-Num": "1"}) == 200


async def test_signatures_are_forgotten_once_they_are_too_old_to_be_used(stage: Stage) -> None:
    endpoint = SlackEndpoint(stage.handler, SECRET, stage.clock.now)
    assert endpoint._is_first("a")
    stage.clock.advance(minutes=9)
    assert not endpoint._is_first("a")
    stage.clock.advance(minutes=2)
    assert endpoint._is_first("b")
    assert list(endpoint._taken) == ["b"]


async def test_signatures_never_take_more_than_their_room(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.slack.http._MOST_REMEMBERED", 2)
    endpoint = SlackEndpoint(stage.handler, SECRET, stage.clock.now)
    assert all(endpoint._is_first(one) for one in "abc")
    assert list(endpoint._taken) == ["b", "c"]


@pytest.mark.parametrize("chunked", [False, True])
async def test_two_megabytes_are_refused_unread(stage: Stage, sender: Sender, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b"x" * 65536

    async with aiohttp.ClientSession() as session:
        data = pieces() if chunked else BytesIO(b"x" * 2_000_000)
        async with session.post(stage.events_url, data=data) as answer:
            assert answer.status == 413


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"payload=%7B", "application/x-www-form-urlencoded"),
        (b"payload=7", "application/x-www-form-urlencoded"),
        (b"\xff", "application/x-www-form-urlencoded"),
    ],
)
async def test_what_cannot_be_read_is_refused(sender: Sender, body: bytes, content_type: str) -> None:
    assert await sender.post(body, sender.signed(body) | {"Content-Type": content_type}) == 400


async def test_nul_and_lone_surrogates_are_taken_out(stage: Stage, sender: Sender) -> None:
    event = {**HELLO["event"], "text": "a\x00b\ud800c"}  # type: ignore[dict-item]
    body = encoded({**HELLO, "event": event})
    assert await sender.post(body, sender.signed(body)) == 200
    assert len(await stage.told(stage.house)) == 1


async def test_an_unknown_command_is_answered(stage: Stage, sender: Sender) -> None:
    body = urlencode({"command": "/lab-coffee", "user_id": "U0HOUSE", "trigger_id": "1.2.3"}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert await sender.post(body, sender.signed(body) | form) == 200
    assert len(stage.house.direct.messages) == 1


async def test_a_closing_app_sends_slack_away_for_now(stage: Stage, sender: Sender) -> None:
    await asyncio.gather(stage.handler.close(), stage.delivery.close())
    body = encoded(HELLO)
    assert await sender.post(body, sender.signed(body)) == 503


async def test_without_a_secret_there_is_no_endpoint(stage: Stage) -> None:
    with pytest.raises(ValueError, match="secret"):
        SlackEndpoint(stage.handler, " ", stage.clock.now)
