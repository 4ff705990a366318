"""A week's digest, and the week before, from two years of answers: all its SQL, and what is made of the rows.

Measured on both databases, through `Database.read`, as the bot reads it:

- a week: up to midnight in a zone whose days begin a quarter of an hour beside the hours that are counted.
- from rows: the same before anything was counted beforehand.
- counting an hour: of one survey, beforehand. Only the last fifteen days are counted, the newest first as
  always: the digest needs no others.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from time import perf_counter
from zoneinfo import ZoneInfo

from benchmarks import large
from benchmarks.figures import Figure, quantile
from bot.catalog import load
from schedules.digests.indicators import COMMENTS_READ, asked_of
from schedules.digests.recurrence import covered
from storage import digests
from storage.database import Database
from storage.encryption import Keyring, generate_key
from storage.tables import Period
from tests.stage.postgres import postgres

VISITS, MANY_VISITS = 20_000, 1_000_000
_NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_WEEK = covered(Period.WEEK, _NOW.date(), ZoneInfo("Asia/Kathmandu"))
_DAYS_COUNTED = 15
_READINGS, _FROM_ROWS = 40, 3


async def measure(visits: int = VISITS) -> Sequence[Figure]:
    """Both databases, one after the other, filled with the answers of so many visits."""
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        figures = await _figures("SQLite", f"sqlite:///{folder}/labvoice.db", visits)
    with postgres() as server:
        return [*figures, *await _figures("PostgreSQL", server.url, visits)]


async def _figures(name: str, url: str, visits: int) -> Sequence[Figure]:
    keyring = Keyring([generate_key()])
    await asyncio.to_thread(large.fill, url, keyring, _NOW, answered=visits)
    database = await Database.open(url, keyring)
    asked = asked_of(load().questionnaires.values())

    async def read() -> None:
        span = (_WEEK.before, _WEEK.start, _WEEK.end)
        await database.read(digests.count, asked, *span, _NOW, COMMENTS_READ)

    async def count() -> None:
        await database.run(digests.tally_next, asked, _NOW)

    from_rows = await _timed(_FROM_ROWS, read)
    counting = await _timed(_DAYS_COUNTED * 24 * len(asked), count)
    reading = await _timed(_READINGS, read)
    await database.close()
    of = f"digest, {visits * large.ANSWERS_EACH:,} answers on {name}"
    return [
        Figure(f"{of}: a week, p50", quantile(reading, 0.5), "ms", 100),
        Figure(f"{of}: a week, longest", max(reading), "ms"),
        Figure(f"{of}: a week from rows", min(from_rows), "ms"),
        Figure(f"{of}: counting an hour, p50", quantile(counting, 0.5), "ms"),
        Figure(f"{of}: counting an hour, p99", quantile(counting, 0.99), "ms"),
    ]


async def _timed(times: int, do: Callable[[], Awaitable[None]]) -> list[float]:
    """How many milliseconds it took, each time."""
    took = []
    for _ in range(times):
        begin = perf_counter()
        await do()
        took.append(1000 * (perf_counter() - begin))
    return took
