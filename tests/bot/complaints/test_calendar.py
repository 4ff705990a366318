"""Business time: counted by the clocks on the laboratory's wall, also when they are changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.complaints.calendar import Calendar, Week

MADRID = ZoneInfo("Europe/Madrid")
MONDAY_IS_A_HOLIDAY = Calendar(MADRID, Week(holidays=frozenset({date(2026, 11, 9)})))
NOTHING = timedelta()


def local(at: str, zone: ZoneInfo = MADRID) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-06T07:59:59", "2026-11-06T08:00"),
        ("2026-11-06T08:00", "2026-11-06T08:00"),
        ("2026-11-06T17:59:59", "2026-11-06T17:59:59"),
        ("2026-11-06T18:00", "2026-11-10T08:00"),
        ("2026-11-09T12:00", "2026-11-10T08:00"),
    ],
)
def test_what_comes_while_it_is_closed_waits_for_it_to_open(at: str, opens: str) -> None:
    assert MONDAY_IS_A_HOLIDAY.next_open(local(at)) == local(opens)
    assert MONDAY_IS_A_HOLIDAY.is_open(local(at)) == (at == opens)


@pytest.mark.parametrize(
    ("at", "hours", "end"),
    [
        ("2026-11-06T17:00", 0.5, "2026-11-06T17:30"),
        ("2026-11-06T17:00", 1, "2026-11-06T18:00"),
        ("2026-11-06T17:00", 2, "2026-11-10T09:00"),
        ("2026-11-07T03:00", 2, "2026-11-10T10:00"),
        ("2026-11-07T03:00", 0, "2026-11-10T08:00"),
        ("2026-11-03T09:00", 25, "2026-11-05T14:00"),
    ],
)
def test_nights_weekends_and_holidays_do_not_count(at: str, hours: float, end: str) -> None:
    assert MONDAY_IS_A_HOLIDAY.after(local(at), timedelta(hours=hours)) == local(end)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-05T07:00", "2026-11-06T08:00"),
        ("2026-11-05T23:59", "2026-11-06T08:00"),
        ("2026-11-06T00:00", "2026-11-10T08:00"),
    ],
)
def test_the_next_business_day_is_a_later_date(at: str, opens: str) -> None:
    assert MONDAY_IS_A_HOLIDAY.next_day(local(at)) == local(opens)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2026-03-29", 3),  # clocks go forward at two
        ("2026-10-25", 5),  # clocks go back at three
        ("2026-11-01", 4),
    ],
)
def test_an_hour_the_clocks_skip_or_repeat_counts_as_long_as_it_lasts(day: str, hours: int) -> None:
    calendar = Calendar(MADRID, Week({6: (time(1), time(5))}))
    midnight = local(f"{day}T00:00")
    assert calendar.between(midnight, midnight + timedelta(days=2)) == timedelta(hours=hours)


def test_between_two_times_on_the_wall_lies_as_much_as_the_clocks_skip_or_repeat() -> None:
    calendar = Calendar(MADRID, Week({6: (time(1), time(5))}))
    assert calendar.between(local("2026-03-29T01:30"), local("2026-03-29T04:30")) == timedelta(hours=2)
    assert calendar.between(local("2026-10-25T01:30"), local("2026-10-25T04:30")) == timedelta(hours=4)


@pytest.mark.parametrize("fold", [0, 1])
def test_it_is_open_in_an_hour_that_comes_twice(fold: int) -> None:
    calendar = Calendar(MADRID, Week({6: (time(1), time(5))}))
    assert calendar.is_open(local("2026-10-25T02:30").replace(fold=fold))


def test_a_day_the_calendar_leaves_out_has_no_business_hours() -> None:
    """Samoa went from Thursday, 29 December, to Saturday."""
    calendar = Calendar(ZoneInfo("Pacific/Apia"))
    thursday = datetime(2011, 12, 29, 17, tzinfo=calendar.zone)
    assert calendar.after(thursday, timedelta(hours=2)) == datetime(2012, 1, 2, 9, tzinfo=calendar.zone)


def test_the_next_business_day_lies_ahead_where_clocks_go_back_over_midnight() -> None:
    """In Chile: at midnight they show eleven again, and the next date has begun once already."""
    zone = ZoneInfo("America/Santiago")
    calendar = Calendar(zone, Week(dict.fromkeys(range(7), (time(0), time(6)))))
    second_time = datetime(2026, 4, 4, 23, 30, fold=1, tzinfo=zone)
    assert calendar.next_day(second_time) > second_time


@pytest.mark.parametrize(
    ("hours", "why"),
    [
        ({}, "it never opens"),
        ({7: (time(8), time(18))}, "it never opens"),
        ({0: (time(18), time(8))}, "hours have to begin before they end"),
        ({0: (time(8), time(8))}, "hours have to begin before they end"),
    ],
)
def test_a_week_that_never_opens_is_refused(hours: dict[int, tuple[time, time]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Week(hours)


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
SPANS = st.timedeltas(NOTHING, timedelta(days=10))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
HOURS = st.tuples(TIMES, TIMES).filter(lambda hours: hours[0] < hours[1])
WEEKS = st.builds(
    Week,
    st.dictionaries(st.integers(0, 6), HOURS, min_size=1),
    st.frozensets(st.dates(date(2024, 1, 1), date(2028, 1, 1)), max_size=20),
)
ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
CALENDARS = st.builds(Calendar, ZONES, WEEKS)
LONG_DAYS = st.builds(
    Calendar, ZONES, st.just(Week(dict.fromkeys(range(7), (time(0), time.max.replace(microsecond=0)))))
)


@given(CALENDARS | LONG_DAYS, MOMENTS, SPANS)
def test_the_time_that_passes_is_the_time_that_was_to_pass(
    calendar: Calendar, at: datetime, working: timedelta
) -> None:
    end = calendar.after(at, working)
    assert end >= at
    assert calendar.between(at, end) == working


@given(CALENDARS, MOMENTS, MOMENTS)
def test_business_time_is_never_negative_nor_more_than_time(
    calendar: Calendar, start: datetime, end: datetime
) -> None:
    assert NOTHING <= calendar.between(start, end) <= max(NOTHING, end - start)


@given(CALENDARS, MOMENTS, SPANS, SPANS)
def test_business_time_adds_up(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = start + first, start + first + second
    parts = calendar.between(start, middle) + calendar.between(middle, end)
    assert calendar.between(start, end) == parts


@given(CALENDARS | LONG_DAYS, MOMENTS, SPANS, SPANS)
def test_what_begins_later_or_takes_longer_never_ends_earlier(
    calendar: Calendar, at: datetime, working: timedelta, more: timedelta
) -> None:
    end = calendar.after(at, working)
    assert calendar.after(at, working + more) >= end
    assert calendar.after(at + more, working) >= end


@given(CALENDARS | LONG_DAYS, MOMENTS, SPANS)
def test_the_end_lies_in_business_hours_or_is_their_end(
    calendar: Calendar, at: datetime, working: timedelta
) -> None:
    end = calendar.after(at, working)
    moment = timedelta(microseconds=1)
    assert calendar.is_open(end) or calendar.is_open(end - moment)


@given(CALENDARS | LONG_DAYS, MOMENTS)
def test_nothing_is_open_between_now_and_when_it_opens_next(calendar: Calendar, at: datetime) -> None:
    opens = calendar.next_open(at)
    assert calendar.is_open(opens)
    assert calendar.between(at, opens) == NOTHING


@given(CALENDARS | LONG_DAYS, MOMENTS)
def test_the_next_business_day_begins_after_now_and_while_it_is_open(
    calendar: Calendar, at: datetime
) -> None:
    opens = calendar.next_day(at)
    assert opens > at
    assert calendar.is_open(opens)
    assert opens.astimezone(calendar.zone).date() > at.astimezone(calendar.zone).date()
