"""A local Telegram, a local Slack, and the bot between them, over real HTTP and WebSocket."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypedDict

import aiohttp
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.app import Running, running
from bot.complaints.terms import Role
from bot.settings import Settings
from sandbox.serve import serve
from sandbox.settings import GivenSettings
from sandbox.slack import Room, SlackSandbox
from sandbox.slack.delivery import Timings
from sandbox.telegram import TelegramSandbox
from schedules import follow_ups
from storage import contacts
from storage.database import Session
from storage.schema import upgrade
from storage.tables import ContactKind

TELEGRAM_TOKEN, WEBHOOK_SECRET = "7000000001:test-token", "webhook-secret-of-the-laboratory"
BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-test", "xapp-test", "signing-secret"
METRICS_TOKEN = "metrics-token-of-the-operator"
LIS_TOKEN, TRIAGE, LAB = "lis-token-of-the-laboratory", "C0TRIAGE", "City Laboratory"
PHYSICIAN, NURSE, MANAGER = "U0PHYSICIAN", "U0NURSE", "U0MANAGER"


class Collected(TypedDict):
    """What the laboratory system is told of a new visit."""

    visit_id: str
    token: str
    telegram_url: str
    enrol_url: str


@dataclass(slots=True)
class World:
    """Telegram, Slack, the laboratory and the clock, as seen from outside the bot."""

    telegram: TelegramSandbox
    slack: SlackSandbox
    settings: Settings
    now: datetime
    http: aiohttp.ClientSession
    port: int
    edge: str
    triage: Room = field(init=False)
    bot: Running = field(init=False)

    def clock(self) -> datetime:
        return self.now

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def replica(self, name: str) -> Settings:
        """The settings of one of several bots that share all but the port: its calls bear its name."""
        platforms = f"{self.edge}/as/{name}"
        own = {"telegram_api_url": f"{platforms}/telegram", "slack_api_url": f"{platforms}/slack/api/"}
        return self.settings.model_copy(update={**own, "port": free_port()})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Running]:
        """Run the bot; once it is ready. Can be done again after it has ended."""
        async with self.starting():
            await self.until_ready()
            yield self.bot

    @asynccontextmanager
    async def starting(self) -> AsyncIterator[Running]:
        """Run the bot, whether or not Telegram and Slack can be reached."""
        async with running(self.settings, self.clock) as self.bot:
            yield self.bot

    async def until_ready(self) -> None:
        """Wait until every part is ready."""
        async with asyncio.timeout(20):
            while not await self.is_ready():
                await self.next_change()

    async def is_ready(self) -> bool:
        """Whether a bot, in whatever process, answers that it is ready."""
        try:
            return (await self.readiness())[0] == 200
        except aiohttp.ClientConnectionError:
            return False

    async def next_change(self) -> None:
        """Wait for something to happen at Telegram or Slack, or a moment."""
        telegram, slack = self.telegram.revision, self.slack.revision
        await self.telegram.changes.until(
            lambda: (self.telegram.revision, self.slack.revision) != (telegram, slack), 0.02
        )

    async def readiness(self) -> tuple[int, dict[str, dict[str, dict[str, object]]]]:
        async with self.http.get(f"{self.url}/readyz") as response:
            return response.status, await response.json()

    async def metrics(self) -> str:
        """What Prometheus reads."""
        headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        async with self.http.get(f"{self.url}/metrics", headers=headers) as response:
            assert response.status == 200
            return await response.text()

    async def lis(self, path: str, body: object, token: str = LIS_TOKEN) -> tuple[int, object]:
        """Post to the laboratory system's endpoints."""
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.post(f"{self.url}/lis/{path}", json=body, headers=headers) as response:
            return response.status, await response.json()

    async def collect(self, order: str = "LAB-001234") -> Collected:
        body = {"order": order, "site": "North", "collected_at": self.now.isoformat()}
        headers = {"Authorization": f"Bearer {LIS_TOKEN}"}
        async with self.http.post(f"{self.url}/lis/visits", json=body, headers=headers) as response:
            assert response.status == 201, await response.text()
            collected: Collected = await response.json()
            return collected

    async def results(self, status: str = "final", order: str = "LAB-001234") -> None:
        body = {"order": order, "status": status, "delivered_at": self.now.isoformat()}
        assert (await self.lis("results", body))[0] == 200

    async def appoint(self, user: str, role: Role) -> None:
        await self.bot.core.database.run(_appoint, user, role, self.now)

    async def passes(self, span: timedelta) -> None:
        """Let time go by, and everything due by then happen."""
        self.now += span
        await follow_ups.take_due(self.bot.core.database, self.bot.turns, self.clock)
        await self.quiet()

    async def digests(self) -> None:
        """Send the digests that are due."""
        await self.bot.digests.send_due_digests()
        await self.quiet()

    async def quiet(self) -> None:
        """Return once everything people did has been taken, and everything written has been delivered."""
        async with asyncio.timeout(10):
            while self.telegram.pending_updates:
                await self.telegram.changes.until(lambda: not self.telegram.pending_updates, 1)
            await self.bot.delivery.poll()
            await self.bot.delivery.settle()


