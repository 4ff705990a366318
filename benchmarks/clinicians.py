"""Clinicians at a Slack that costs next to nothing, so that what is measured is the bot."""

import asyncio
import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import count
from time import perf_counter
from urllib.parse import parse_qs, urlencode, urlsplit

from typing_extensions import override

from benchmarks.wire import Connection, Served, split
from schedules.clock import system_clock

_FORMS_EACH = 5
_TEAM = {"id": "T0CLINIC", "domain": "clinic"}


class Clinicians:
    """So many at once, each sending off `view`, filled in, a few times and coming again as somebody else.

    `waits` has, in seconds, how long each submission took until it was acknowledged and the person thanked in
    a message. Whoever is not thanked within a minute is a TimeoutError.
    """

    def __init__(self, events_url: str, signing_secret: str, view: Mapping[str, object]) -> None:
        self.waits: list[float] = []
        self._events = urlsplit(events_url)
        self._secret = signing_secret.encode()
        self._view = view
        self._people = count(1)
        self._ids = count(1)
        self._thanked: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve the Web API on loopback; its root."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Served(self._served), "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"
        finally:
            server.close()

    async def come(self, at_once: int, seconds: float) -> float:
        """Have them come for so many seconds; how many seconds it took until the last was thanked."""
        began = perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._come(began + seconds))
        return perf_counter() - began

    async def _come(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        _, way = await loop.create_connection(_Asking, str(self._events.hostname), self._events.port or 80)
        try:
            while perf_counter() < until:
                user = f"U{next(self._people):010d}"
                for _ in range(_FORMS_EACH):
                    await self._submit(user, way)
        finally:
            way.transport.close()

    async def _submit(self, user: str, way: "_Asking") -> None:
        number = next(self._ids)
        payload: dict[str, object] = {
            "type": "view_submission",
            "token": "legacy-verification-token",
            "team": _TEAM,
            "user": {"id": user, "username": "dr.osei", "name": "dr.osei", "team_id": _TEAM["id"]},
            "api_app_id": "A0LABVOICE",
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": f"{number}.trigger",
            "view": {**self._view, "id": f"V{number:010d}", "team_id": _TEAM["id"], "hash": f"{number}.hash"},
            "response_urls": [],
        }
        body = urlencode({"payload": json.dumps(payload)}).encode()
        thanked = self._thanked[user] = asyncio.Event()
        began = perf_counter()
        async with asyncio.timeout(60):
            said = await way.ask(self._signed(body))
            if b"errors" in said:
                raise RuntimeError(f"a form was not taken: {said!r}")
            await thanked.wait()
        self.waits.append(perf_counter() - began)

    def _signed(self, body: bytes) -> bytes:
        at = str(int(system_clock().timestamp()))
        signature = hmac.new(self._secret, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        head = (
            f"POST {self._events.path} HTTP/1.1\r\nHost: {self._events.netloc}\r\n"
            f"X-Slack-Request-Timestamp: {at}\r\nX-Slack-Signature: v0={signature}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def _served(self, method: str, body: bytes) -> tuple[int, bytes]:
        return HTTPStatus.OK, self._answered(method, body)

    def _answered(self, method: str, body: bytes) -> bytes:
        match method:
            case "auth.test":
                return _ok(user_id="U0BOT", bot_id="B0BOT", team_id=_TEAM["id"], user="labvoice")
            case "users.info":
                return _ok(user={"id": "U0", "name": "dr.osei", "locale": "en-US"})
            case "chat.postMessage":
                return self._posted(json.loads(body) if body[:1] == b"{" else _of_form(body))
        return _ok()

    def _posted(self, given: Mapping[str, object]) -> bytes:
        room, ts = str(given["channel"]), f"1700000000.{next(self._ids):06d}"
        if (thanked := self._thanked.pop(room, None)) is not None:
            thanked.set()
        message = {"type": "message", "user": "U0BOT", "ts": ts, "text": given.get("text")}
        return _ok(channel=f"D{room[1:]}" if room.startswith("U") else room, ts=ts, message=message)


class _Asking(Connection):
    """One connection of Slack's to the bot: requests one after the other, each answered with 200."""

    def __init__(self) -> None:
        self._read = b""
        self._waiting: deque[asyncio.Future[bytes]] = deque()

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request; the body of its answer. RuntimeError when it is refused."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self.transport.write(request)
        return answer

    @override
    def data_received(self, data: bytes) -> None:
        self._read += data
        while (message := split(self._read)) is not None:
            head, body, self._read = message
            answer = self._waiting.popleft()
            if answer.done():
                continue
            if b" 200 " in head.split(b"\r\n", 1)[0]:
                answer.set_result(body)
            else:
                answer.set_exception(RuntimeError(f"a request was not taken: {head + body!r}"))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(ConnectionResetError("the bot hung up"))


def _ok(**given: object) -> bytes:
    return json.dumps({"ok": True, **given}).encode()


def _of_form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}
