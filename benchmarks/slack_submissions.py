"""How many modal submissions a second, beside slack-bolt: form in, all committed, room and person told."""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlmodel import func, select

from benchmarks.clinicians import Clinicians
from benchmarks.figures import Figure, quantile
from benchmarks.own_bot import own_bot
from benchmarks.turns import apart, until_healthy
from bot.catalog import load
from handlers.slack.forms import questionnaire_form
from sandbox.slack.surfaces import VIEW_IDS
from sandbox.slack.views import LiveView
from sandbox.wire import Json
from schedules.clock import system_clock
from storage.database import Database
from storage.encryption import Keyring, generate_key
from storage.tables import Complaint
from tests.stage.desk import ISSUE
from tests.stage.world import BOT_TOKEN, LAB, SIGNING_SECRET, TRIAGE, free_port, world

AT_ONCE = 32
SECONDS = 6.0
_WARMING_SECONDS = 2.0


async def measure() -> Sequence[Figure]:
    """The usual way and ours, one after the other, each bot alone on one processor."""
    usual, ours = await _usual(), await _ours()
    return (
        Figure("slack submissions: the usual way", usual[0], "/s"),
        Figure("slack submissions: the usual way, p99", usual[1], "ms"),
        Figure("slack submissions", ours[0], "/s"),
        Figure("slack submissions: times the usual way", ours[0] / usual[0], "x", 4, least=True),
        Figure(f"slack submissions: p99 of {AT_ONCE} clinicians", ours[1], "ms"),
    )


def _issue() -> Json:
    """The form of `/lab-issue`, filled in, as Slack sends it off."""
    catalog = load()
    view = LiveView("U0", questionnaire_form(catalog.newest("lab_issue"), catalog, LAB, "en", {}))
    for item, value in ISSUE.items():
        view.fill(item, value)
    return view.wire(VIEW_IDS)


async def _usual() -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        port, file = free_port(), Path(folder, "usual.db")
        root = f"http://127.0.0.1:{port}"
        clinicians = Clinicians(f"{root}/slack/events", SIGNING_SECRET, _issue())
        async with clinicians.serving() as slack:
            url, module = f"sqlite+aiosqlite:///{file}", "benchmarks.baseline.slack_survey"
            command = ("-m", module, url, BOT_TOKEN, SIGNING_SECRET, slack, TRIAGE, str(port))
            bot = await asyncio.create_subprocess_exec(sys.executable, *command)
            try:
                await until_healthy(f"{root}/healthz")
                with apart(bot.pid):
                    figures = await _driven(clinicians)
            finally:
                bot.terminate()
                await bot.wait()
        with closing(sqlite3.connect(file)) as connection:
            answers = connection.execute("SELECT count(*) FROM usualformanswer").fetchone()[0]
        _verify(clinicians, answers // len(ISSUE))
        return figures


async def _ours() -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        url, key = f"sqlite:///{folder}/labvoice.db", generate_key()
        async with world(database_url=url, data_key=key, now=system_clock(), slack="http") as around:
            clinicians = Clinicians(f"{around.url}/slack/events", SIGNING_SECRET, _issue())
            async with clinicians.serving() as slack:
                around.settings = around.settings.model_copy(update={"slack_api_url": slack})
                async with own_bot(around) as bot:
                    with apart(bot.pid):
                        figures = await _driven(clinicians)
        database = await Database.open(url, Keyring.parse(key))
        try:
            kept = await database.read(
                lambda session: session.exec(select(func.count()).select_from(Complaint)).one()
            )
        finally:
            await database.close()
        _verify(clinicians, kept)
        return figures


async def _driven(clinicians: Clinicians) -> tuple[float, float]:
    """Submissions a second, and how many ms 99 of 100 take at most."""
    await clinicians.come(AT_ONCE, _WARMING_SECONDS)
    before = len(clinicians.waits)
    seconds = await clinicians.come(AT_ONCE, SECONDS)
    waits = clinicians.waits[before:]
    return len(waits) / seconds, quantile(waits, 0.99) * 1000


def _verify(clinicians: Clinicians, kept: int) -> None:
    """Whoever was thanked has all they wrote in the database."""
    if kept != len(clinicians.waits):
        raise AssertionError(f"{len(clinicians.waits)} were thanked, and {kept} forms kept")
