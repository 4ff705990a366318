"""Many follow-ups pending: what a tick costs when none is due, and how fast they leave when all are.

Measured on both databases, each time in a process of its own, with as many people as follow-ups:

- idle tick: one tick of the schedule while nothing is due.
- handed over: everything has become due, as after an outage. Follow-ups are read page by page with the person
  each goes to, made into events, and given, side by side, to a stand-in for the turn that takes them at once.
- into the outbox: the same with the real turn in its place, which claims the event, finishes the follow-up,
  starts a response, plans what follows, and leaves the question in the outbox, all in one transaction.
- growth: by how much the process grew between handing over the first tenth and the last.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from sqlmodel import Session, func, select
from typing_extensions import override

from benchmarks import large
from benchmarks.figures import Figure, quantile
from bot.catalog import load
from bot.turns import Lab, Outcome, Turns
from bot.turns.turn import AnyEvent
from schedules import follow_ups
from storage.database import Database
from storage.encryption import Keyring, generate_key
from storage.tables import Outbox
from tests.stage.postgres import postgres

PENDING, MANY_PENDING = 100_000, 1_000_000
_TICKS = 300
_SECONDS = 5.0
# At noon, so that people may be written to; two days later everything is due.
_NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
_LATER = _NOW + timedelta(days=2)


async def measure(pending: int = PENDING) -> Sequence[Figure]:
    """Both databases, one after the other."""
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        figures = await _figures("SQLite", f"sqlite:///{folder}/labvoice.db", pending)
    with postgres() as server:
        return [*figures, *await _figures("PostgreSQL", server.url, pending)]


async def _figures(name: str, url: str, pending: int) -> Sequence[Figure]:
    key = generate_key()
    await asyncio.to_thread(large.fill, url, Keyring.parse(key), _NOW, answered=0, waiting=pending)
    watched = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, url, key, str(pending)), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await watched.communicate()
    if watched.returncode:
        raise RuntimeError(f"the follow-ups on {name} could not be measured")
    seen = json.loads(output)
    of = f"follow-ups, {pending:,} on {name}"
    return [
        Figure(f"{of}: idle tick, p99", seen["idle"], "ms", 5),
        Figure(f"{of}: handed over", seen["handed"], "/s", 20_000, least=True),
        Figure(f"{of}: into the outbox", seen["whole"], "/s"),
        Figure(f"{of}: growth", seen["growth"], "MB", 5),
    ]


class _TakesAll(Turns):
    """Takes every event at once and does nothing about it."""

    def __init__(self) -> None:
        pass

    @override
    async def take(self, event: AnyEvent) -> Outcome:
        return Outcome()


async def _watch(url: str, key: str, pending: int) -> dict[str, float]:
    database = await Database.open(url, Keyring.parse(key))
    lab = Lab("City Laboratory", ZoneInfo("UTC"), "en", None)
    turns = Turns(database, load(), lab, lambda: _LATER, lambda *_: None)
    idle = [await _seconds_of_idle_tick(database, turns) for _ in range(_TICKS)]
    await _hand_over(database, pending // 10)
    before = _most_resident()
    handed = await _hand_over(database, pending)
    growth = _most_resident() - before
    whole = await _take(database, turns)
    await database.close()
    return {"idle": quantile(idle, 0.99) * 1000, "handed": handed, "growth": growth, "whole": whole}


async def _seconds_of_idle_tick(database: Database, turns: Turns) -> float:
    began = perf_counter()
    if await follow_ups.take_due(database, turns, lambda: _NOW):
        raise AssertionError("a follow-up is due too early")
    return perf_counter() - began


async def _hand_over(database: Database, many: int) -> float:
    """How many a second."""
    began = perf_counter()
    taken = await follow_ups.take_due(database, _TakesAll(), lambda: _LATER, most=many)
    if taken < many:
        raise AssertionError(f"{many} follow-ups are due, and {taken} were handed over")
    return taken / (perf_counter() - began)


async def _take(database: Database, turns: Turns) -> float:
    """How many a second, as many as there are or can be taken in a while."""
    began, taken = perf_counter(), 0
    while perf_counter() - began < _SECONDS and (
        some := await follow_ups.take_due(database, turns, lambda: _LATER, most=1)
    ):
        taken += some
    rate = taken / (perf_counter() - began)
    written = await database.read(_messages)
    if written != taken:
        raise AssertionError(f"{taken} follow-ups were taken, and {written} messages written")
    return rate


def _messages(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Outbox)).one()


def _most_resident() -> float:
    """The most resident memory so far, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_watch(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
