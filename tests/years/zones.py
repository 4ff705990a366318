"""One zone from end to end: a life is drawn, subscriptions and follow-ups live through it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.years import digests, follow_ups
from tests.years.calendar import Calendar
from tests.years.life import life

EVENTS = 60
OTHER_WISHES = 60

# With the first of two years in which their clocks do something rare.
ODDEST = (
    ("America/Asuncion", 2024),  # put at midnight, then never again
    ("America/Caracas", 2016),  # half an hour, once
    ("America/Havana", 2026),  # put forward at midnight, back at one
    ("America/Santiago", 2026),  # put at midnight, in the other hemisphere
    ("America/St_Johns", 2010),  # put at one minute past midnight
    ("Africa/Cairo", 2023),  # put at midnight, after years without
    ("Africa/Casablanca", 2026),  # put back for Ramadan
    ("Antarctica/Troll", 2026),  # two hours
    ("Asia/Beirut", 2023),  # put forward at midnight
    ("Asia/Gaza", 2026),  # four times a year
    ("Asia/Kathmandu", 2026),  # a quarter of an hour
    ("Asia/Pyongyang", 2018),  # half an hour, once, shortly before midnight
    ("Australia/Lord_Howe", 2026),  # half an hour, twice a year
    ("Pacific/Apia", 2011),  # a date left out
    ("Pacific/Chatham", 2026),  # a quarter of an hour, put at a quarter to three
)
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Figures:
    """What was simulated, and what went wrong."""

    zones: int = 0
    digests: int = 0
    follow_ups: int = 0
    restarts: int = 0
    jumps: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, other: "Figures") -> None:
        self.zones += other.zones
        self.digests += other.digests
        self.follow_ups += other.follow_ups
        self.restarts += other.restarts
        self.jumps += other.jumps
        self.violations += other.violations


def simulate(name: str, start: datetime, end: datetime, seed: int, times: Sequence[str]) -> Figures:
    """Two lives for one zone: of the subscriptions, one each, and of the follow-ups together."""
    zone, rng = ZoneInfo(name), Random(f"{seed} {name} {start.year}")
    calendar = Calendar.of(zone, start - 3 * _DAY, end + 5 * _DAY)
    figures = Figures(zones=1)
    for recurrence in digests.subscriptions(zone, times):
        lived = life(rng, start, end, calendar.changes, digests.TICK, EVENTS)
        done = list(digests.sent(recurrence, lived, start))
        figures.digests += len(done)
        figures.restarts += lived.restarts
        figures.jumps += lived.jumps
        what = f"{name}, every {recurrence.period} at {recurrence.at}"
        found = digests.violations(recurrence, calendar, lived, start, done)
        figures.violations += [f"{what}: {words}" for words in found]
    lived = life(rng, start, end, calendar.changes, follow_ups.TICK, EVENTS)
    figures.restarts += lived.restarts
    figures.jumps += lived.jumps
    spread = [start + _DAY + (end - start - 2 * _DAY) * rng.random() for _ in range(OTHER_WISHES)]
    for wished in follow_ups.wishes(calendar, spread):
        if not start <= wished < end - 5 * _DAY:
            continue
        for hours in follow_ups.HOURS:
            one = follow_ups.taken(wished, hours, zone, lived, follow_ups.uptime_at(lived, wished))
            if one is None:
                figures.violations.append(f"{name}, {hours}: wished for at {wished}, never taken")
                continue
            figures.follow_ups += 1
            figures.violations += [f"{name}: {one}" for one in follow_ups.violations(one, hours, calendar)]
    return figures


def years(first: int, last: int) -> tuple[datetime, datetime]:
    """From the beginning of one year to the end of another."""
    return datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
