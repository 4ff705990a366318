"""Serving inside a running loop starts at once and stops without leaving anything behind."""

import asyncio
import signal
from collections.abc import AsyncIterator

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from sandbox.changes import Changes
from sandbox.serve import serve


async def endless(_request: Request) -> Response:
    async def stream() -> AsyncIterator[bytes]:
        yield b"data: first\n\n"
        await asyncio.Event().wait()

    return StreamingResponse(stream(), media_type="text/event-stream")


async def listening(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.receive()


APP = Starlette(routes=[Route("/stream", endless), WebSocketRoute("/socket", listening)])


async def test_stopping_ends_an_event_stream_whole() -> None:
    async with asyncio.timeout(3), aiohttp.ClientSession() as session:
        async with serve(APP) as url:
            response = await session.get(f"{url}/stream")
            assert await response.content.readuntil(b"\n\n") == b"data: first\n\n"
        assert await response.content.read() == b""


async def test_stopping_closes_a_websocket() -> None:
    async with asyncio.timeout(3), aiohttp.ClientSession() as session:
        async with serve(APP) as url:
            socket = await session.ws_connect(f"{url}/socket")
            assert await socket.receive_str() == "hello"
        assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        await socket.close()


async def test_caller_who_leaves_in_the_middle_of_a_body_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def read(request: Request) -> Response:
        begun.set()
        try:
            return Response(await request.body())
        finally:
            left.set()

    async with asyncio.timeout(3), serve(Starlette(routes=[Route("/", read, methods=["POST"])])) as url:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nhalf")
        await begun.wait()
        writer.close()
        await left.wait()
    assert caplog.records == []


async def test_port_in_use_is_refused() -> None:
    async with serve(APP) as url:
        with pytest.raises(OSError, match="in use"):
            async with serve(APP, port=int(url.rpartition(":")[2])):
                pass


async def test_signals_are_left_to_their_owner() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with serve(APP):
        assert signal.getsignal(signal.SIGTERM) is before


async def test_every_subscriber_hears_of_a_change() -> None:
    changes = Changes()
    first, second = changes.subscribe(), changes.subscribe()
    assert [await anext(first), await anext(second)] == [0, 0]
    changes.happened()
    assert [await anext(first), await anext(second)] == [1, 1]
