"""A Telegram and a Slack on loopback ports, and a clock that only moves when told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Mount
from telegram import Bot

from sandbox.serve import serve
from sandbox.slack import Room, SlackPerson, SlackSandbox, Timings
from sandbox.telegram import Person, TelegramSandbox

TOKEN = "7000000001:test-token"
BOT_TOKEN = "xoxb-test"
APP_TOKEN = "xapp-test"
SIGNING_SECRET = "signing-secret"


@dataclass(slots=True)
class Clock:
    """Stands still at Monday 09:00 until moved."""

    time: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def telegram(clock: Clock) -> AsyncIterator[TelegramSandbox]:
    sandbox = TelegramSandbox(TOKEN, now=clock.now, webhook_retry=0.01)
    yield sandbox
    await sandbox.aclose()


@pytest.fixture
async def telegram_url(telegram: TelegramSandbox) -> AsyncIterator[str]:
    async with serve(telegram.app) as url:
        yield url


@pytest.fixture
async def bot(telegram_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    # Without it python-telegram-bot warns, and so fails here, whenever it makes a RetryAfter.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with Bot(TOKEN, base_url=f"{telegram_url}/bot", base_file_url=f"{telegram_url}/file/bot") as bot:
        yield bot


@pytest.fixture
def ana(telegram: TelegramSandbox) -> Person:
    return telegram.person(101, first_name="Ana", language_code="es")


@asynccontextmanager
async def socket_mode(app: AsyncApp, slack: SlackSandbox) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app connected by one more socket than before."""
    before = slack.connections
    handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=0.5)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # slack-bolt annotates no return type
    assert await slack.changes.until(lambda: slack.connections == before + 1, 5)
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[SlackSandbox]:
    sandbox = SlackSandbox(
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        now=clock.now,
        timings=Timings(ack=1.0, retries=(0.0, 0.01, 30.0)),
    )
    yield sandbox
    await sandbox.aclose()


@pytest.fixture
async def slack_url(slack: SlackSandbox) -> AsyncIterator[str]:
    """The sandbox mounted below a root, as it is beside Telegram in real use."""
    async with serve(Starlette(routes=[Mount("/slack", slack.app)])) as url:
        yield f"{url}/slack"


@pytest.fixture
def web(slack_url: str) -> AsyncWebClient:
    return AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack_url}/api/")


@pytest.fixture
def app(web: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=web, signing_secret=SIGNING_SECRET)


@pytest.fixture
async def sockets(app: AsyncApp, slack: SlackSandbox) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app connected by one socket."""
    async with socket_mode(app, slack) as handler:
        yield handler


@pytest.fixture
def house(slack: SlackSandbox) -> SlackPerson:
    return slack.person("U0HOUSE", name="Dr House")


@pytest.fixture
def triage(slack: SlackSandbox) -> Room:
    return slack.room("C0TRIAGE", name="lab-triage")
