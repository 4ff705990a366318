"""Hours in which people may be written to, also when the clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialog.schedule import into_window

DAYTIME = (time(9), time(19))
MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("at", "moved"),
    [
        ("2026-11-02T08:59:59", "2026-11-02T09:00:00"),
        ("2026-11-02T09:00:00", "2026-11-02T09:00:00"),
        ("2026-11-02T18:59:59", "2026-11-02T18:59:59"),
        ("2026-11-02T19:00:00", "2026-11-03T09:00:00"),
        ("2026-11-02T23:59:59", "2026-11-03T09:00:00"),
        ("2026-10-24T20:00:00", "2026-10-25T09:00:00"),  # clocks go back that night
        ("2026-03-28T20:00:00", "2026-03-29T09:00:00"),  # clocks go forward that night
    ],
)
def test_a_moment_outside_the_hours_waits_for_them_to_begin(at: str, moved: str) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=MADRID)
    assert into_window(local, DAYTIME, MADRID).astimezone(MADRID).isoformat()[:19] == moved


def test_hours_that_begin_when_clocks_are_put_forward_begin_after_the_gap() -> None:
    at = datetime(2026, 3, 28, 20, tzinfo=MADRID)
    moved = into_window(at, (time(2, 30), time(4)), MADRID)
    assert moved == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert moved.astimezone(MADRID).time() == time(3)


@pytest.mark.parametrize(
    ("at", "zone", "hours", "moved"),
    [
        # The hours lie wholly in the hour left out: they are the next day's.
        ("2026-03-28T23:00", "Europe/Madrid", ("02:00", "03:00"), "2026-03-30T00:00"),
        # The hour comes twice, and the first time round is over: it is the second.
        ("2026-10-25T01:10", "Europe/Madrid", ("02:30", "06:00"), "2026-10-25T01:30"),
        # The whole day is left out.
        ("2011-12-30T06:00", "Pacific/Apia", ("09:00", "19:00"), "2011-12-30T19:00"),
        # Clocks are put forward over midnight, so the hours begin at one.
        ("2026-04-23T20:00", "Africa/Cairo", ("00:00", "06:00"), "2026-04-23T22:00"),
    ],
)
def test_hours_at_night_begin_when_the_clocks_say_so(
    at: str, zone: str, hours: tuple[str, str], moved: str
) -> None:
    opens, closes = map(time.fromisoformat, hours)
    asked = datetime.fromisoformat(at).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(moved).replace(tzinfo=UTC)
    assert into_window(asked, (opens, closes), ZoneInfo(zone)) == expected


@given(
    at=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(sorted(available_timezones())),
)
def test_nobody_is_written_to_outside_the_hours_and_nobody_waits_a_day_too_long(
    at: datetime, zone: str
) -> None:
    moved = into_window(at, DAYTIME, ZoneInfo(zone))
    assert DAYTIME[0] <= moved.astimezone(ZoneInfo(zone)).time() < DAYTIME[1]
    assert timedelta() <= moved - at < timedelta(hours=40)
