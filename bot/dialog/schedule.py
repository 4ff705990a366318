"""When a survey is asked, and how a moment is moved into the hours in which people may be written to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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
    return moment(day, opens, zone)


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment (UTC) the clocks of `zone` show `at` on `day`.

    A time shown twice means the first; one never shown means the first valid instant after, to the second.
    """
    earlier = datetime.combine(day, at.replace(fold=0), zone)
    found = earlier.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == earlier.replace(tzinfo=None):
        return found
    # Clocks are put forward over `at`: the two offsets put it after and before the jump, which lies between.
    after, until = found, datetime.combine(day, at.replace(fold=1), zone).astimezone(UTC)
    while after - until > timedelta(seconds=1):
        middle = until + timedelta(seconds=(after - until) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == until.astimezone(zone).utcoffset():
            until = middle
        else:
            after = middle
    return after