def _appoint(session: Session, user: str, role: Role, now: datetime) -> None:
    contact = contacts.find_or_add(session, "slack", user, ContactKind.PERSON, "en", now)
    contacts.appoint(session, contact.id, role, now)


# Each process of a test run has a span of its own: two that probe the same ports take them from each other.
_SPAN = 2_500
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = count(10_000 + _WORKER % 8 * _SPAN + os.getpid() * 7 % (_SPAN // 2))


def free_port() -> int:
    """A port nobody listens on just now, and none that the system gives to whoever asks for any."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError


@cache
def _migrated() -> bytes:
    """A SQLite database at the newest migration, without rows: migrating one takes longer than most tests."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "labvoice.db")
        upgrade(f"sqlite:///{file}")
        return file.read_bytes()


def _begin_at_the_newest_migration(database_url: str) -> None:
    kind, _, file = database_url.partition(":///")
    if kind == "sqlite" and not Path(file).exists():
        Path(file).write_bytes(_migrated())


@asynccontextmanager
async def world(
    *,
    database_url: str,
    data_key: str,
    now: datetime,
    telegram: Literal["polling", "webhook"] = "polling",
    slack: Literal["socket", "http"] = "socket",
    patience: Timings | None = None,
) -> AsyncIterator[World]:
    """A world in which the bot does not run yet. `patience` is Slack's, its own if None."""
    _begin_at_the_newest_migration(database_url)
    port = free_port()
    here = f"http://127.0.0.1:{port}"

    def clock() -> datetime:
        return made.now

    telegrams = TelegramSandbox(TELEGRAM_TOKEN, now=clock, webhook_retry=0.01)
    slacks = SlackSandbox(
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        now=clock,
        events_url=f"{here}/slack/events" if slack == "http" else None,
        timings=patience,
    )
    platforms = [Mount("/telegram", app=telegrams.app), Mount("/slack", app=slacks.app)]
    mounted = Starlette(routes=[*platforms, Mount("/as/{caller}", routes=platforms)])
    connector = aiohttp.TCPConnector(force_close=True)  # as Telegram's webhook in the sandbox
    async with serve(mounted) as edge, aiohttp.ClientSession(connector=connector) as http:
        settings = GivenSettings(
            telegram_bot_token=SecretStr(TELEGRAM_TOKEN),
            telegram_api_url=f"{edge}/telegram",
            telegram_webhook_url=f"{here}/telegram/updates" if telegram == "webhook" else None,
            telegram_webhook_secret=SecretStr(WEBHOOK_SECRET),
            slack_bot_token=SecretStr(BOT_TOKEN),
            slack_app_token=SecretStr(APP_TOKEN) if slack == "socket" else None,
            slack_signing_secret=SecretStr(SIGNING_SECRET),
            slack_api_url=f"{edge}/slack/api/",
            slack_triage_room=TRIAGE,
            database_url=SecretStr(database_url),
            data_keys=SecretStr(data_key),
            lis_token=SecretStr(LIS_TOKEN),
            metrics_token=SecretStr(METRICS_TOKEN),
            lab_name=LAB,
            port=port,
        )
        made = World(telegrams, slacks, settings, now, http, port, edge)
        made.triage = slacks.room(TRIAGE, name="lab-triage")
        yield made
        await telegrams.aclose()
        await slacks.aclose()
