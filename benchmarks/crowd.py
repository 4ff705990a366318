"""A Telegram whose people answer every question at once and are forgotten when they are done.

It keeps neither messages nor chats, so that it can go on for any number of turns.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from random import Random

from aiohttp import web

from benchmarks.updates import Json, Updates

_DATE = 1_700_000_000
_ANSWER, _SKIP = "=", ">"


class Crowd:
    """People, each with what they say one after the other whenever nothing is asked of them.

    `turns` counts what they did. `waited` holds, in seconds, how long the last thousands of them waited from
    doing something to seeing what came of it.
    """

    def __init__(self, rng: Random) -> None:
        self.turns = 0
        self.waited: deque[float] = deque(maxlen=100_000)
        self._rng = rng
        self._ids = count(1)
        self._to_say: dict[int, deque[str]] = {}
        self._since: dict[int, float] = {}
        self._gone: dict[int, asyncio.Event] = {}
        self._updates = Updates()

    async def lives(self, chat: int, sayings: Iterable[str]) -> None:
        """Have a person say all this and answer what they are asked; when they are done."""
        self._to_say[chat] = deque(sayings)
        self._gone[chat] = asyncio.Event()
        self._next(chat)
        await self._gone[chat].wait()
        del self._to_say[chat], self._gone[chat]
        self._since.pop(chat, None)

    def guesses(self, chat: int, link: str) -> None:
        """Have somebody open a link that may be unknown and wait for no answer: of too many there is none."""
        self._say(chat, f"/start {link}")
        del self._since[chat]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve the Bot API on loopback; its root."""
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        is_json = request.content_type == "application/json"
        given: Mapping[str, object] = await request.json() if is_json else await request.post()
        result: object = True
        match request.match_info["method"]:
            case "getMe":
                result = {"id": 1, "is_bot": True, "first_name": "Lab", "username": "labvoice_bot"}
            case "getUpdates":
                result = await self._updates.poll(int(str(given.get("offset", 0))))
            case "sendMessage" | "sendPhoto" | "editMessageText":
                chat = int(str(given["chat_id"]))
                message_id = int(str(given.get("message_id") or next(self._ids)))
                result = _message(chat, message_id, "…")
                self._saw(chat, message_id, given.get("reply_markup"))
            case "editMessageReplyMarkup":
                result = _message(int(str(given["chat_id"])), int(str(given["message_id"])), "…")
        return web.json_response({"ok": True, "result": result})

    def _saw(self, chat: int, message_id: int, markup: object) -> None:
        if chat not in self._to_say:
            return
        loop = asyncio.get_running_loop()
        if (since := self._since.pop(chat, None)) is not None:
            self.waited.append(loop.time() - since)
        keyboard = json.loads(markup) if isinstance(markup, str) else markup
        rows = keyboard.get("inline_keyboard", ()) if isinstance(keyboard, dict) else ()
        data = [str(button.get("callback_data", "")) for row in rows for button in row]
        answers = [one for one in data if _code(one).startswith(_ANSWER)]
        skips = [one for one in data if _code(one) == _SKIP]
        if answers:
            self._press(chat, message_id, self._rng.choice(answers))
        elif skips and self._rng.random() < 0.7:
            self._press(chat, message_id, skips[0])
        elif data:
            self._say(chat, f"It was the {self._rng.randrange(10**6)}th time, and the tube was not labelled.")
        else:
            self._next(chat)

    def _next(self, chat: int) -> None:
        if self._to_say[chat]:
            self._say(chat, self._to_say[chat].popleft())
        else:
            self._gone[chat].set()

    def _press(self, chat: int, message_id: int, data: str) -> None:
        pressed = {"chat_instance": "1", "data": data, "message": _message(chat, message_id, "…")}
        self._do(chat, "callback_query", {"id": str(next(self._ids)), "from": _person(chat), **pressed})

    def _say(self, chat: int, words: str) -> None:
        self._do(chat, "message", {**_message(chat, next(self._ids), words), "from": _person(chat)})

    def _do(self, chat: int, kind: str, body: Json) -> None:
        self.turns += 1
        self._since[chat] = asyncio.get_running_loop().time()
        self._updates.push({"update_id": self.turns, kind: body})


def _code(data: str) -> str:
    """What a button means, without whose and when it is."""
    return data.rpartition(".")[2]


def _person(chat: int) -> Json:
    return {"id": chat, "is_bot": False, "first_name": "Ana", "language_code": "en"}


def _message(chat: int, message_id: int, words: str) -> Json:
    return {"message_id": message_id, "date": _DATE, "chat": {"id": chat, "type": "private"}, "text": words}
