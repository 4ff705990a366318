"""Follow-ups in one zone through a life of the process: when they are taken, and whether that is right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.dialog.schedule import into_window
from tests.years.calendar import Calendar
from tests.years.life import LONGEST_OUTAGE, Life

TICK = timedelta(seconds=1)
LATEST = timedelta(seconds=30)
LONGEST_WAIT = timedelta(days=3)
Hours = tuple[time, time]

HOURS: Sequence[Hours] = (
    (time(9), time(19)),
    (time(0), time(1)),
    (time(1, 30), time(2, 15)),
    (time(2), time(3)),
    (time(23), time(23, 59)),
)
AROUND = tuple(timedelta(minutes=one) for one in (-1500, -61, -31, -1, 0, 1, 29, 59, 90, 1380))


@dataclass(frozen=True, slots=True)
class Taken:
    """A follow-up wished for at `wished`, planned for `due`, taken in truth at `at`, by the clock at `shown`.

    `possible` is when, in truth, the process was up and its clock showed that it was due.
    """

    wished: datetime
    due: datetime
    at: datetime
    shown: datetime
    possible: datetime


def taken(wished: datetime, hours: Hours, zone: ZoneInfo, life: Life, uptime: int) -> Taken | None:
    """Plan a follow-up as turns do and take it as they do; None when the life ends before."""
    due = first = into_window(wished, hours, zone)
    for up in life.uptimes[uptime:]:
        while (tick := up.tick(max(up.start, due - up.skew), TICK)) < up.end:
            shown = tick + up.skew
            moved = into_window(shown, hours, zone)
            if moved == shown:
                return Taken(wished, first, tick, shown, max(up.start, due - up.skew))
            assert moved > shown, f"put off from {shown} to {moved}"
            due = moved
    return None


def violations(one: Taken, hours: Hours, calendar: Calendar) -> Iterator[str]:
    """Every broken promise, in words."""
    opens, closes = hours
    if one.due < one.wished:
        yield f"wished for at {one.wished}, planned before that, at {one.due}"
    for name, at in (("planned", one.due), ("taken", one.shown)):
        if not opens <= calendar.shown(at).time() < closes:
            yield f"wished for at {one.wished}, {name} at {at}, outside {opens}-{closes}"
    if one.due - one.wished > LONGEST_WAIT:
        yield f"wished for at {one.wished}, planned days later, at {one.due}"
    if one.at - one.possible > LATEST:
        yield f"due at {one.due}, taken at {one.at} though possible at {one.possible}"


def wishes(calendar: Calendar, others: Sequence[datetime]) -> Iterator[datetime]:
    """Moments around every change of the clocks, and others."""
    for change in calendar.changes:
        yield from (change + one for one in AROUND)
    yield from others


def uptime_at(life: Life, at: datetime) -> int:
    """The first uptime that may see something due at `at` by its own clock."""
    earliest = at - timedelta(hours=2, seconds=LONGEST_OUTAGE)
    return next(number for number, up in enumerate(life.uptimes) if up.end > earliest)
