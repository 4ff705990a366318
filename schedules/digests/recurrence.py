"""When a digest is due, and the time it covers. Pure: local calendars in, moments out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.wallclock import moment
from storage.tables import Period

_DAY = timedelta(days=1)
_ROLLING_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every day, every `weekday` (0 is Monday) or every first of the month, `at` a local time of `zone`."""

    period: Period
    weekday: int | None
    at: time
    zone: ZoneInfo

    def falls_on(self, day: date) -> bool:
        """Whether a digest belongs to the local date `day`."""
        match self.period:
            case Period.DAY:
                return True
            case Period.WEEK:
                return day.weekday() == (self.weekday or 0)
            case Period.MONTH:
                return day.day == 1
        assert_never(self.period)

    def instant(self, day: date) -> datetime:
        """The moment (UTC) the digest of the local date `day` is due."""
        return moment(day, self.at, self.zone)


@dataclass(frozen=True, slots=True)
class Window:
    """What a digest covers, [start, end), and what it is compared with, [before, start); in UTC."""

    before: datetime
    start: datetime
    end: datetime


def due_date(recurrence: Recurrence, now: datetime) -> date:
    """The latest local date whose digest was due by `now`.

    Every date has one moment: in an hour that comes twice it is the first time round, in one that does not
    exist the first valid instant after. So the date never goes back while `now` goes forward, and after an
    outage or a jump of the clock it is the most recent date alone, not each one missed.
    """
    # Where clocks go back over midnight the local date does too, though tomorrow's moment may have come.
    day = now.astimezone(recurrence.zone).date() + _DAY
    while not (recurrence.falls_on(day) and recurrence.instant(day) <= now):
        day -= _DAY
    return day


def owed(recurrence: Recurrence, now: datetime, since: datetime, last: date | None) -> date | None:
    """The local date whose digest is to be sent at `now`; None when none is.

    `since` is when the subscription was made, `last` the latest date that was sent.
    """
    day = due_date(recurrence, now)
    if last is not None and day <= last:
        return None
    return day if recurrence.instant(day) >= since else None


def next_instant(recurrence: Recurrence, now: datetime) -> datetime:
    """The first moment (UTC) after `now` a digest is due."""
    day = due_date(recurrence, now) + _DAY
    while not (recurrence.falls_on(day) and recurrence.instant(day) > now):
        day += _DAY
    return recurrence.instant(day)


def covered(period: Period, day: date, zone: ZoneInfo) -> Window:
    """What the digest of the local date `day` covers: whole local days, up to the midnight `day` begins with.

    A day's digest covers the day before; a week's the seven days before; a month's, due on the first, the
    calendar month before. Each is compared with as many days (or the calendar month) before that.
    """
    match period:
        case Period.DAY:
            start, before = day - _DAY, day - 2 * _DAY
        case Period.WEEK:
            start, before = day - 7 * _DAY, day - 14 * _DAY
        case Period.MONTH:
            start = _month_before(day)
            before = _month_before(start)
        case _:
            assert_never(period)
    return Window(*(moment(one, time(), zone) for one in (before, start, day)))


def rolling(period: Period, now: datetime, zone: ZoneInfo) -> Window:
    """The last 1, 7 or 30 local days up to `now`, compared with as many before: for a digest asked for."""
    local = now.astimezone(zone)
    days = timedelta(days=_ROLLING_DAYS[period])
    start, before = (moment((local - n * days).date(), local.time(), zone) for n in (1, 2))
    return Window(before, start, now.astimezone(UTC))


def _month_before(day: date) -> date:
    return (day.replace(day=1) - _DAY).replace(day=1)
