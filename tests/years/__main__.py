"""Two years in every zone there is, by a clock of our own: `make time`."""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import time as clock_time
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from bot.catalog import load
from schedules.digests.recurrence import Recurrence
from storage.database import Database
from storage.encryption import Keyring, generate_key
from storage.schema import upgrade
from storage.tables import FollowUpStatus, Period
from tests.years import digests, follow_ups, station
from tests.years.calendar import Calendar
from tests.years.life import life
from tests.years.zones import EVENTS, ODDEST, Figures, simulate, years

FIRST, LAST = 2026, 2027
TIMES = ("00:00", "00:30", "02:30", "08:00")
REAL = ("Africa/Casablanca", "America/Havana", "Antarctica/Troll", "Australia/Lord_Howe")


def _spans() -> Iterator[tuple[str, int, int]]:
    yield from ((zone, FIRST, LAST) for zone in sorted(zoneinfo.available_timezones()))
    yield from ((zone, first, first + 1) for zone, first in ODDEST if first != FIRST)


def _simulate(span: tuple[str, int, int], seed: int) -> Figures:
    zone, first, last = span
    return simulate(zone, *years(first, last), seed, TIMES)


async def _on_a_real_database(seed: int, folder: Path) -> Figures:
    """A year of daily digests, and of follow-ups, by the ticks themselves."""
    figures, catalog, day = Figures(), load(), timedelta(days=1)
    start, end = years(FIRST, FIRST)
    for name in REAL:
        zone, rng = ZoneInfo(name), Random(f"{seed} {name}")
        calendar = Calendar.of(zone, start - 3 * day, end + 20 * day)
        url = f"sqlite:///{folder / name.replace('/', '-')}.db"
        await asyncio.to_thread(upgrade, url)
        database = await Database.open(url, Keyring([generate_key()]))
        recurrence = Recurrence(Period.DAY, None, clock_time(0, 30), zone)
        lived = life(rng, start, end, calendar.changes, digests.TICK, EVENTS)
        sent = (await station.live_digests(database, catalog, {"C1": recurrence}, lived))["C1"]
        found = [f"{name}: {words}" for words in digests.violations(recurrence, calendar, lived, start, sent)]
        wishes = [one for one in follow_ups.wishes(calendar, []) if start + 2 * day < one < end - 20 * day]
        asking = life(rng, start, end, calendar.changes, follow_ups.TICK, EVENTS)
        rows = await station.live_follow_ups(database, catalog, zone, wishes, asking)
        await database.close()
        hours = follow_ups.HOURS[0]
        for one in rows:
            if one.questionnaire != "after_results":
                continue
            if one.status is not FollowUpStatus.DONE or one.done_at is None:
                found.append(f"{name}: {one.due} of {one.visit_id} is {one.status}")
            elif not hours[0] <= calendar.shown(one.done_at).time() < hours[1]:
                found.append(f"{name}: {one.due} of {one.visit_id} at {one.done_at}, outside the hours")
        done = sum(one.status is FollowUpStatus.DONE for one in rows)
        lives = (lived, asking)
        figures.add(
            Figures(1, len(sent), done, sum(x.restarts for x in lives), sum(x.jumps for x in lives), found)
        )
    return figures


def main() -> int:
    """Run everything; print the figures, and every broken promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    seed: int = parser.parse_args().seed
    zoneinfo.reset_tzpath(to=())  # the rules this project pins, not the machine's
    print(f"seed {seed}, tzdata {version('tzdata')}", flush=True)
    begun, total = time.monotonic(), Figures()
    with ProcessPoolExecutor() as pool:
        for figures in pool.map(partial(_simulate, seed=seed), _spans(), chunksize=8):
            total.add(figures)
    _print(f"{len(zoneinfo.available_timezones())} zones, {FIRST}-{LAST}, and odd years", total, begun)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="labvoice-years-") as folder:
        real = asyncio.run(_on_a_real_database(seed, Path(folder)))
    _print(f"{real.zones} zones, {FIRST}, on a real database", real, begun)
    wrong = total.violations + real.violations
    print("\n".join(wrong[:50]) or "nothing skipped, nothing doubled, nobody asked outside the hours")
    return 1 if wrong else 0


def _print(what: str, figures: Figures, begun: float) -> None:
    print(
        f"{what}: {figures.digests:,} digests, {figures.follow_ups:,} follow-ups, "
        f"{figures.restarts:,} restarts, {figures.jumps:,} clock jumps, "
        f"{len(figures.violations)} violations, {time.monotonic() - begun:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
