"""The web application over real HTTP: health, the enrolment page, and whatever people may throw at it."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from io import BytesIO
from urllib.parse import urlsplit

import aiohttp
import pytest
from starlette.applications import Starlette

from handlers.web import Part, guard, serve
from handlers.web.guard import MAX_BODY, SAFE_HEADERS
from tests.handlers.web.conftest import House

TOKEN = "Zm9vYmFyYmF6cXV4MTIzNA"
OTHER = "c29tZXRoaW5nZWxzZTEyMw"
LINK = f"https://t.me/LabVoiceBot?start={TOKEN}"


async def page(house: House, path: str, **headers: str) -> tuple[int, str]:
    async with house.client.get(house.url + path, headers={"Accept": "text/html", **headers}) as answer:
        return answer.status, await answer.text()


async def test_a_living_process_says_so(house: House) -> None:
    async with house.client.get(house.url + "/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"alive": True})


async def test_it_is_ready_when_every_part_is(house: House) -> None:
    house.parts["telegram"] = Part(ready=True, note="long polling")
    async with house.client.get(house.url + "/readyz") as answer:
        body = {"ready": True, "parts": {"telegram": {"ready": True, "note": "long polling"}}}
        assert (answer.status, await answer.json()) == (200, body)


async def test_it_is_not_ready_when_a_part_is_not(house: House) -> None:
    house.parts["telegram"] = Part(ready=False, note="cannot be reached")
    async with house.client.get(house.url + "/readyz") as answer:
        body = {"ready": False, "parts": {"telegram": {"ready": False, "note": "cannot be reached"}}}
        assert (answer.status, await answer.json()) == (503, body)


async def test_an_unavailable_database_is_told_without_its_details(
    house: House, unavailable: Exception
) -> None:
    house.parts["telegram"] = unavailable
    async with house.client.get(house.url + "/readyz") as answer:
        assert answer.status == 503
        assert "internal" not in await answer.text()


async def test_the_page_offers_a_tap_a_code_and_a_message_to_copy(house: House) -> None:
    status, text = await page(house, f"/enrol/{TOKEN}")
    assert status == 200
    assert f'<a class="open" href="{LINK}"' in text
    assert "<svg role=" in text
    assert f"<code>/start {TOKEN}</code>" in text
    assert "How was your visit to Saint Mary&#x27;s &lt;Lab&gt;?" in text


async def test_the_page_loads_nothing_from_elsewhere(house: House) -> None:
    async with house.client.get(f"{house.url}/enrol/{TOKEN}") as answer:
        policy = answer.headers["Content-Security-Policy"]
        text = await answer.text()
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert " src=" not in text
    assert "style=" not in text


async def test_every_link_of_the_right_form_gets_the_same_page(house: House) -> None:
    _, one = await page(house, f"/enrol/{TOKEN}")
    _, other = await page(house, f"/enrol/{OTHER}")
    without_code = one[: one.index("<svg")] + one[one.index("</svg>") :]
    assert without_code.replace(TOKEN, OTHER) == other[: other.index("<svg")] + other[other.index("</svg>") :]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en;q=0.3, es;q=0.7", "es"),
        ("de, fr;q=0.5", "en"),
        ("es;q=0", "en"),
        ("", "en"),
        (";;;q=,es;q=x," * 50, "en"),
        ("x" * 5000, "en"),
    ],
)
async def test_the_page_speaks_the_readers_language(house: House, accepted: str, language: str) -> None:
    _, text = await page(house, f"/enrol/{TOKEN}", **{"Accept-Language": accepted})
    assert f'<html lang="{language}">' in text
    assert ("Abrir en Telegram" in text) == (language == "es")


async def test_the_page_for_everybody_offers_a_tap_a_code_and_a_message_to_copy(house: House) -> None:
    status, text = await page(house, "/concern")
    assert status == 200
    assert '<a class="open" href="https://t.me/LabVoiceBot?start=concern"' in text
    assert "<svg role=" in text
    assert "<code>/start concern</code>" in text
    assert "Saint Mary&#x27;s &lt;Lab&gt;" in text
    assert "you need not say who you are" in text


async def test_the_page_for_everybody_speaks_the_readers_language(house: House) -> None:
    _, text = await page(house, "/concern", **{"Accept-Language": "es-MX"})
    assert '<html lang="es">' in text
    assert "no hace falta que diga quién es" in text


@pytest.mark.parametrize("token", ["short", "x" * 65, "%00" * 20, "%F0%9F%98%80" * 8, "a" * 20 + "%22%3E"])
async def test_a_damaged_link_gets_a_kind_word(house: House, token: str) -> None:
    status, text = await page(house, f"/enrol/{token}")
    assert status == 404
    assert "Part of the link may be missing." in text


@pytest.mark.parametrize("path", [f"/enrol/{TOKEN}", "/concern"])
async def test_a_kind_word_stands_in_until_the_bots_name_is_known(house: House, path: str) -> None:
    house.username = None
    async with house.client.get(house.url + path) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert "Please try again in a few minutes." in await answer.text()


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/readyz", "/openapi.json", f"/enrol/{TOKEN}", "/enrol/x", "/concern", "/nothing", "/size"],
)
async def test_every_answer_carries_safe_headers(house: House, path: str) -> None:
    async with house.client.get(house.url + path) as answer:
        own = {name: answer.headers.get(name) for name in SAFE_HEADERS}
        policy = own.pop("Content-Security-Policy")
        assert own == {name: SAFE_HEADERS[name] for name in own}
        assert "frame-ancestors 'none'" in str(policy)
        assert "Server" not in answer.headers


async def test_people_get_a_page_and_programs_get_json_for_what_is_not_there(house: House) -> None:
    status, text = await page(house, "/nothing")
    assert (status, "There is nothing here" in text) == (404, True)
    async with house.client.get(house.url + "/nothing") as answer:
        assert (answer.status, await answer.json()) == (404, {"error": "Not Found"})


async def test_the_wrong_method_is_told_with_the_right_one(house: House) -> None:
    async with house.client.delete(house.url + "/size") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert await answer.json() == {"error": "Method Not Allowed"}


@pytest.mark.parametrize("body_size", [0, 1, MAX_BODY])
async def test_a_body_within_bounds_arrives_whole(house: House, body_size: int) -> None:
    async with house.client.post(house.url + "/size", data=BytesIO(b"x" * body_size)) as answer:
        assert (answer.status, await answer.text()) == (200, str(body_size))


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("body_size", [MAX_BODY + 1, 2 * 1024 * 1024])
async def test_a_body_too_large_is_refused_in_words(house: House, *, chunked: bool, body_size: int) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, body_size, 65536):
            yield b"x" * min(65536, body_size - start)

    data = chunks() if chunked else BytesIO(b"x" * body_size)
    async with house.client.post(house.url + "/size", data=data) as answer:
        assert answer.status == 413
        assert await answer.json() == {"error": "the request is larger than 1048576 bytes"}


async def test_an_endless_body_is_cut_off(house: House) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65536
            yield b"x" * 65536

    try:
        async with asyncio.timeout(10), house.client.post(house.url + "/size", data=endless()) as answer:
            assert answer.status == 413
    except aiohttp.ClientConnectionError:
        assert sent > MAX_BODY


async def test_a_body_that_does_not_arrive_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.01)
    assert b" 408 " in await raw(house, b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")


async def test_a_surprise_is_logged_and_answered_without_its_details(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.client.post(house.url + "/broken") as answer:
        assert (answer.status, await answer.json()) == (500, {"error": "something went wrong on our side"})
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "a bug" in caplog.text


async def test_an_unavailable_database_asks_to_come_back(house: House, unavailable: Exception) -> None:
    house.raised = unavailable
    async with house.client.post(house.url + "/broken") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert "internal" not in await answer.text()


async def raw(house: House, request: bytes) -> bytes:
    """The first line of the answer to exactly these bytes."""
    parts = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        async with asyncio.timeout(5):
            writer.write(request)
            await writer.drain()
            return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "target",
    [b"/enrol/\xff\xfe", b"/enrol/%ff%fe%00", b"/enrol/%ED%A0%80", b"//enrol//x", b"/../../etc/passwd", b"*"],
)
async def test_odd_paths_are_never_a_server_error(house: House, target: bytes) -> None:
    line = await raw(house, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n")
    assert line[:10] == b"HTTP/1.1 4"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET /nothing HTTP/1.1\r\nHost: x\r\nAccept: \xff\xfe\r\nAccept-Language: \xff\r\n\r\n",
    ],
)
async def test_odd_requests_are_never_a_server_error(house: House, request_bytes: bytes) -> None:
    assert (await raw(house, request_bytes))[:10] == b"HTTP/1.1 4"


async def test_a_caller_who_leaves_early_disturbs_nobody(house: House) -> None:
    parts = urlsplit(house.url)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    async with house.client.get(house.url + "/healthz") as answer:
        assert answer.status == 200


async def test_tokens_in_paths_are_not_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await page(house, f"/enrol/{TOKEN}")
        await page(house, f"/enrol/{TOKEN}/x")
    assert TOKEN not in caplog.text


async def test_a_taken_port_is_an_error_of_the_caller(house: House) -> None:
    port = urlsplit(house.url).port or 0
    with pytest.raises(OSError, match="in use"):
        async with serve(Starlette(), "127.0.0.1", port):
            pass


async def test_the_port_is_free_again_once_serving_ends(house: House) -> None:
    async with serve(Starlette(), "127.0.0.1", 0) as url:
        port = urlsplit(url).port or 0
    with socket.create_server(("127.0.0.1", port)):
        pass
