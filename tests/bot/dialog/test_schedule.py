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
