"""What anybody may do who finds the server, and with what little effect."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from handlers.web import Part, guard, serving
from handlers.web.health import health_routes
from tests.handlers.web.conftest import House


async def connected(
    house: House, stack: AsyncExitStack, sent: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(house.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stack.callback(writer.close)
    writer.write(sent)
    await writer.drain()
    return reader, writer


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\n",
    ],
    ids=["nothing", "half a request", "half a second request"],
)
async def test_whoever_asks_nothing_is_hung_up_on(
    house: House, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(serving, "_SILENT_SECONDS", 0.05)
    monkeypatch.setattr(serving, "_TICK_SECONDS", 0.02)
    async with AsyncExitStack() as stack, asyncio.timeout(3):
        reader, _ = await connected(house, stack, sent)
        await reader.read()


async def test_a_request_under_way_is_not_hung_up_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, looked_often = 0, asyncio.Event()
    whole = serving._is_silent

    def looked_at(connection: H11Protocol) -> bool:
        nonlocal looks
        looks += 1
        if looks > 5:
            looked_often.set()
        return whole(connection)

    monkeypatch.setattr(serving, "_SILENT_SECONDS", 0.0)
    monkeypatch.setattr(serving, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(serving, "_is_silent", looked_at)
    async with AsyncExitStack() as stack, asyncio.timeout(5):
        head = b"POST /size HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab"
        reader, writer = await connected(house, stack, head)
        await looked_often.wait()
        writer.write(b"cd")
        assert (await reader.read()).endswith(b"4")


async def test_a_connection_that_is_used_now_and_then_is_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour, looked = 0.0, asyncio.Event()
    look = serving._Server._hang_up_on_the_silent

    def looking(server: serving._Server) -> None:
        look(server)
        looked.set()

    monkeypatch.setattr(serving, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(serving, "monotonic", lambda: hour)
    monkeypatch.setattr(serving._Server, "_hang_up_on_the_silent", looking)
    async with AsyncExitStack() as stack, asyncio.timeout(5):
        reader, writer = await connected(house, stack, b"")
        for _ in range(5):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
            hour += serving._SILENT_SECONDS * 0.7
            looked.clear()
            await looked.wait()


async def test_many_large_bodies_at_once_are_put_off_and_small_ones_are_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MAX_GATHERING", 100_000)
    unfinished = b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + b"x" * 80_000
    async with AsyncExitStack() as stack, asyncio.timeout(3):
        answer_to_first, first = await connected(house, stack, unfinished)
        second, _ = await connected(house, stack, unfinished)
        assert (await second.readline()).startswith(b"HTTP/1.1 503")
        async with house.client.post(house.url + "/size", data=b"x" * 10_000) as answer:
            assert await answer.text() == "10000"
        first.write(b"x" * 10_000)
        assert (await answer_to_first.readline()).startswith(b"HTTP/1.1 200")
        async with house.client.post(house.url + "/size", data=b"x" * 90_000) as answer:
            assert await answer.text() == "90000"


async def test_however_many_ask_at_once_each_part_is_looked_at_once() -> None:
    looked, asked = 0, asyncio.Event()

    async def slow() -> Part:
        nonlocal looked
        looked += 1
        await asked.wait()
        return Part(ready=True)

    (readyz,) = [one.endpoint for one in health_routes({"slow": slow}) if one.path == "/readyz"]
    request = Request({"type": "http", "method": "GET", "path": "/readyz", "headers": []})
    asking = [asyncio.ensure_future(readyz(request)) for _ in range(20)]
    await asyncio.sleep(0)
    asked.set()
    assert [one.status_code for one in await asyncio.gather(*asking)] == [200] * 20
    assert looked == 1


async def test_an_address_with_a_slash_too_many_leads_nowhere(house: House) -> None:
    headers = {"Host": "evil.example"}
    async with house.client.get(house.url + "/healthz/", headers=headers, allow_redirects=False) as answer:
        assert answer.status == 404
