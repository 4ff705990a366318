"""What a clock on a wall shows, and when it shows it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


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
