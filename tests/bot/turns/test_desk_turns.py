"""The complaint desk: who may do what, and who is told."""

import pytest

from bot.complaints.lifecycle import Action, Refusal, open_actions
from bot.complaints.terms import Role, Status
from bot.turns import StaffActed
from storage.tables import Complaint, ComplaintEvent
from tests.bot.turns.conftest import NURSE, PATIENT, PHYSICIAN, ROOM, Laboratory

FORM = {"category": "specimen", "phase": "pre_examination", "severity": "serious", "happened": "Lost"}


async def reported(laboratory: Laboratory) -> str:
    await laboratory.form(**FORM)
    await laboratory.appoint(NURSE, Role.STAFF)
    (complaint,) = await laboratory.rows(Complaint)
    assert isinstance(complaint, Complaint)
    return str(complaint.id)


async def current(laboratory: Laboratory) -> Complaint:
    (complaint,) = await laboratory.rows(Complaint)
    assert isinstance(complaint, Complaint)
    return complaint


async def test_a_new_complaint_is_shown_in_the_triage_room(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    (card,) = await laboratory.messages(ROOM, "slack")
    assert card.title == "Complaint C-2026-000001: Specimen rejected or lost"
    assert card.quotes == ("Lost",)
    assert [button.data for row in card.buttons for button in row] == [
        f"complaint.{action}.{complaint}" for action in open_actions(Status.RECEIVED)
    ]


@pytest.mark.parametrize("who", [PHYSICIAN, "U0NOBODY"])
@pytest.mark.parametrize("action", list(Action))
async def test_only_staff_may_use_staff_buttons(laboratory: Laboratory, who: str, action: Action) -> None:
    complaint = await reported(laboratory)
    notice = await laboratory.staff_acts(action, complaint, who=who)
    assert "staff" in notice
    assert (await current(laboratory)).status is Status.RECEIVED


async def test_each_step_is_told_to_the_reporter_and_written_down(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.staff_acts(Action.ACKNOWLEDGE, complaint)
    await laboratory.staff_acts(Action.TAKE, complaint)
    words, outcome = "We found it; a new tube is on its way.", "Left in the courier's box"
    await laboratory.staff_acts(Action.RESOLVE, complaint, words=words, outcome=outcome)
    told = await laboratory.messages(PHYSICIAN, "slack")
    assert len(told) == 4
    assert told[-1].quotes == (words,)
    history = [one for one in await laboratory.rows(ComplaintEvent) if isinstance(one, ComplaintEvent)]
    assert [(one.action, one.note) for one in sorted(history, key=lambda one: one.id)] == [
        ("open", None),
        ("acknowledge", None),
        ("take", None),
        ("resolve", outcome),
        ("tell", words),
    ]


async def test_words_that_reach_nobody_are_not_in_the_history(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain(contact="Please do not")
    await laboratory.staff_acts(
        Action.RESOLVE, complaint, words="We are sorry.", outcome="Talked to the team"
    )
    history = [one.note for one in await laboratory.rows(ComplaintEvent) if isinstance(one, ComplaintEvent)]
    assert history == [None, None, None, "Talked to the team"]


async def test_the_card_follows_the_complaint_and_offers_what_can_be_done_now(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.staff_acts(Action.RESOLVE, complaint, words="Done", outcome="Found")
    *_, card, below = await laboratory.messages(ROOM, "slack")
    offered = [button.data.split(".")[1] for row in card.buttons for button in row]
    assert (card.replace, offered) == (True, ["reply", "record", "close", "reopen"])
    assert (below.under, below.quotes) == (card.slot, ("Done",))
    assert any(field.value == "Resolved" for field in card.fields)


async def test_a_step_that_is_past_is_refused_with_the_state(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.staff_acts(Action.ACKNOWLEDGE, complaint)
    notice = await laboratory.staff_acts(Action.ACKNOWLEDGE, complaint)
    assert "C-2026-000001" in notice
    assert len(await laboratory.messages(PHYSICIAN, "slack")) == 2


async def test_a_refused_step_sent_again_is_taken_once_it_can_be(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    event = StaffActed(
        event_id="the same",
        channel="slack",
        account="U0NEW",
        complaint=complaint,
        action=Action.ACKNOWLEDGE,
    )
    assert (await laboratory.turns.take(event)).refused is Refusal.NOT_STAFF
    await laboratory.appoint("U0NEW", Role.STAFF)
    outcome = await laboratory.turns.take(event)
    assert (outcome.refused, outcome.duplicate) == (None, False)
    assert (await laboratory.turns.take(event)).duplicate
    assert (await current(laboratory)).status is Status.ACKNOWLEDGED


async def test_a_complaint_can_be_named_by_its_number(laboratory: Laboratory) -> None:
    await reported(laboratory)
    await laboratory.staff_acts(Action.REPLY, "C-2026-000001", words="We are on it.")
    assert (await laboratory.messages(PHYSICIAN, "slack"))[-1].quotes == ("We are on it.",)


@pytest.mark.parametrize("complaint", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
async def test_a_forged_complaint_id_changes_nothing(laboratory: Laboratory, complaint: str) -> None:
    await reported(laboratory)
    assert await laboratory.staff_acts(Action.ACKNOWLEDGE, complaint)
    assert (await current(laboratory)).status is Status.RECEIVED


async def test_a_reporter_who_wants_no_contact_gets_none_and_staff_are_told_so(
    laboratory: Laboratory,
) -> None:
    complaint = await laboratory.complain(contact="Please do not")
    before = await laboratory.messages(PATIENT)
    notice = await laboratory.staff_acts(Action.ACKNOWLEDGE, complaint)
    assert await laboratory.messages(PATIENT) == before
    assert notice == (
        "C-2026-000001 is acknowledged. The reporter does not wish to be contacted and is not told."
    )


@pytest.mark.parametrize("blocked", [False, True])
async def test_a_reporter_who_withdrew_is_not_told_and_staff_are_told_so(
    laboratory: Laboratory, blocked: bool
) -> None:
    complaint = await laboratory.complain()
    laboratory.passes(minutes=1)
    await laboratory.stop(blocked=blocked)
    before = await laboratory.messages(PATIENT)
    notice = await laboratory.staff_acts(Action.RESOLVE, complaint, words="We are sorry.", outcome="Found")
    assert await laboratory.messages(PATIENT) == before
    assert notice == (
        "C-2026-000001 is resolved. The reporter can no longer be reached here and is not told."
    )


async def test_a_complaint_made_after_withdrawing_is_answered(laboratory: Laboratory) -> None:
    await laboratory.stop()
    laboratory.passes(days=3)
    complaint = await laboratory.complain()
    notice = await laboratory.staff_acts(Action.RESOLVE, complaint, words="We are sorry.", outcome="Found")
    assert await laboratory.heard() == "Your complaint C-2026-000001 is resolved."
    assert notice == "C-2026-000001 is resolved. The reporter is told."


async def test_a_patients_complaint_carries_their_site_and_visit(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.tap("1")
    for _ in range(6):
        await laboratory.tap("Skip")
    await laboratory.tap("Ask for a call back")
    await laboratory.say("The bruise on my arm")
    await laboratory.say("+34 600 000 000")
    await laboratory.tap("In the morning")
    complaint = await current(laboratory)
    assert (complaint.site, complaint.category, complaint.phone) == ("North", "call_back", "+34 600 000 000")
    assert complaint.visit_id is not None
