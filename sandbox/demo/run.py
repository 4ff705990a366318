"""The whole demo: the stand-ins, the page, and the real bot between them on a database of its own."""

import asyncio
import secrets
import signal
import tempfile
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import typer
from pydantic import SecretStr

from bot.app import running
from bot.complaints.terms import Role
from bot.wiring import Core
from sandbox.demo.cast import COLLEAGUES, EVENTS
from sandbox.demo.laboratory import BotLaboratory
from sandbox.demo.server import demo_app
from sandbox.fortnight import generate
from sandbox.serve import serve
from sandbox.settings import GivenSettings
from sandbox.slack import SlackSandbox
from sandbox.telegram import TelegramSandbox
from schedules.clock import Clock, system_clock
from storage import contacts
from storage.database import Session
from storage.encryption import generate_key
from storage.tables import ContactKind

LAB = "City Laboratory"
TIMEZONE = ZoneInfo("Europe/Madrid")
TRIAGE = "C0TRIAGE"

_OPENS_AT = time(9, 40)
_SEED = 1
_PATIENCE = 20.0
_ROLES = {"staff": Role.STAFF, "manager": Role.MANAGER}


class DemoClock:
    """A clock that runs like the real one, set to a working hour of today and moved forward on request."""

    def __init__(self, real: Clock) -> None:
        self._real = real
        now = real()
        today = now.astimezone(TIMEZONE).date()
        self._shift = datetime.combine(today, _OPENS_AT, TIMEZONE) - now

    def utc(self) -> datetime:
        """Now, in UTC, as the bot wants it."""
        return self._real() + self._shift

    def local(self) -> datetime:
        """Now, in the laboratory's timezone."""
        return self.utc().astimezone(TIMEZONE)

    def advance(self, delta: timedelta) -> None:
        """Move forward."""
        self._shift += delta


@asynccontextmanager
async def demo(port: int, real: Clock = system_clock) -> AsyncIterator[str]:
    """Run everything on 127.0.0.1 and yield the page's address once the bot answers; port 0 takes a free one.

    Nothing outlives the block: the database lies in a temporary folder, every secret is made up on the spot.

    Raises:
        OSError: the port is taken.
        TimeoutError: the bot did not come up.
    """
    clock = DemoClock(real)
    telegram_token = f"7000000001:{secrets.token_urlsafe(24)}"
    slack_bot_token, slack_app_token = f"xoxb-{secrets.token_hex(16)}", f"xapp-{secrets.token_hex(16)}"
    lis_token = secrets.token_urlsafe(24)
    telegram = TelegramSandbox(telegram_token, now=clock.utc)
    slack = SlackSandbox(
        bot_token=slack_bot_token,
        app_token=slack_app_token,
        signing_secret=secrets.token_hex(16),
        now=clock.utc,
        subscriptions=EVENTS,
    )
    slack.room(TRIAGE, name="lab-triage")
    with tempfile.TemporaryDirectory(prefix="labvoice-demo-") as folder:
        async with aiohttp.ClientSession() as session:
            laboratory = BotLaboratory(session, lis_token, now=clock.local, shift=clock.advance)
            async with serve(demo_app(telegram, slack, laboratory), port) as url:
                settings = GivenSettings(
                    telegram_bot_token=SecretStr(telegram_token),
                    telegram_api_url=f"{url}/telegram",
                    slack_bot_token=SecretStr(slack_bot_token),
                    slack_app_token=SecretStr(slack_app_token),
                    slack_api_url=f"{url}/slack/api/",
                    slack_triage_room=TRIAGE,
                    database_url=SecretStr(f"sqlite:///{Path(folder, 'labvoice.db')}"),
                    port=0,
                    data_keys=SecretStr(generate_key()),
                    lis_token=SecretStr(lis_token),
                    lab_name=LAB,
                    lab_timezone=TIMEZONE,
                )
                async with running(settings, clock.utc) as bot:
                    laboratory.bot_url = bot.url
                    await _furnish(bot.core)
                    await _until_heard(telegram, slack)
                    yield url
        await telegram.aclose()
        await slack.aclose()


async def run_demo(port: int, open_browser: bool) -> None:
    """Run the demo until it is interrupted, and print its address.

    Raises:
        OSError: the port is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with demo(port) as url:
        typer.echo(f"Labvoice is ready to try at  {url}\nPress Ctrl+C to end it; nothing is kept.")
        if open_browser:
            await asyncio.to_thread(webbrowser.open, url)
        await stop.wait()


async def _furnish(core: Core) -> None:
    """Generate the weeks before today, and give the demo's people their roles."""
    await core.database.run(_generate, core)
    for colleague in COLLEAGUES:
        if colleague.duty in _ROLES:
            await core.database.run(_appoint, colleague.user_id, _ROLES[colleague.duty], core.clock())


def _generate(session: Session, core: Core) -> None:
    generate(session, core.clock(), core.catalog, core.lab, seed=_SEED)


def _appoint(session: Session, user_id: str, role: Role, now: datetime) -> None:
    contact = contacts.find_or_add(session, "slack", user_id, ContactKind.PERSON, "en", now)
    contacts.appoint(session, contact.id, role, now)


async def _until_heard(telegram: TelegramSandbox, slack: SlackSandbox) -> None:
    """Wait until the bot listens on both sides."""

    def polls() -> bool:
        return any(call.method == "getUpdates" for call in telegram.calls)

    heard = await telegram.changes.until(polls, _PATIENCE)
    if not (heard and await slack.changes.until(lambda: slack.connections > 0, _PATIENCE)):
        raise TimeoutError(f"The bot did not come up within {_PATIENCE:.0f} seconds.")
