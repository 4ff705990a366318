"""How Slack tells the app what happened: over its open sockets or by signed HTTP requests."""

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias
from urllib.parse import urlencode

import aiohttp

from sandbox.slack.socket_mode import Sockets
from sandbox.wire import Json

_log = logging.getLogger(__name__)

Kind: TypeAlias = Literal["events_api", "slash_commands", "interactive"]


@dataclass(frozen=True, slots=True)
class Timings:
    """How patient Slack is, in seconds: for an acknowledgement, and before each further try of an event."""

    ack: float = 3.0
    retries: tuple[float, ...] = (0.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Retry:
    """Which further try of an event this is, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Acked:
    """The app has it; `body` is what it answered, empty for a bare acknowledgement."""

    body: Json


@dataclass(frozen=True, slots=True)
class NotAcked:
    """The app did not acknowledge in time; `reason` is Slack's word for it."""

    reason: str
    final: bool = False


Outcome: TypeAlias = Acked | NotAcked


class Carrier(Protocol):
    """One way to the app."""

    async def carry(self, kind: Kind, payload: Json, retry: Retry | None) -> Outcome:
        """Tell the app once and wait for its acknowledgement."""

    async def wait_before_retry(self, seconds: float) -> None:
        """Pause before telling it again."""


class SocketCarrier:
    """Socket Mode: each thing goes to one open connection, picked at random."""

    def __init__(self, sockets: Sockets, timings: Timings) -> None:
        self._sockets = sockets
        self._timings = timings

    async def carry(self, kind: Kind, payload: Json, retry: Retry | None) -> Outcome:
        """Send one envelope and wait for its acknowledgement."""
        envelope: Json = {
            "type": kind,
            "envelope_id": secrets.token_hex(16),
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope["retry_attempt"] = 0 if retry is None else retry.number
            envelope["retry_reason"] = "" if retry is None else retry.reason
        answer = await self._sockets.ask(envelope, self._timings.ack)
        if answer is None:
            return NotAcked("timeout")
        body = answer.get("payload")
        return Acked(body if isinstance(body, dict) else {})

    async def wait_before_retry(self, seconds: float) -> None:
        """Pause; a new connection ends the pause at once when there was none."""
        await self._sockets.pause(seconds)


class HttpCarrier:
    """HTTP: each thing is a POST signed with the signing secret."""

    def __init__(self, url: str, secret: str, clock: Callable[[], datetime], timings: Timings) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._timings = timings

    async def carry(self, kind: Kind, payload: Json, retry: Retry | None) -> Outcome:
        """Post once and wait for a 2xx."""
        if kind == "events_api":
            content_type, body = "application/json", json.dumps(payload)
        else:
            content_type = "application/x-www-form-urlencoded"
            body = urlencode(payload if kind == "slash_commands" else {"payload": json.dumps(payload)})
        headers = {"Content-Type": content_type, **self._signature(body)}
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
        return await self._post(body, headers)

    async def wait_before_retry(self, seconds: float) -> None:
        """Pause."""
        await asyncio.sleep(seconds)

    async def _post(self, body: str, headers: Mapping[str, str]) -> Outcome:
        timeout = aiohttp.ClientTimeout(total=self._timings.ack)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=body.encode(), headers=headers) as response,
            ):
                answered = await response.read()
        except TimeoutError:
            return NotAcked("http_timeout")
        except aiohttp.ClientError:
            return NotAcked("connection_failed")
        if response.status not in range(200, 300):
            return NotAcked("http_error", final=response.headers.get("X-Slack-No-Retry") == "1")
        try:
            return Acked(_answer(response.content_type, answered))
        except ValueError:
            return NotAcked("http_error")

    def _signature(self, body: str) -> dict[str, str]:
        timestamp = str(int(self._clock().timestamp()))
        digest = hmac.new(self._secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256)
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={digest.hexdigest()}",
        }


def _answer(content_type: str, body: bytes) -> Json:
    """What an HTTP acknowledgement says; plain text is a text to show."""
    if content_type != "application/json":
        text = body.decode()
        return {"text": text} if text else {}
    value = json.loads(body or b"{}")
    return value if isinstance(value, dict) else {}


def _name_of(event: Json) -> str:
    """What an app subscribes to, to be told of this event."""
    if event["type"] != "message":
        return str(event["type"])
    return "message.im" if event["channel_type"] == "im" else "message.channels"


class Dispatcher:
    """Tells the app what happened; events that are not acknowledged are told again.

    Events it is not subscribed to are not told at all; without `subscriptions` it is to all of them.
    `acked` are the events the app acknowledged, in the order it did.
    """

    def __init__(
        self, carrier: Carrier, timings: Timings, subscriptions: Collection[str] | None = None
    ) -> None:
        self._carrier = carrier
        self._timings = timings
        self._subscriptions = subscriptions
        self.acked: list[Json] = []
        self._under_way: set[asyncio.Task[Outcome]] = set()

    async def ask(self, kind: Kind, payload: Json) -> Outcome:
        """Tell once; commands and interactions are never repeated."""
        return await self._carrier.carry(kind, payload, None)

    def tell(self, payload: Json) -> asyncio.Task[Outcome]:
        """Tell an event until it is acknowledged or Slack gives up; the task ends with the last outcome."""
        task = asyncio.get_running_loop().create_task(self._tell(payload))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def aclose(self) -> None:
        """Give up on what is under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _tell(self, payload: Json) -> Outcome:
        if self._subscriptions is not None and _name_of(payload["event"]) not in self._subscriptions:
            return NotAcked("not_subscribed", final=True)
        outcome = await self._carrier.carry("events_api", payload, None)
        for number, seconds in enumerate(self._timings.retries, start=1):
            if isinstance(outcome, Acked) or outcome.final:
                break
            await self._carrier.wait_before_retry(seconds)
            outcome = await self._carrier.carry("events_api", payload, Retry(number, outcome.reason))
        if isinstance(outcome, Acked):
            self.acked.append(payload)
        else:
            _log.info("The app never acknowledged an event: %s", outcome.reason)
        return outcome
