"""What the clocks on the wall of a zone show, worked out another way than the code under test does.

A zone is a list of stretches in which its offset to UTC is the same; nothing here knows of `fold`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_STEP = timedelta(hours=6)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` up to `end`, both UTC, the zone's clocks are `offset` ahead of UTC."""

    start: datetime
    end: datetime
    offset: timedelta


@dataclass(frozen=True, slots=True)
class Calendar:
    """A zone over some years."""

    stretches: Sequence[Stretch]

    @classmethod
    def of(cls, zone: ZoneInfo, start: datetime, end: datetime) -> "Calendar":
        """Look at the zone's offset every six hours, and then closer wherever it changed."""
        stretches: list[Stretch] = []
        begun = at = start
        while at < end:
            following = min(at + _STEP, end)
            if _offset(zone, following) != _offset(zone, at):
                change = _change(zone, at, following)
                stretches.append(Stretch(begun, change, _offset(zone, at)))
                begun = change
            at = following
        return cls((*stretches, Stretch(begun, end, _offset(zone, end))))

    @property
    def changes(self) -> Sequence[datetime]:
        """When the clocks are put forward or back."""
        return [one.start for one in self.stretches[1:]]

    def shown(self, at: datetime) -> datetime:
        """What the clocks show at a moment, as a naive time."""
        for one in self.stretches:
            if at < one.end:
                return at.replace(tzinfo=None) + one.offset
        raise ValueError(at)

    def reached(self, day: date, at: time) -> datetime:
        """The first moment at which the clocks show `at` on `day`, or have been put past it."""
        wanted = datetime.combine(day, at)
        found = next(
            (one for one in self.stretches if wanted < one.end.replace(tzinfo=None) + one.offset),
            self.stretches[-1],
        )
        return max(found.start, (wanted - found.offset).replace(tzinfo=UTC))

    def days(self) -> Iterator[date]:
        """Every date the clocks show, in order, once each."""
        latest = date.min
        for one in self.stretches:
            day = (one.start.replace(tzinfo=None) + one.offset).date()
            last = (one.end.replace(tzinfo=None) + one.offset - _SECOND).date()
            while day <= last:
                if day > latest:
                    yield day
                    latest = day
                day += timedelta(days=1)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second of the new offset."""
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after
