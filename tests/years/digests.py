"""Subscriptions in one zone through a life of the process: what is sent, and what should have been."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schedules.digests.recurrence import Recurrence, next_instant, owed
from storage.tables import Period
from tests.years.calendar import Calendar
from tests.years.life import JUMP, Life

TICK = timedelta(seconds=5)
LATEST = timedelta(seconds=30)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """The digest of a date: when it was sent in truth, and what the clock showed (UTC)."""

    day: date
    at: datetime
    shown: datetime


def subscriptions(zone: ZoneInfo, times: Sequence[str]) -> Iterator[Recurrence]:
    """Daily at each of the times; Sundays, when clocks are put, at half past two; monthly at midnight."""
    for at in times:
        yield Recurrence(Period.DAY, None, time.fromisoformat(at), zone)
    yield Recurrence(Period.WEEK, 6, time(2, 30), zone)
    yield Recurrence(Period.MONTH, None, time(), zone)


def sent(recurrence: Recurrence, life: Life, since: datetime) -> Iterator[Sent]:
    """Tick through a life, skipping the ticks at which nothing can change."""
    last: date | None = None
    for up in life.uptimes:
        tick = up.first
        while tick < up.end:
            shown = tick + up.skew
            day = owed(recurrence, shown, since, last)
            if day is not None:
                yield Sent(day, tick, shown)
                last = day
            following = up.tick(next_instant(recurrence, shown) - up.skew, TICK)
            before = following - TICK
            assert not tick < before < up.end or owed(recurrence, before + up.skew, since, last) is None
            tick = following


def violations(
    recurrence: Recurrence, calendar: Calendar, life: Life, since: datetime, done: Sequence[Sent]
) -> Iterator[str]:
    """Every broken promise, in words. A date the clocks leave out may have its digest or not."""
    due = {
        day: at
        for day in calendar.days()
        if recurrence.falls_on(day) and (at := calendar.reached(day, recurrence.at)) >= since
    }
    times = Counter(one.day for one in done)
    yield from (f"{day} was sent {count} times" for day, count in times.items() if count > 1)
    known = set(calendar.days())
    yield from (f"{day} was sent but not due" for day in times if day in known and day not in due)
    seen = max(up.end + up.skew for up in life.uptimes)
    yield from (f"{day} was never sent" for day in due if day not in times and due[day] < seen - _DAY)
    uptime = 0
    for one in done:
        if one.day not in due:
            continue
        at = due[one.day]
        if one.shown < at:
            yield f"{one.day} was sent at {one.shown}, before it was due at {at}"
        while life.uptimes[uptime].end < at - JUMP:
            uptime += 1
        undisturbed = (
            begun for up in life.uptimes[uptime:] if (begun := max(up.start, at - up.skew)) + LATEST <= up.end
        )
        possible = next(undisturbed, one.at)
        if one.at - possible > LATEST:
            yield f"{one.day} was sent {one.at - possible} late, at {one.at}"
