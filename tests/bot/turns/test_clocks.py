"""What the register keeps of a complaint's clocks, step by step."""

from datetime import timedelta
from uuid import UUID

import pytest

from bot.catalog import Catalog
from bot.complaints.lifecycle import Action, Clock
from bot.turns.clocks import stop_waiting, wind
from bot.turns.lab import Transaction
from storage import complaints
from storage.database import Database, Session
from storage.tables import Complaint
from tests.stage.watch import BENCH, GRAVE, Watch, local


@pytest.fixture
def watch(database: Database, catalog: Catalog) -> Watch:
    return Watch(database, catalog)


def kept(complaint: Complaint) -> tuple[Clock | None, object, object, int]:
    return complaint.clock, complaint.due_at, complaint.look_at, complaint.nudges


async def wound(watch: Watch, complaint: str) -> Complaint:
    """The complaint after its clocks were wound once more."""

    def again(session: Session) -> None:
        found = complaints.locked(session, UUID(complaint))
        assert found is not None
        wind(Transaction(session, watch.catalog, watch.lab, watch.now), found)

    await watch.database.run(again)
    return await watch.complaint()


async def test_a_new_complaint_is_owed_an_acknowledgement(watch: Watch) -> None:
    await watch.report("06 17:00")
    found = await watch.complaint()
    assert kept(found) == (Clock.ACKNOWLEDGE, local("10 15:00"), local("10 13:00"), 0)


async def test_words_about_safety_make_the_clock_run_at_night(watch: Watch) -> None:
    await watch.report("09 02:00", GRAVE)
    found = await watch.complaint()
    assert found.due_at == local("09 02:30")


async def test_a_card_tells_by_when_the_next_step_is_due(watch: Watch) -> None:
    await watch.report("06 17:00")
    card, *_ = await watch.messages(BENCH, "slack")
    assert [field.value for field in card.fields if field.label == "Due"] == ["2026-11-10 15:00"]


@pytest.mark.parametrize("at", ["06 17:00", "10 14:00", "11 09:00"])
async def test_winding_twice_changes_nothing(watch: Watch, at: str) -> None:
    complaint = await watch.report("06 17:00")
    await watch.told_until(at)
    before = kept(await watch.complaint())
    watch.passes(minutes=5)
    assert kept(await wound(watch, complaint)) == before


async def investigated(watch: Watch) -> str:
    """One that is owed nothing but its resolution, 80 business hours from Monday at nine."""
    complaint = await watch.report("02 09:00")
    await watch.staff_acts(Action.PROGRESS, complaint, words="We are looking for it.")
    assert (await watch.complaint()).clock is Clock.RESOLVE
    return complaint


async def test_while_the_reporter_is_asked_it_is_the_wait_that_is_looked_at(watch: Watch) -> None:
    complaint = await investigated(watch)
    watch.becomes("03 09:00")
    await watch.staff_acts(Action.ASK, complaint, words="Which ward was it?")
    found = await watch.complaint()
    assert kept(found) == (Clock.WAIT, local("10 09:00"), local("10 09:00"), 0)
    await watch.told()
    assert await watch.told_until("09 20:00", every=timedelta(hours=12)) == []
    assert await watch.told_until("10 12:00") == [("10 09:00", BENCH)]


async def test_the_answer_lets_the_clock_go_on_where_it_stood(watch: Watch) -> None:
    complaint = await investigated(watch)
    before = await watch.complaint()
    watch.becomes("06 17:00")
    await watch.staff_acts(Action.ASK, complaint, words="Which ward was it?")
    watch.becomes("10 10:00")
    await watch.database.run(answered, watch, complaint)
    found = await watch.complaint()
    assert before.due_at == local("13 09:00")
    assert (found.waited_seconds, found.waiting_since) == (3 * 3600, None)
    assert found.due_at == local("13 12:00")


def answered(session: Session, watch: Watch, complaint: str) -> None:
    found = complaints.locked(session, UUID(complaint))
    assert found is not None
    transaction = Transaction(session, watch.catalog, watch.lab, watch.now)
    stop_waiting(transaction, found)
    wind(transaction, found)


async def test_who_was_reminded_before_the_question_is_not_reminded_again_after_the_answer(
    watch: Watch,
) -> None:
    complaint = await investigated(watch)
    await watch.told_until("11 12:00")
    assert (await watch.complaint()).nudges == 1
    await watch.staff_acts(Action.ASK, complaint, words="Which ward was it?")
    watch.becomes("12 12:00")
    await watch.database.run(answered, watch, complaint)
    found = await watch.complaint()
    assert (found.nudges, found.look_at, found.due_at) == (1, found.due_at, local("16 09:00"))


async def test_what_is_opened_again_begins_anew(watch: Watch) -> None:
    complaint = await investigated(watch)
    await watch.staff_acts(Action.RESOLVE, complaint, words="Found", outcome="Found")
    assert (await watch.complaint()).clock is Clock.CLOSE
    watch.becomes("05 09:00")
    await watch.staff_acts(Action.REOPEN, complaint, words="Not yet", outcome="It is missing still")
    found = await watch.complaint()
    assert kept(found)[:2] == (Clock.PROGRESS, local("12 09:00"))


async def test_a_graver_complaint_is_due_sooner_and_a_reminder_given_stays_given(watch: Watch) -> None:
    complaint = await watch.report("02 09:00")
    await watch.staff_acts(Action.ACKNOWLEDGE, complaint)
    await watch.told_until("05 12:00")
    assert (await watch.complaint()).nudges == 1

    def assess(session: Session) -> None:
        found = complaints.locked(session, UUID(complaint))
        assert found is not None
        found.safety = True

    await watch.database.run(assess)
    found = await wound(watch, complaint)
    assert (found.due_at, found.nudges) == (local("02 13:00"), 1)
    await watch.told()
    await watch.tick()
    assert {who for who, _ in await watch.told()} > {BENCH}
