"""Promises: which clock of a complaint runs out first, and who hears of it when."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.complaints.calendar import Calendar, Week
from bot.complaints.lifecycle import Clock
from bot.complaints.severity import Band
from bot.complaints.sla import (
    PROMISES,
    Due,
    Hears,
    Moments,
    Nudge,
    Promise,
    When,
    first_look,
    give,
    ladder,
    look_at,
    owed,
)
from bot.complaints.terms import Status

MADRID = ZoneInfo("Europe/Madrid")
# The second Monday of November is a holiday.
CALENDAR = Calendar(MADRID, Week(holidays=frozenset({date(2026, 11, 9)})))


def local(at: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{at}").replace(tzinfo=MADRID)


FRIDAY = local("06T17:00")
ACKNOWLEDGED = Moments(local("02T09:00"), acknowledged_at=local("02T10:00"))
REOPENED = replace(
    ACKNOWLEDGED,
    progressed_at=local("02T11:00"),
    resolved_at=local("03T11:00"),
    reopened_at=local("04T10:00"),
)


def run(
    status: Status, moments: Moments, band: Band = Band.MEDIUM, calendar: Calendar = CALENDAR
) -> Due | None:
    return owed(status, moments, PROMISES[band], calendar)


def runs(status: Status, moments: Moments, band: Band = Band.MEDIUM) -> tuple[Clock, datetime, datetime]:
    due = run(status, moments, band)
    assert due is not None
    return due.clock, due.began_at, due.due_at


def test_every_band_has_a_promise_for_every_clock() -> None:
    assert {band: set(promised) for band, promised in PROMISES.items()} == {band: set(Clock) for band in Band}


@pytest.mark.parametrize(
    ("band", "due"),
    [(Band.LOW, "10T15:00"), (Band.MEDIUM, "10T11:00"), (Band.HIGH, "06T17:30")],
)
def test_what_comes_before_a_weekend_with_a_holiday_is_due_after_it_unless_it_is_grave(
    band: Band, due: str
) -> None:
    assert runs(Status.RECEIVED, Moments(FRIDAY), band) == (Clock.ACKNOWLEDGE, FRIDAY, local(due))


def test_a_grave_complaint_at_night_is_due_that_night() -> None:
    night = local("08T02:00")
    assert runs(Status.RECEIVED, Moments(night), Band.HIGH)[2] == night + timedelta(minutes=30)


def test_half_an_hour_is_half_an_hour_while_clocks_are_changed() -> None:
    before = datetime(2026, 10, 25, 2, 45, tzinfo=MADRID)
    due = run(Status.RECEIVED, Moments(before), Band.HIGH)
    assert due is not None
    assert due.due_at.astimezone(MADRID).timetz() == time(2, 15, fold=1, tzinfo=MADRID)


@pytest.mark.parametrize("status", [Status.ACKNOWLEDGED, Status.INVESTIGATING])
def test_an_acknowledged_complaint_is_owed_word_of_its_progress(status: Status) -> None:
    assert runs(status, ACKNOWLEDGED) == (Clock.PROGRESS, local("02T10:00"), local("03T16:00"))


def test_once_that_is_given_it_is_owed_an_answer() -> None:
    progressed = replace(ACKNOWLEDGED, progressed_at=local("02T10:00"))
    assert runs(Status.INVESTIGATING, progressed) == (Clock.RESOLVE, local("02T10:00"), local("06T10:00"))


@pytest.mark.parametrize("status", [Status.REOPENED, Status.INVESTIGATING])
def test_what_is_reopened_begins_anew(status: Status) -> None:
    assert runs(status, REOPENED) == (Clock.PROGRESS, local("04T10:00"), local("05T16:00"))


def test_progress_since_it_was_reopened_counts() -> None:
    progressed = replace(REOPENED, progressed_at=local("04T12:00"))
    assert runs(Status.INVESTIGATING, progressed)[:2] == (Clock.RESOLVE, local("04T10:00"))


def test_what_is_resolved_is_to_be_closed() -> None:
    resolved = replace(ACKNOWLEDGED, resolved_at=local("05T17:00"))
    assert runs(Status.RESOLVED, resolved) == (Clock.CLOSE, local("05T17:00"), local("10T17:00"))


@pytest.mark.parametrize("status", [Status.CLOSED, Status.DECLINED, Status.MERGED])
def test_nothing_is_owed_of_what_has_ended(status: Status) -> None:
    assert run(status, replace(ACKNOWLEDGED, resolved_at=local("05T17:00"))) is None


def test_the_clock_that_ends_first_is_the_one_that_counts() -> None:
    promised = {**PROMISES[Band.LOW], Clock.RESOLVE: Promise(timedelta(hours=2))}
    due = owed(Status.INVESTIGATING, ACKNOWLEDGED, promised, CALENDAR)
    assert due is not None
    assert due.clock is Clock.RESOLVE


def test_while_the_reporter_is_waited_for_an_answer_is_not_due_but_word_of_progress_is() -> None:
    waiting = replace(ACKNOWLEDGED, waiting_since=local("02T11:00"))
    assert runs(Status.INVESTIGATING, waiting)[0] is Clock.PROGRESS
    progressed = replace(waiting, progressed_at=local("02T11:00"))
    assert runs(Status.INVESTIGATING, progressed) == (Clock.WAIT, local("02T11:00"), local("04T11:00"))


def test_the_time_waited_comes_on_top() -> None:
    waited = replace(ACKNOWLEDGED, progressed_at=local("02T11:00"), waited=timedelta(hours=10))
    due = run(Status.INVESTIGATING, waited)
    assert due is not None
    assert (due.remind_at, due.due_at) == (local("06T10:00"), local("10T10:00"))


# Who hears of it, and when


def nudges(
    due: Due, calendar: Calendar, now: datetime, late: list[timedelta], times: int = 6
) -> list[tuple[datetime, Nudge]]:
    """The first nudges of a clock first looked at `now`, every look coming by one of `late` too late."""
    said: list[tuple[datetime, Nudge]] = []
    given, at = 0, first_look(due, now, calendar)
    while at is not None and len(said) < times:
        now = max(now, at) + (late.pop() if late else timedelta())
        if (one := give(due, given, now, calendar)) is None:
            at = calendar.next_open(now)
            continue
        rung, given = one
        said.append((now, rung.nudge))
        at = look_at(due, given, now, calendar)
    return said


def told(
    status: Status, moments: Moments, band: Band, now: datetime, *late: timedelta
) -> list[tuple[str, str]]:
    due = run(status, moments, band)
    assert due is not None
    found = nudges(due, CALENDAR, now, list(reversed(late)), times=5)
    return [(f"{at.astimezone(MADRID):%d %H:%M}", nudge.value) for at, nudge in found]


def test_over_a_weekend_with_a_holiday_nobody_is_told_while_the_laboratory_is_closed() -> None:
    assert told(Status.RECEIVED, Moments(FRIDAY), Band.MEDIUM, FRIDAY) == [
        ("10 10:00", "remind"),
        ("10 11:00", "head"),
        ("11 08:00", "quality"),
        ("12 08:00", "quality"),
        ("13 08:00", "quality"),
    ]


def test_a_grave_complaint_at_night_alarms_those_on_call_and_the_others_when_it_opens() -> None:
    night = local("08T02:00")
    assert told(Status.RECEIVED, Moments(night), Band.HIGH, night) == [
        ("08 02:22", "remind"),
        *((f"08 {hour:02}:30", "alarm") for hour in range(2, 6)),
    ]


def test_time_that_is_up_when_it_closes_is_told_when_it_opens() -> None:
    moments = Moments(local("06T14:00"))
    assert told(Status.RECEIVED, moments, Band.MEDIUM, FRIDAY)[:2] == [
        ("06 17:00", "remind"),
        ("10 08:00", "head"),
    ]


def test_after_an_outage_of_days_one_nudge_is_given_and_not_ten() -> None:
    outage = timedelta(days=9, hours=15)
    assert told(Status.RECEIVED, Moments(FRIDAY), Band.MEDIUM, FRIDAY, outage)[:3] == [
        ("20 08:00", "head"),
        ("23 08:00", "quality"),
        ("24 08:00", "quality"),
    ]


def test_what_had_run_out_before_it_was_looked_at_is_given_its_time_once_more() -> None:
    long_ago = Moments(local("02T09:00") - timedelta(days=100))
    assert told(Status.RECEIVED, long_ago, Band.MEDIUM, FRIDAY)[:2] == [
        ("10 10:00", "head"),
        ("11 08:00", "quality"),
    ]


def test_nobody_is_told_to_close_what_was_resolved_long_before() -> None:
    resolved = Moments(local("02T09:00"), resolved_at=local("02T09:00") - timedelta(days=100))
    assert told(Status.RESOLVED, resolved, Band.MEDIUM, FRIDAY) == []


def test_those_who_can_close_a_complaint_are_reminded_to() -> None:
    due = run(Status.RESOLVED, Moments(FRIDAY, resolved_at=FRIDAY))
    assert due is not None
    assert [rung.nudge for rung in ladder(due)] == [Nudge.REMIND, Nudge.HEAD, Nudge.QUALITY]
    assert all(Hears.QUALITY in rung.hears for rung in ladder(due))


YEAR = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from(["Europe/Madrid", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham"])
HOURS = st.sampled_from([(time(8), time(18)), (time(9), time(12, 30)), (time(0), time(23, 59))])
WEEKS = st.builds(
    Week,
    st.dictionaries(st.integers(0, 6), HOURS, min_size=1),
    st.frozensets(st.dates(date(2026, 1, 1), date(2027, 1, 1)), max_size=30),
)
CALENDARS = st.builds(Calendar, ZONES.map(ZoneInfo), WEEKS)
WAITED = st.timedeltas(timedelta(), timedelta(days=5))
MAYBE = st.none() | YEAR
MOMENTS = st.builds(Moments, YEAR, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE, WAITED)
STATUSES, BANDS = st.sampled_from(Status), st.sampled_from(Band)
LATE = st.lists(st.timedeltas(timedelta(), timedelta(days=9)), max_size=4)


@given(STATUSES, MOMENTS, BANDS, CALENDARS)
def test_no_clock_runs_out_before_it_began(
    status: Status, moments: Moments, band: Band, calendar: Calendar
) -> None:
    due = run(status, moments, band, calendar)
    if due is not None:
        assert due.began_at < due.remind_at < due.due_at


@given(STATUSES, MOMENTS, BANDS, CALENDARS, WAITED)
def test_waiting_for_the_reporter_never_makes_anything_due_earlier(
    status: Status, moments: Moments, band: Band, calendar: Calendar, more: timedelta
) -> None:
    going_on = replace(moments, waiting_since=None)
    due = run(status, going_on, band, calendar)
    later = run(status, replace(going_on, waited=moments.waited + more), band, calendar)
    waiting = run(status, replace(moments, waiting_since=moments.received_at), band, calendar)
    if due is not None:
        assert later is not None
        assert later.due_at >= due.due_at
        assert waiting is None or waiting.clock is Clock.WAIT or waiting.due_at >= due.due_at
        assert waiting is None or waiting.clock is not Clock.RESOLVE


@given(STATUSES, MOMENTS, BANDS, CALENDARS, YEAR, LATE)
def test_nobody_but_those_on_call_is_told_while_the_laboratory_is_closed(
    status: Status, moments: Moments, band: Band, calendar: Calendar, now: datetime, late: list[timedelta]
) -> None:
    due = run(status, moments, band, calendar)
    for at, nudge in nudges(due, calendar, now, late) if due else ():
        on_call = {rung.nudge for rung in ladder(due) if rung.at_any_hour} if due else set()
        assert nudge in on_call or calendar.is_open(at)


@given(STATUSES, MOMENTS, BANDS, CALENDARS, YEAR, LATE)
def test_each_nudge_is_given_once_in_its_order_and_the_last_once_a_business_day(
    status: Status, moments: Moments, band: Band, calendar: Calendar, now: datetime, late: list[timedelta]
) -> None:
    due = run(status, moments, band, calendar)
    said = nudges(due, calendar, now, late) if due else []
    if due is None or not said:
        return
    in_time = said[0][0] < due.due_at
    expected = [rung.nudge for rung in ladder(due) if in_time or rung.when is not When.SOON_DUE]
    assert [nudge for _, nudge in said] == (expected + [Nudge.QUALITY] * 6)[: len(said)]
    days = [at.astimezone(calendar.zone).date() for at, one in said if one in {Nudge.HEAD, Nudge.QUALITY}]
    assert all(earlier < later for earlier, later in pairwise(days))


@given(STATUSES, MOMENTS, BANDS, CALENDARS, YEAR)
def test_looked_at_in_time_no_business_day_passes_without_a_word_once_time_is_up(
    status: Status, moments: Moments, band: Band, calendar: Calendar, now: datetime
) -> None:
    due = run(status, moments, band, calendar)
    said = nudges(due, calendar, now, []) if due else []
    for (earlier, one), (later, _) in pairwise(said):
        if one in {Nudge.HEAD, Nudge.QUALITY}:
            assert later == calendar.next_day(earlier)
