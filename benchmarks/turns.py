"""How many turns a second, beside the usual way: update in, answer and state committed, next question out."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Literal

import aiohttp
from sqlmodel import func, select

from benchmarks import large
from benchmarks.figures import Figure, quantile
from benchmarks.own_bot import OwnBot, own_bot
from benchmarks.patients import Patients
from schedules.clock import system_clock
from storage import visits
from storage.database import Database, Session
from storage.encryption import Keyring, generate_key
from storage.schema import upgrade
from storage.tables import Answer
from tests.stage.world import WEBHOOK_SECRET, free_port, world

AT_ONCE, MANY = 32, 64
FAR_SECONDS = 0.05
SECONDS = 5.0
_WARMING_SECONDS = 2.0
_VISITS = 20_000
_TOKEN = "7000000001:test-token"


async def measure() -> Sequence[Figure]:
    """The usual way and ours, by turns in one run, each bot alone on one processor."""
    usual = await _usual()
    webhook, polling = await _ours("webhook"), await _ours("polling")
    figures = [
        Figure("turns: the usual way", usual[0], "/s"),
        Figure("turns: the usual way, p99", usual[1], "ms"),
    ]
    for way, (a_second, p99, alone) in (("webhook", webhook), ("polling", polling)):
        figures += [
            Figure(f"turns: {way}", a_second, "/s"),
            Figure(f"turns: {way}, times the usual way", a_second / usual[0], "x", 12, least=True),
            Figure(f"turns: {way}, p99 of {AT_ONCE} patients", p99, "ms", 50),
            Figure(f"turns: {way}, one patient alone, p50", alone, "ms", 3),
        ]
    far = await _far_away()
    figures.append(Figure(f"turns: {MANY} patients, Telegram takes 50 ms", far, "/s", 1_200, least=True))
    return figures


async def _usual() -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        port = free_port()
        webhook = f"http://127.0.0.1:{port}/telegram"
        patients = Patients(_any_link(), lambda buttons: buttons[-1] if buttons else None, webhook)
        url = f"sqlite+aiosqlite:///{folder}/usual.db"
        async with patients.serving() as telegram:
            command = ("-m", "benchmarks.baseline.survey_bot", url, _TOKEN, telegram, str(port))
            bot = await asyncio.create_subprocess_exec(sys.executable, *command)
            try:
                await until_healthy(f"http://127.0.0.1:{port}/healthz")
                with apart(bot.pid):
                    a_second, p99 = await _driven(patients)
            finally:
                bot.terminate()
                await bot.wait()
        return a_second, p99


async def _ours(way: Literal["webhook", "polling"]) -> tuple[float, float, float]:
    async with our_bot(way) as (bot, patients):
        with apart(bot.pid):
            a_second, p99 = await _driven(patients)
            patients.waits.clear()
            await patients.come(1, SECONDS / 4)
            alone = quantile(patients.waits, 0.5) * 1000
    return a_second, p99, alone


async def _far_away() -> float:
    """At a Telegram that is 50 ms away: so many patients can have 1,280 turns a second at most."""
    async with our_bot("webhook") as (bot, patients):
        patients.delay = FAR_SECONDS
        with apart(bot.pid):
            a_second, _ = await _driven(patients, MANY)
    return a_second


@asynccontextmanager
async def our_bot(
    way: Literal["webhook", "polling"], answered: int = 0
) -> AsyncIterator[tuple[OwnBot, Patients]]:
    """`labvoice run` and patients who have links, on a new database, or one that has so many answered visits.

    In the end it is seen that what they answered is there.
    """
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        url, key = f"sqlite:///{folder}/labvoice.db", generate_key()
        if answered:
            await asyncio.to_thread(large.fill, url, Keyring.parse(key), system_clock(), answered=answered)
        links = await collected(url, key)
        async with world(database_url=url, data_key=key, now=system_clock(), telegram=way) as around:
            webhook = around.settings.telegram_webhook_url
            patients = Patients(iter(links), choice, webhook, WEBHOOK_SECRET)
            async with patients.serving() as telegram:
                around.settings = around.settings.model_copy(update={"telegram_api_url": telegram})
                async with own_bot(around, hurried=True) as bot:
                    yield bot, patients
        await verify(url, key, patients, answered * large.ANSWERS_EACH)


async def _driven(patients: Patients, at_once: int = AT_ONCE) -> tuple[float, float]:
    await patients.come(at_once, _WARMING_SECONDS)
    patients.waits.clear()
    seconds = await patients.come(at_once, SECONDS)
    return len(patients.waits) / seconds, quantile(patients.waits, 0.99) * 1000


def choice(buttons: list[str]) -> str | None:
    """The best answer, or to skip; None where nothing is asked."""
    answers = [one for one in buttons if one.rpartition(".")[2].startswith("=")]
    agree = [one for one in answers if one.endswith("=yes")]
    skip = [one for one in buttons if one.rpartition(".")[2] == ">"]
    return next(iter([*agree, *answers[-1:], *skip]), None)


def _any_link() -> Iterator[str]:
    while True:
        yield "link"


async def collected(url: str, key: str, many: int = _VISITS) -> list[str]:
    """The links of so many new visits, as many as anybody will need if not told."""
    now = system_clock()

    def add(session: Session) -> list[str]:
        return [visits.add(session, f"LAB-{n:06d}", "North", now, now).token for n in range(many)]

    await asyncio.to_thread(upgrade, url)
    database = await Database.open(url, Keyring.parse(key))
    try:
        return await database.run(add)
    finally:
        await database.close()


async def verify(url: str, key: str, patients: Patients, before: int = 0) -> None:
    """Whatever was answered is there, beside the answers kept before."""
    database = await Database.open(url, Keyring.parse(key))
    try:
        kept = await database.read(
            lambda session: session.exec(select(func.count()).select_from(Answer)).one()
        )
    finally:
        await database.close()
    if kept - before < 0.6 * patients.presses:
        raise AssertionError(f"{patients.presses} presses, and {kept - before} answers kept")


async def until_healthy(url: str) -> None:
    """Return once a bot answers there."""
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


@contextmanager
def apart(*pids: int) -> Iterator[None]:
    """The bots on one processor, everybody else on the others."""
    every = os.sched_getaffinity(0)
    first = min(every)
    for thread in chain.from_iterable(Path(f"/proc/{pid}/task").iterdir() for pid in pids):
        os.sched_setaffinity(int(thread.name), {first})
    os.sched_setaffinity(0, (every - {first}) or every)
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)
