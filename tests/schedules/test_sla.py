"""The tick that looks at the clocks of complaints: who is told, when, and that it is never too much."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from bot.catalog import Catalog, load
from bot.complaints.lifecycle import Action, Clock
from bot.complaints.routing import Routing
from bot.complaints.terms import Role, Status
from bot.turns import nudges
from schedules import sla
from storage import history, investigations
from storage.database import Database, Session
from storage.tables import Complaint
from tests.bot.turns.conftest import NURSE
from tests.stage.watch import BENCH, GRAVE, HEAD, LAB, ON_CALL, QUALITY, Watch, local


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


@pytest.fixture
def watch(database: Database, catalog: Catalog) -> Watch:
    return Watch(database, catalog)


async def lines(watch: Watch, complaint: str) -> list[tuple[str, str | None]]:
    """What the history says of reminders."""
    found = await watch.database.read(history.lines, UUID(complaint))
    return [(one.action, one.note) for one in found if one.actor_id is None]


async def test_friday_evening_over_a_weekend_with_a_holiday(watch: Watch) -> None:
    complaint = await watch.report("06 17:00")
    assert await watch.told_until("12 12:00") == [
        ("10 13:00", BENCH),
        ("10 15:00", BENCH),
        ("10 15:00", HEAD),
        ("11 08:00", BENCH),
        ("11 08:00", HEAD),
        ("11 08:00", QUALITY),
        ("12 08:00", BENCH),
        ("12 08:00", HEAD),
        ("12 08:00", QUALITY),
    ]
    assert await lines(watch, complaint) == [
        ("remind", "remind"),
        ("escalate", "head"),
        ("escalate", "quality"),
        ("escalate", "quality"),
    ]


async def test_a_wrong_patient_at_two_in_the_night_of_a_holiday(watch: Watch) -> None:
    await watch.report("09 02:00", GRAVE)
    told = await watch.told_until("10 08:10", every=timedelta(seconds=450))
    alarms = [(f"09 {hour:02}:30", ON_CALL) for hour in range(2, 9)]
    assert told == [("09 02:22", ON_CALL), *alarms, ("10 08:00", BENCH), ("10 08:00", HEAD)]


async def test_what_is_said_tells_what_since_when_and_what_to_do(watch: Watch) -> None:
    complaint = await watch.report("06 17:00")
    await watch.told_until("10 15:00")
    *_, reminder, alarm = await watch.messages(BENCH, "slack")
    (head,) = await watch.messages(HEAD, "slack")
    assert reminder.text == (
        "⏳ C-2026-000001 (Specimen rejected or lost) has been here since 2026-11-06 17:00, "
        "and nobody has acknowledged it yet. "
        "We promised it by 2026-11-10 15:00: 2 h of working time are left. "
        "Please read it and acknowledge it now, so that whoever wrote knows that somebody is there."
    )
    assert [(field.label, field.value) for field in reminder.fields] == [("Assigned to", "Nobody yet")]
    for message in (reminder, alarm):
        assert [one.data for row in message.buttons for one in row] == [f"complaint.acknowledge.{complaint}"]
    assert head.text.endswith("Please ask the team what they need, and see who can take care of it today.")
    assert head.buttons == ()


async def test_whoever_has_the_complaint_is_told_and_those_above_read_who_it_is(watch: Watch) -> None:
    complaint = await watch.report("02 09:00")
    await watch.staff_acts(Action.TAKE, complaint)
    await watch.told()
    assert await watch.told_until("06 09:00") == [
        ("05 09:00", BENCH),
        ("05 09:00", NURSE),
        ("06 09:00", BENCH),
        ("06 09:00", HEAD),
        ("06 09:00", NURSE),
    ]
    (head,) = await watch.messages(HEAD, "slack")
    assert [field.person for field in head.fields] == [NURSE]


async def test_a_step_taken_ends_what_was_to_be_said_and_begins_the_next_clock(watch: Watch) -> None:
    complaint = await watch.report("02 09:00")
    await watch.told_until("02 16:00")
    await watch.staff_acts(Action.ACKNOWLEDGE, complaint)
    found = await watch.complaint()
    assert (found.clock, found.nudges, found.due_at) == (Clock.PROGRESS, 0, local("06 16:00"))
    await watch.told()
    assert await watch.told_until("05 12:00") == []


async def test_what_has_ended_is_not_looked_at_again(watch: Watch) -> None:
    complaint = await watch.report("02 09:00")
    await watch.staff_acts(Action.DECLINE, complaint, words="Not ours", outcome="Not ours")
    found = await watch.complaint()
    assert (found.clock, found.due_at, found.look_at) == (None, None, None)


async def test_ticks_of_several_replicas_at_once_say_it_once(watch: Watch) -> None:
    await watch.report("02 09:00")
    watch.becomes("02 15:00")
    await asyncio.gather(*(watch.tick() for _ in range(5)))
    await watch.tick()
    assert [who for who, _ in await watch.told()] == [BENCH]


async def test_after_an_outage_of_days_each_is_told_once_when_it_opens(watch: Watch) -> None:
    complaint = await watch.report("02 09:00")
    watch.becomes("14 03:00")
    await watch.tick()
    assert await watch.told() == []
    assert await watch.told_until("17 12:00") == [
        ("16 08:00", BENCH),
        ("16 08:00", HEAD),
        ("17 08:00", BENCH),
        ("17 08:00", HEAD),
        ("17 08:00", QUALITY),
    ]
    assert await lines(watch, complaint) == [("escalate", "head"), ("escalate", "quality")]


async def test_a_clock_put_back_repeats_nothing(watch: Watch) -> None:
    await watch.report("02 09:00")
    await watch.told_until("03 12:00")
    watch.becomes("02 09:00")
    assert await watch.told_until("03 07:00") == []


def of_before(status: Status) -> Callable[[Session], None]:
    """Let the only complaint be as the migration leaves those of before there were clocks."""

    def change(session: Session) -> None:
        for one in session.exec(select(Complaint)):
            one.status, one.received_at = status, local("02 09:00") - timedelta(days=200)
            one.resolved_at = one.received_at if status is Status.RESOLVED else None
            one.clock, one.due_at, one.nudges, one.look_at = None, None, 0, one.received_at

    return change


async def test_complaints_of_before_are_wound_and_given_their_time_before_anybody_is_told(
    watch: Watch,
) -> None:
    await watch.report("02 09:00")
    await watch.database.run(of_before(Status.RECEIVED))
    await watch.tick()
    found = await watch.complaint()
    assert found.clock is Clock.ACKNOWLEDGE
    assert found.due_at is not None
    assert found.due_at < watch.now
    assert await watch.told_until("03 08:00") == [("02 15:00", BENCH), ("02 15:00", HEAD)] + [
        ("03 08:00", who) for who in (BENCH, HEAD, QUALITY)
    ]


async def test_nobody_is_asked_to_close_what_was_resolved_before(watch: Watch) -> None:
    await watch.report("02 09:00")
    await watch.database.run(of_before(Status.RESOLVED))
    assert await watch.told_until("05 12:00") == []
    found = await watch.complaint()
    assert (found.clock, found.look_at) == (Clock.CLOSE, None)


async def test_one_that_fails_keeps_nobody_from_hearing_of_the_others(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await watch.report("02 09:00")
    look = nudges.look
    failing = (await watch.complaint()).id

    def breaking(*given: object) -> None:
        if failing in given:
            raise RuntimeError("a defect")
        look(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(nudges, "look", breaking)
    monkeypatch.setattr(sla, "BATCH", 1)
    watch.becomes("02 15:00")
    with pytest.raises(ExceptionGroup):
        await watch.tick()
    assert {text[2:15] for _, text in await watch.told()} == {"C-2026-000001", "C-2026-000002"}
    monkeypatch.undo()
    await watch.tick()
    assert {text[2:15] for _, text in await watch.told()} == {"C-2026-000003"}


async def test_what_the_laboratory_promises_now_counts_at_the_next_look(watch: Watch) -> None:
    await watch.report("02 09:00")
    watch.of = replace(LAB, week=replace(LAB.week, holidays=frozenset({date(2026, 11, 2)})))
    assert await watch.told_until("03 15:00") == [("03 14:00", BENCH)]


async def test_without_anybody_to_tell_the_history_still_says_that_time_was_up(watch: Watch) -> None:
    watch.of = replace(LAB, routing=Routing())
    complaint = await watch.report("02 09:00")
    assert await watch.told_until("02 18:00") == []
    assert await lines(watch, complaint) == [("remind", "remind"), ("escalate", "head")]


async def resolved(watch: Watch) -> str:
    complaint = await watch.report("02 09:00")
    await watch.staff_acts(Action.TAKE, complaint)
    await watch.staff_acts(Action.RESOLVE, complaint, words="Found", outcome="Found")
    await watch.told()
    return complaint


async def test_those_who_can_close_a_complaint_are_asked_to(watch: Watch) -> None:
    complaint = await resolved(watch)
    assert await watch.told_until("05 18:00") == [("05 09:00", QUALITY)]
    *_, message = await watch.messages(QUALITY, "slack")
    assert [one.data for row in message.buttons for one in row] == [f"complaint.close.{complaint}"]


async def test_where_nobody_is_there_for_quality_a_manager_is_asked(watch: Watch) -> None:
    await resolved(watch)
    await watch.appoint(QUALITY, Role.STAFF)
    await watch.appoint(NURSE, Role.MANAGER)
    assert await watch.told_until("05 18:00") == [("05 09:00", NURSE)]


def review(complaint: str, **values: object) -> Callable[[Session], None]:
    def change(session: Session) -> None:
        investigation = investigations.of(session, UUID(complaint))
        for name, value in values.items():
            setattr(investigation, name, value)

    return change


async def test_a_review_that_is_due_is_told_once_when_the_laboratory_opens(watch: Watch) -> None:
    complaint = await resolved(watch)
    await watch.database.run(review(complaint, review_on=date(2026, 11, 9)))
    watch.becomes("08 12:00")
    assert [one for one in await watch.told_until("10 12:00") if one[1] == QUALITY][:1] == [
        ("10 08:00", QUALITY)
    ]
    *_, message = await watch.messages(QUALITY, "slack")
    assert "The review was set for 2026-11-09." in message.text
    await watch.database.run(review(complaint, review_on=date(2026, 11, 11)))
    watch.becomes("11 09:00")
    await asyncio.gather(watch.tick(), watch.tick())
    assert [text for who, text in await watch.told() if "2026-11-11" in text and who == QUALITY] != []
    assert [line for line in await lines(watch, complaint) if line[0] == "review"] == [("review", None)] * 2


async def test_a_review_that_was_made_is_not_asked_for(watch: Watch) -> None:
    complaint = await resolved(watch)
    made = datetime(2026, 11, 2, 12, tzinfo=UTC)
    await watch.database.run(review(complaint, review_on=date(2026, 11, 3), reviewed_at=made))
    assert await watch.told_until("03 12:00") == []
