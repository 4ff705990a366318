"""Patients at a Telegram that costs next to nothing, so that what is measured is the bot."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import count
from time import perf_counter
from urllib.parse import SplitResult, parse_qs, urlsplit

from typing_extensions import override

from benchmarks.updates import Updates
from benchmarks.wire import Connection, Served
from sandbox.telegram.errors import RefusedError

_ME = {"id": 1, "is_bot": True, "first_name": "Lab", "username": "labvoice_bot"}
_ASKS_NOTHING = {"answerCallbackQuery", "setMyCommands", "setWebhook", "deleteWebhook"}


class Patients:
    """So many at once, each coming again as somebody else when done; they press what is asked of them.

    `links` has a link for each, `choose` says which of a message's buttons is pressed, None when nothing is
    asked any more, and after how many seconds they press is up to `think`. `waits` has, in seconds, how long
    each press and each start took until the next message came; `presses` counts those that answered a
    question. Answers to the bot come after `delay` seconds.
    """

    def __init__(
        self,
        links: Iterator[str],
        choose: Callable[[list[str]], str | None],
        webhook: str | None,
        secret: str = "",
        delay: float = 0.0,
        think: Callable[[], float] | None = None,
    ) -> None:
        self.waits: list[float] = []
        self.presses = 0
        self.delay = delay
        self._links = links
        self._choose = choose
        self._think = think
        self._webhook = urlsplit(webhook) if webhook else None
        self._secret = secret
        self._people = count(10_000)
        self._ids = count(1)
        self._seen: dict[int, asyncio.Future[tuple[int, str]]] = {}
        self._updates = Updates()
        self._over = False

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve the Bot API on loopback; its root."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Served(self._answered), "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()

    async def come(self, at_once: int, seconds: float) -> float:
        """Have them come for so many seconds; how many seconds it took until the last was answered."""
        began = perf_counter()
        until = began + seconds
        self._over = False
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._come(until))
        return perf_counter() - began

    async def _come(self, until: float) -> None:
        way = await _Post.to(self._webhook, self._secret) if self._webhook else None
        try:
            while perf_counter() < until and (link := next(self._links, None)) is not None:
                await self._one(next(self._people), link, until, way)
        finally:
            if way is not None:
                way.close()

    async def _one(self, chat: int, link: str, until: float, way: "_Post | None") -> None:
        """From the link to the thanks, or to the end of the time."""
        person = {"id": chat, "is_bot": False, "first_name": "Ana", "language_code": "en"}
        place = {"id": chat, "type": "private", "first_name": "Ana"}
        words = f"/start {link}"
        entities = [{"type": "bot_command", "offset": 0, "length": 6}]
        message = {"message_id": next(self._ids), "date": 1_700_000_000, "chat": place, "from": person}
        deed: dict[str, object] = {"message": {**message, "text": words, "entities": entities}}
        while True:
            began = perf_counter()
            message_id, markup = await self._do(chat, deed, way)
            self.waits.append(perf_counter() - began)
            rows = json.loads(markup)["inline_keyboard"] if markup else []
            data = self._choose([button["callback_data"] for row in rows for button in row])
            if data is None or perf_counter() >= until:
                return
            if self._think is not None:
                await asyncio.sleep(self._think())
            self.presses += 1
            shown = {"message_id": message_id, "date": 1_700_000_000, "chat": place, "text": "…"}
            query = {"id": str(next(self._ids)), "from": person, "chat_instance": "1", "data": data}
            deed = {"callback_query": {**query, "message": shown}}

    async def _do(self, chat: int, deed: dict[str, object], way: "_Post | None") -> tuple[int, str]:
        seen = self._seen[chat] = asyncio.get_running_loop().create_future()
        update = {"update_id": next(self._ids), **deed}
        if way is None:
            self._updates.push(update)
        else:
            way.send(json.dumps(update).encode())
        return await asyncio.wait_for(seen, 60)

    async def _answered(self, method: str, body: bytes) -> tuple[int, bytes]:
        if body[:1] == b"{":
            given = {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in json.loads(body).items()
            }
        else:
            given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        try:
            said: dict[str, object] = {"ok": True, "result": await self.answer(method, given)}
        except RefusedError as refused:
            said = {"ok": False, "error_code": refused.code, "description": refused.description}
            if refused.retry_after is not None:
                said["parameters"] = {"retry_after": refused.retry_after}
            return refused.code, json.dumps(said).encode()
        return HTTPStatus.OK, json.dumps(said).encode()

    async def answer(self, method: str, given: dict[str, str]) -> object:
        """What the Bot API answers."""
        if method == "getUpdates":
            return await self._updates.poll(int(given.get("offset", 0)))
        if self.delay:
            await asyncio.sleep(self.delay)
        if method == "getMe":
            return _ME
        if method in _ASKS_NOTHING:
            return True
        chat = int(given["chat_id"])
        message_id = int(given["message_id"]) if "message_id" in given else next(self._ids)
        place = {"id": chat, "type": "private", "first_name": "Ana"}
        if method in ("sendMessage", "editMessageText"):
            seen = self._seen.pop(chat, None)
            if seen is not None and not seen.done():
                seen.set_result((message_id, given.get("reply_markup", "")))
        return {"message_id": message_id, "date": 1_700_000_000, "chat": place, "text": "…"}


class _Post(Connection):
    """One connection on which updates are posted; that they are acknowledged is not waited for."""

    def __init__(self, path: str, host: str, secret: str) -> None:
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: "
        ).encode()

    @classmethod
    async def to(cls, webhook: SplitResult, secret: str) -> "_Post":
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(
            lambda: cls(webhook.path, webhook.netloc, secret), str(webhook.hostname), webhook.port or 80
        )
        return made

    @override
    def data_received(self, data: bytes) -> None:
        if b" 200 " not in data.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"an update was not taken: {data[:200]!r}")

    def send(self, body: bytes) -> None:
        self.transport.write(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)

    def close(self) -> None:
        self.transport.close()
