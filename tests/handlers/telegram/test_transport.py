"""Calls to Telegram are made once, in their time, and keep the token to themselves."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from telegram import Bot, InputFile
from telegram.error import NetworkError, TimedOut

from handlers.telegram import transport
from handlers.telegram.reading import BotRequest
from handlers.telegram.transport import UnreachedError
from sandbox.serve import serve

TOKEN = "7000000001:a-token-to-be-kept"
Answering = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def calling(answer: Answering, **limits: float) -> AsyncIterator[Bot]:
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    async with serve(app) as url:
        request = BotRequest(connections=1, **{"answer_seconds": 5.0, **limits})
        bot = Bot(TOKEN, base_url=f"{url}/bot", request=request)
        yield bot
        await request.shutdown()


async def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    async def elsewhere(request: Request) -> Response:
        asked.append(f"{request.method} {request.url.path}")
        return RedirectResponse("/other", 307)

    async with calling(elsewhere) as bot:
        with pytest.raises(NetworkError):
            await bot.send_message(5, "Hello")
    assert asked == [f"POST /bot{TOKEN}/sendMessage"]


async def test_an_upload_nobody_reads_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_WRITE_SECONDS", 0.1)
    done = asyncio.Event()

    async def silent(_request: Request) -> Response:
        await done.wait()
        return Response()

    async with calling(silent, answer_seconds=0.1) as bot:
        monkeypatch.setattr(transport, "_CONNECT_SECONDS", 0.1)
        with pytest.raises(TimedOut):
            await bot.send_document(5, InputFile(b"x" * 20_000_000, filename="large"))
        done.set()


async def test_a_call_too_many_is_not_taken_for_a_telegram_that_cannot_be_reached() -> None:
    asked, done = asyncio.Event(), asyncio.Event()

    async def slow(_request: Request) -> Response:
        asked.set()
        await done.wait()
        return JSONResponse({"ok": True, "result": True})

    async with calling(slow, free_seconds=0.05) as bot:
        first = asyncio.create_task(bot.answer_callback_query("1"))
        await asked.wait()
        with pytest.raises(TimedOut):
            await bot.answer_callback_query("2")
        done.set()
        assert await first


async def test_errors_do_not_hold_the_token(unused_tcp_port: int) -> None:
    request = BotRequest(connections=1, answer_seconds=1.0)
    bot = Bot(TOKEN, base_url=f"http://127.0.0.1:{unused_tcp_port}/bot", request=request)
    with pytest.raises(UnreachedError) as unreached:
        await bot.send_message(5, "Hello")
    await request.shutdown()
    with pytest.raises(NetworkError, match="the bot is shut down") as ended:
        await bot.send_message(5, "Hello")
    for error in (unreached.value, ended.value):
        assert TOKEN not in "".join(traceback.format_exception(error))
