"""When a survey is asked, and how a moment is moved into the hours in which people may be written to."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Trigger(StrEnum):
    """What a survey's schedule counts from."""

    COLLECTION = "collection"
    RESULTS_DELIVERED = "results_delivered"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a survey is asked: `delay` after `after`, inside the local-time `window`.

    An unanswered survey is brought up once more `remind` after it was asked, and ends `expires` after it.
    A COLLECTION survey starts at enrolment, so its `delay` and `window` apply to nothing but the reminder.
    """

    after: Trigger
    delay: timedelta
    window: tuple[time, time]
    remind: timedelta | None
    expires: timedelta


def into_window(at: datetime, window: tuple[time, time], zone: ZoneInfo) -> datetime:
    """The first instant not before `at` whose local time in `zone` lies in [opens, closes).

    Local times that do not exist (clocks put forward) count as the first valid instant after them.
    Returned in UTC.
    """
    opens, closes = window
    local = at.astimezone(zone)
    if opens <= local.time() < closes:
        return at.astimezone(UTC)
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    return first_valid(datetime.combine(day, opens), zone)


def first_valid(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the naive `local` time in `zone`, in UTC.

    A repeated time means its first occurrence; a skipped one the first instant that exists after it.
    """
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    # Skipped: before the gap the offset is fold=0's, after it fold=1's; the gap ends where the two meet.
    before = local.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
    after = local.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    low, high = (
        (local - max(before, after)).replace(tzinfo=UTC),
        (local - min(before, after)).replace(tzinfo=UTC),
    )
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)
