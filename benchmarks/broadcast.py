"""Follow-ups to many, at a Telegram that refuses what is too much, and patients who tap meanwhile."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from time import perf_counter
from zoneinfo import ZoneInfo

from typing_extensions import override

from benchmarks.figures import Figure, quantile
from benchmarks.own_bot import own_bot
from benchmarks.patients import Patients
from benchmarks.turns import choice
from bot.dialog.event import Due
from sandbox.telegram import Limits
from schedules.clock import system_clock
from storage import contacts, follow_ups, visits
from storage.database import Database, Session
from storage.encryption import Keyring, generate_key
from storage.schema import upgrade
from storage.tables import ContactKind, ResultStatus, Visit
from tests.stage.world import world

MESSAGES, MANY_MESSAGES = 600, 30_000
A_SECOND = 30
TAPPING = 4
_FIRST_CHAT = 1_000_000
_ANSWER_SECONDS = 0.05
_WARMING_SECONDS = 2.0
_BATCH, _LINKS = 1_000, 50


async def measure(messages: int = MESSAGES) -> Sequence[Figure]:
    """So many follow-ups are due at once; a few patients answer one question after the other meanwhile."""
    rng = Random(7)
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        url, key, now = f"sqlite:///{folder}/labvoice.db", generate_key(), system_clock()
        links = await _prepared(url, key, now, messages)
        async with world(database_url=url, data_key=key, now=now) as around:
            told = Told(iter(links), lambda: rng.uniform(1.2, 2.4))
            async with told.serving() as telegram:
                around.settings = around.settings.model_copy(
                    update={"telegram_api_url": telegram, "lab_timezone": _where_it_is_noon(now)}
                )
                async with own_bot(around):
                    tapping = asyncio.create_task(told.come(TAPPING, messages))
                    await told.until(messages)
                    tapping.cancel()
                    with suppress(asyncio.CancelledError):
                        await tapping
    steady = [at for at in told.posted if at >= told.posted[0] + _WARMING_SECONDS]
    share = 100 * (len(steady) - 1) / (steady[-1] - steady[0]) / A_SECOND
    return [
        Figure("broadcast: messages", len(told.told), ""),
        Figure(f"broadcast: share of {A_SECOND} a second", share, "%", 98, least=True),
        Figure("broadcast: refused by Telegram (429)", told.limits.refused, "", 0),
        Figure("broadcast: taps answered meanwhile", len(told.waits), ""),
        Figure("broadcast: from a tap to its answer, p50", quantile(told.waits, 0.5) * 1000, "ms"),
        Figure("broadcast: from a tap to its answer, p99", quantile(told.waits, 0.99) * 1000, "ms", 150),
    ]


class Told(Patients):
    """Those who are told something, among patients who tap.

    `posted` has when each message came; `told`, the chats told something, each of which is told once. Whoever
    looks sees a message when it comes; the bot hears of that 50 ms after it sent it.
    """

    def __init__(self, links: Iterator[str], think: Callable[[], float]) -> None:
        super().__init__(links, choice, webhook=None, think=think)
        self.limits = Limits(perf_counter)
        self.posted: list[float] = []
        self.told: set[int] = set()
        self._news = asyncio.Event()

    async def until(self, messages: int) -> None:
        """Wait until so many were told something."""
        async with asyncio.timeout(60 + 3 * messages / A_SECOND):
            while len(self.told) < messages:
                self._news.clear()
                await self._news.wait()

    @override
    async def answer(self, method: str, given: dict[str, str]) -> object:
        if method == "sendMessage":
            chat = int(given["chat_id"])
            self.limits.take(chat)
            self.posted.append(perf_counter())
            if chat >= _FIRST_CHAT:
                self.told.add(chat)
                self._news.set()
        answer = await super().answer(method, given)
        if method != "getUpdates":
            await asyncio.sleep(_ANSWER_SECONDS)
        return answer


def _where_it_is_noon(now: datetime) -> ZoneInfo:
    """A zone in which people may be written to now and for some hours."""
    return ZoneInfo(f"Etc/GMT{now.hour - 12:+d}")


async def _prepared(url: str, key: str, now: datetime, messages: int) -> list[str]:
    """A database in which so many follow-ups are due; links for those who tap."""
    await asyncio.to_thread(upgrade, url)
    database = await Database.open(url, Keyring.parse(key))
    try:
        for first in range(0, messages, _BATCH):
            numbers = range(first, min(first + _BATCH, messages))
            await database.run(_plan, numbers, now)
        return await database.run(_collect, _LINKS + messages // 20, now)
    finally:
        await database.close()


def _plan(session: Session, numbers: range, now: datetime) -> None:
    for number in numbers:
        before = now - timedelta(days=2)
        chat = str(_FIRST_CHAT + number)
        who = contacts.find_or_add(session, "telegram", chat, ContactKind.PERSON, "en", before)
        visit = visits.add(session, f"LAB-{number:06d}", "North", before, before)
        row = session.get_one(Visit, visit.visit_id)
        visits.record_consent(session, row, who.id, before)
        visits.record_results(session, row, ResultStatus.FINAL, before)
        follow_ups.plan(session, visit.visit_id, "after_results", Due.ASK, now)


def _collect(session: Session, links: int, now: datetime) -> list[str]:
    return [visits.add(session, f"TAP-{n:06d}", "North", now, now).token for n in range(links)]
