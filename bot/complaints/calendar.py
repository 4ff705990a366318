"""The laboratory's business calendar: when it is open, and arithmetic with the time in which it is. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.wallclock import moment

Hours = tuple[time, time]
"""When a day's business begins and ends by the wall clock, the earlier first."""

_DAY = timedelta(days=1)
_NOTHING = timedelta()
_WORKDAY: Hours = (time(8), time(18))


@dataclass(frozen=True, slots=True)
class Week:
    """Opening hours by weekday, Monday being 0, and the dates on which it stays closed all the same.

    ValueError for hours that end before they begin, or a week in which it never opens: waiting for it to
    open would have no end.
    """

    hours: Mapping[int, Hours] = field(default_factory=lambda: dict.fromkeys(range(5), _WORKDAY))
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.hours.keys() & set(range(7)):
            raise ValueError("it never opens")
        if any(opens >= closes for opens, closes in self.hours.values()):
            raise ValueError("hours have to begin before they end")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The week by the clocks of `zone`. Every moment returned is in UTC.

    Hours begin when the clocks first show their beginning and end when they first show their end, so that
    one skipped or repeated by the clocks being changed counts as long as it lasts.
    """

    zone: ZoneInfo
    week: Week = field(default_factory=Week)

    def is_open(self, at: datetime) -> bool:
        """Whether `at` lies in business hours: their end does not."""
        return self.next_open(at) == at.astimezone(UTC)

    def next_open(self, at: datetime) -> datetime:
        """`at` itself while it is open, else when it opens next."""
        opens, _ = next(self._spans(at))
        return max(opens, at.astimezone(UTC))

    def next_day(self, at: datetime) -> datetime:
        """When it opens on the first business day after the local date of `at`."""
        today = at.astimezone(self.zone).date()
        return next(
            opens for opens, _ in self._spans(at) if opens > at and opens.astimezone(self.zone).date() > today
        )

    def after(self, at: datetime, working: timedelta) -> datetime:
        """The moment at which `working` business time has passed since `at`: in business hours, or their end.

        Without any to pass it is `next_open`.
        """
        left = max(working, _NOTHING)
        for opens, closes in self._spans(at):
            start = max(opens, at.astimezone(UTC))
            if left <= closes - start:
                return start + left
            left -= closes - start
        raise AssertionError

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The business time in [start, end); none if it ends before it starts."""
        total = _NOTHING
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            total += max(_NOTHING, min(closes, end) - max(opens, start))
        return total

    def _spans(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans of business hours that end after `at`, in their order, without end."""
        # Where clocks go back over midnight, the local date does too.
        day = at.astimezone(self.zone).date() - _DAY
        while True:
            hours = self.week.hours.get(day.weekday())
            if hours is not None and day not in self.week.holidays:
                opens, closes = (moment(day, one, self.zone) for one in hours)
                if opens < closes and closes > at:
                    yield opens, closes
            day += _DAY
