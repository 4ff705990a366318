from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wallclock import moment
from schedules.digests.recurrence import (
    Recurrence,
    covered,
    due_date,
    next_instant,
    rolling,
)
from storage.tables import Period

MADRID = ZoneInfo("Europe/Madrid")

# Among them: half-hour and 45-minute offsets, half-hour summer time, changes at midnight and at 00:01, both
# hemispheres, a date left out (Apia, 30 December 2011), a date line crossed (Kwajalein, 1993).
ZONES = [
    "UTC",
    "Europe/Madrid",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Nuuk",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Bogota",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Amman",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
]
_zones = st.sampled_from(ZONES).map(ZoneInfo)
_times = st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None))
_recurrences = st.builds(Recurrence, st.sampled_from(Period), st.integers(0, 6), _times, _zones)
_instants = st.datetimes(datetime(1990, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))


def weekly(at: str, weekday: int = 0, zone: ZoneInfo = MADRID) -> Recurrence:
    return Recurrence(Period.WEEK, weekday, time.fromisoformat(at), zone)


def daily(at: str, zone: ZoneInfo = MADRID) -> Recurrence:
    return Recurrence(Period.DAY, None, time.fromisoformat(at), zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_weekly_digest_is_due_from_its_minute_on() -> None:
    assert due_date(weekly("08:00"), utc("2026-11-23 06:59")) == date(2026, 11, 16)
    assert due_date(weekly("08:00"), utc("2026-11-23 07:00")) == date(2026, 11, 23)


def test_a_monthly_digest_is_due_on_the_first() -> None:
    monthly = Recurrence(Period.MONTH, None, time(8), MADRID)
    assert due_date(monthly, utc("2026-11-30 23:59")) == date(2026, 11, 1)
    assert due_date(monthly, utc("2026-12-01 07:00")) == date(2026, 12, 1)


def test_after_an_outage_only_the_latest_date_is_due() -> None:
    assert due_date(daily("08:00"), utc("2026-11-23 12:00")) == date(2026, 11, 23)


def test_a_time_that_does_not_exist_means_the_first_instant_after() -> None:
    # In Madrid, 29 March 2026 goes from 01:59:59 to 03:00:00.
    assert moment(date(2026, 3, 29), time(2, 30), MADRID) == utc("2026-03-29 01:00")


def test_a_time_that_comes_twice_means_the_first() -> None:
    # In Madrid, 25 October 2026 has 02:30 at 00:30 and at 01:30 UTC.
    assert moment(date(2026, 10, 25), time(2, 30), MADRID) == utc("2026-10-25 00:30")


def test_the_second_time_round_is_the_same_date() -> None:
    assert due_date(daily("02:30"), utc("2026-10-25 01:30")) == date(2026, 10, 25)


def test_a_midnight_that_does_not_exist_means_the_first_instant_of_the_day() -> None:
    # In Havana, 8 March 2026 begins at 01:00.
    assert moment(date(2026, 3, 8), time(), ZoneInfo("America/Havana")) == utc("2026-03-08 05:00")


def test_clocks_going_back_over_midnight_do_not_bring_the_day_before_back() -> None:
    # In St John's, on 1 November 2009 at 00:01 it was 23:01 of the day before again.
    st_johns = daily("00:00", ZoneInfo("America/St_Johns"))
    assert due_date(st_johns, utc("2009-11-01 02:30:30")) == date(2009, 11, 1)
    assert due_date(st_johns, utc("2009-11-01 03:00")) == date(2009, 11, 1)


@settings(max_examples=300)
@given(_recurrences, _instants, st.timedeltas(timedelta(), timedelta(days=40)))
def test_the_due_date_never_goes_back(recurrence: Recurrence, now: datetime, later: timedelta) -> None:
    assert due_date(recurrence, now) <= due_date(recurrence, now + later)


@settings(max_examples=300)
@given(_recurrences, _instants)
def test_the_due_date_is_the_latest_that_has_come(recurrence: Recurrence, now: datetime) -> None:
    day = due_date(recurrence, now)
    assert recurrence.falls_on(day)
    assert recurrence.instant(day) <= now < next_instant(recurrence, now)
    assert due_date(recurrence, next_instant(recurrence, now)) > day


@settings(max_examples=40)
@given(_recurrences, _instants)
def test_ticking_through_weeks_fires_each_date_once(recurrence: Recurrence, start: datetime) -> None:
    fired: list[date] = []
    for tick in range(4 * 24 * 21):
        day = due_date(recurrence, start + timedelta(minutes=15) * tick)
        if not fired or day > fired[-1]:
            fired.append(day)
    last = (start + timedelta(days=21)).astimezone(recurrence.zone).date() - timedelta(days=2)
    days = [fired[0] + timedelta(days=n) for n in range((last - fired[0]).days + 1)]
    assert [day for day in fired if day <= last] == [day for day in days if recurrence.falls_on(day)]


@settings(max_examples=300)
@given(_zones, st.dates(date(1990, 1, 1), date(2036, 12, 31)), _times)
def test_a_moment_shows_its_time_or_ends_a_gap_over_it(zone: ZoneInfo, day: date, at: time) -> None:
    found = moment(day, at, zone)
    shown = found.astimezone(zone).replace(tzinfo=None)
    wanted = datetime.combine(day, at)
    just_before = (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    assert shown == wanted or just_before < wanted < shown


def test_a_week_is_the_seven_days_before_its_monday() -> None:
    window = covered(Period.WEEK, date(2026, 11, 23), MADRID)
    assert (window.start, window.end) == (utc("2026-11-15 23:00"), utc("2026-11-22 23:00"))
    assert window.before == utc("2026-11-08 23:00")


def test_a_week_with_a_clock_change_is_an_hour_shorter() -> None:
    window = covered(Period.WEEK, date(2026, 3, 30), MADRID)
    assert window.end - window.start == timedelta(days=7, hours=-1)


def test_a_month_is_the_calendar_month_before() -> None:
    window = covered(Period.MONTH, date(2026, 3, 1), ZoneInfo("UTC"))
    assert (window.before, window.start, window.end) == (
        utc("2026-01-01"),
        utc("2026-02-01"),
        utc("2026-03-01"),
    )


def test_a_day_is_the_day_before() -> None:
    window = covered(Period.DAY, date(2026, 11, 23), ZoneInfo("UTC"))
    assert (window.before, window.start, window.end) == (
        utc("2026-11-21"),
        utc("2026-11-22"),
        utc("2026-11-23"),
    )


@given(_recurrences, _instants)
def test_one_digest_begins_where_the_one_before_ended(recurrence: Recurrence, now: datetime) -> None:
    first = due_date(recurrence, now)
    second = due_date(recurrence, next_instant(recurrence, now))
    ended = covered(recurrence.period, first, recurrence.zone).end
    assert covered(recurrence.period, second, recurrence.zone).start == ended


@pytest.mark.parametrize(("period", "days"), [(Period.DAY, 1), (Period.WEEK, 7), (Period.MONTH, 30)])
def test_a_digest_asked_for_ends_now(period: Period, days: int) -> None:
    now = utc("2026-08-20 10:40")
    window = rolling(period, now, MADRID)
    assert window.end == now
    assert window.start == now - timedelta(days=days)
    assert window.before == now - timedelta(days=2 * days)
