"""When a survey is asked, and how a moment is moved into the hours in which people may be written to."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.wallclock import moment


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
    """`at` itself if its local time in `zone` lies in [opens, closes), else when these hours begin next.

    They begin at the first valid instant after a local time that does not exist (clocks put forward), and
    twice where it comes twice. What is returned, in UTC, is never before `at` and always in these hours.
    """
    opens, closes = window
    day = at.astimezone(zone).date()
    found = at.astimezone(UTC)
    while not (found >= at and opens <= found.astimezone(zone).time() < closes):
        found = moment(day, opens, zone)
        if found < at:  # perhaps it comes again
            found = datetime.combine(day, opens.replace(fold=1), zone).astimezone(UTC)
        day += timedelta(days=1)
    return found
