"""The webhook takes updates from Telegram alone, and acknowledges them once they are kept."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot

from handlers.telegram import Connection, TelegramWebhook
from handlers.telegram.reading import Update
from sandbox.changes import Changes
from sandbox.serve import serve
from sandbox.telegram import TelegramSandbox
from storage.database import DatabaseUnavailable
from tests.handlers.telegram.conftest import SOON
from tests.stage.waiting import until

SECRET = "s3cret_of-the-hook"
HEADER = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
UPDATE = {"update_id": 5}


class Site:
    """The bot's own web server with the webhook on it."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.taken: list[int] = []
        self.tries = 0
        self.changes = Changes()
        self.error: Exception | None = None
        self.hook: TelegramWebhook
        self.app = Starlette(routes=[Route("/telegram", self.receive, methods=["POST"])])

    async def receive(self, request: Request) -> Response:
        return await self.hook.receive(request)

    def announce(self, url: str, connection: Connection) -> None:
        self.url = f"{url}/telegram"
        self.hook = TelegramWebhook(
            self.bot, self.take, url=self.url, secret=SECRET, connection=connection, backoff=SOON
        )

    async def take(self, update: Update) -> None:
        self.tries += 1
        self.changes.happened()
        if self.error is not None:
            raise self.error
        self.taken.append(update.update_id)


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
async def site(bot: Bot, connection: Connection) -> AsyncIterator[Site]:
    site = Site(bot)
    async with serve(site.app) as url:
        site.announce(url, connection)
        yield site
        await site.hook.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def status_of(
    http: aiohttp.ClientSession, site: Site, body: bytes, headers: dict[str, str] | None = None
) -> int:
    async with http.post(site.url, data=body, headers=HEADER if headers is None else headers) as response:
        return response.status


async def test_updates_arrive_through_the_registered_webhook(site: Site, telegram: TelegramSandbox) -> None:
    site.hook.start()
    ana = telegram.person(101, first_name="Ana")
    sent = [ana.say(str(number)) for number in range(3)]
    assert await telegram.changes.until(lambda: telegram.updates_forgotten == tuple(sent), 5)
    assert site.taken == sent
    await until(lambda: site.hook.ready)


async def test_registration_is_tried_until_it_works(
    site: Site, telegram: TelegramSandbox, connection: Connection
) -> None:
    telegram.faults.down = True
    site.hook.start()
    assert await telegram.changes.until(
        lambda: [call.method for call in telegram.calls].count("setWebhook") >= 2, 5
    )
    assert (site.hook.ready, connection.last_error) == (False, "It cannot be reached.")
    telegram.faults.down = False
    ana = telegram.person(101, first_name="Ana")
    sent = ana.say("hello")
    assert await telegram.changes.until(lambda: telegram.updates_forgotten == (sent,), 5)


async def test_update_that_was_not_kept_comes_again(site: Site, telegram: TelegramSandbox) -> None:
    site.error = DatabaseUnavailable("away")
    site.hook.start()
    ana = telegram.person(101, first_name="Ana")
    sent = ana.say("hello")
    assert await site.changes.until(lambda: site.tries >= 2, 5)
    assert telegram.updates_forgotten == ()
    site.error = None
    assert await telegram.changes.until(lambda: telegram.updates_forgotten == (sent,), 5)


async def test_database_away_is_said_with_a_time_to_come_back(
    site: Site, http: aiohttp.ClientSession
) -> None:
    site.error = DatabaseUnavailable("away")
    async with http.post(site.url, json=UPDATE, headers=HEADER) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Telegram-Bot-Api-Secret-Token": ""},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"},
        {"X-Telegram-Bot-Api-Secret-Token": "s\u00e9cret"},
    ],
    ids=["none", "empty", "short", "long", "not ASCII"],
)
async def test_without_the_secret_nothing_is_taken(
    site: Site, http: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    assert await status_of(http, site, json.dumps(UPDATE).encode(), headers) == 403
    assert site.taken == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b'"update_id"',
        b"{}",
        b'{"update_id": "5"}',
        b'{"update_id": true}',
        b'{"update_id": -1}',
        b'{"update_id": 1e400}',
        b'{"update_id": ' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
async def test_what_is_no_update_is_refused(site: Site, http: aiohttp.ClientSession, body: bytes) -> None:
    assert await status_of(http, site, body) == 400
    assert site.taken == []


async def test_update_that_cannot_be_read_is_not_asked_for_again(
    site: Site, http: aiohttp.ClientSession
) -> None:
    assert await status_of(http, site, b'{"update_id": 5, "message": {"text": "x"}}') == 200


async def test_large_body_is_refused_before_it_is_sent(site: Site) -> None:
    _, _, place = site.url.partition("//")
    host, port = place.partition("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /telegram HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        "Content-Length: 2000000\r\n\r\n".encode()
    )
    async with asyncio.timeout(5):
        assert b" 413 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_large_body_of_unknown_length_is_cut_off(site: Site) -> None:
    _, _, place = site.url.partition("//")
    host, port = place.partition("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /telegram HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode()
    )
    chunk = b"%x\r\n%s\r\n" % (100_000, b" " * 100_000)
    writer.write(chunk * 11)
    async with asyncio.timeout(5):
        assert b" 413 " in await reader.readline()
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_caller_that_leaves_in_the_middle_changes_nothing(
    site: Site, http: aiohttp.ClientSession
) -> None:
    _, _, place = site.url.partition("//")
    host, port = place.partition("/")[0].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /telegram HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        'Content-Length: 100\r\n\r\n{"update_id": 4'.encode()
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await status_of(http, site, json.dumps(UPDATE).encode()) == 200
    assert site.taken == [5]
