"""Two years of digests and follow-ups where clocks are oddest; `make time` does it for every zone."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from bot.catalog import Catalog, load
from bot.catalog.loader import SURVEYS
from bot.dialog.event import Due
from bot.wallclock import moment
from schedules.digests.recurrence import Recurrence, owed
from storage.database import Database
from storage.tables import FollowUpStatus, Period
from tests.years import digests, follow_ups, station
from tests.years.calendar import Calendar
from tests.years.life import life
from tests.years.zones import ODDEST, simulate, years

_DAY = timedelta(days=1)


@pytest.mark.parametrize(("zone", "first"), ODDEST)
def test_two_years_of_an_odd_zone(zone: str, first: int) -> None:
    figures = simulate(zone, *years(first, first + 1), seed=1, times=["00:30"])
    assert figures.violations == []
    assert figures.digests > 850
    assert figures.follow_ups > 290


def test_a_digest_for_whatever_the_clocks_show_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Going by the local date and hour, as cron does, sends twice or never where clocks are put."""

    def like_cron(recurrence: Recurrence, now: datetime, since: datetime, last: date | None) -> date | None:
        local = now.astimezone(recurrence.zone)
        return local.date() if recurrence.falls_on(local.date()) and local.time() >= recurrence.at else None

    monkeypatch.setattr(digests, "owed", like_cron)
    assert simulate("America/Havana", *years(2026, 2026), seed=1, times=["00:30"]).violations


def test_a_digest_that_forgets_what_was_sent_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "owed", lambda one, now, since, _last: owed(one, now, since, None))
    with pytest.raises(AssertionError):
        simulate("UTC", *years(2026, 2026), seed=1, times=["08:00"])


def test_hours_that_are_not_looked_at_again_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def tomorrow(at: datetime, hours: follow_ups.Hours, zone: ZoneInfo) -> datetime:
        local = at.astimezone(zone)
        if hours[0] <= local.time() < hours[1]:
            return at
        return moment(local.date() + (_DAY if local.time() >= hours[0] else timedelta()), hours[0], zone)

    monkeypatch.setattr(follow_ups, "into_window", tomorrow)
    monkeypatch.setattr(follow_ups, "HOURS", [(time(1), time(1, 30))])
    found = simulate("Africa/Cairo", *years(2026, 2026), seed=1, times=[]).violations
    monkeypatch.setattr(follow_ups, "HOURS", [(time(0), time(1))])
    found += simulate("Africa/Cairo", *years(2026, 2026), seed=1, times=[]).violations
    assert any("outside 00:00:00-01:00:00" in words for words in found)


@pytest.fixture(scope="module")
def asking_at_night(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Our questionnaires, but people are asked after their results between midnight and one."""
    folder = tmp_path_factory.mktemp("surveys")
    survey = (SURVEYS / "after_results.yaml").read_text()
    (folder / "after_results.yaml").write_text(survey.replace("09:00-19:00", "00:00-01:00"))
    return load(folder)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_digest_tick_sends_each_date_once_on_a_real_database(
    database: Database, asking_at_night: Catalog
) -> None:
    start, end = datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
    calendars = {
        zone: Calendar.of(ZoneInfo(zone), start - 3 * _DAY, end + 5 * _DAY)
        for zone in ("America/Havana", "Africa/Cairo")
    }
    recurrences = {
        f"C{number}": Recurrence(Period.DAY, None, time(0, 30), ZoneInfo(zone))
        for number, zone in enumerate(calendars)
    }
    changes = [change for one in calendars.values() for change in one.changes]
    lived = life(Random(1), start, end, changes, digests.TICK, 8)
    sent = await station.live_digests(database, asking_at_night, recurrences, lived)
    for calendar, (place, recurrence) in zip(calendars.values(), recurrences.items(), strict=True):
        assert list(digests.violations(recurrence, calendar, lived, start, sent[place])) == []
        assert len(sent[place]) >= 10


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_follow_up_tick_keeps_to_the_hours_on_a_real_database(
    database: Database, asking_at_night: Catalog
) -> None:
    start, end = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    zone, hours = ZoneInfo("America/Havana"), (time(0), time(1))
    calendar = Calendar.of(zone, start - 3 * _DAY, end + 5 * _DAY)
    wishes = [one for one in follow_ups.wishes(calendar, []) if start + _DAY < one < end]
    lived = life(Random(1), start, end, calendar.changes, follow_ups.TICK, 8)
    rows = await station.live_follow_ups(database, asking_at_night, zone, wishes, lived)
    after_results = [one for one in rows if one.questionnaire == "after_results"]
    asked = [one for one in after_results if one.due is Due.ASK]
    assert len(asked) == len(wishes) > 5
    assert {one.status for one in after_results} == {FollowUpStatus.DONE}
    assert len(after_results) == 3 * len(wishes)
    for one in after_results:
        assert one.done_at is not None
        assert hours[0] <= calendar.shown(one.done_at).time() < hours[1]
