"""Steps of staff beyond the first three: what each needs, changes, writes down and tells."""

import json

import pytest

from bot.complaints.lifecycle import Action, Clock, Refusal
from bot.complaints.routing import Routing
from bot.complaints.terms import (
    Cause,
    Consequence,
    Department,
    Effective,
    Means,
    Recurrence,
    Role,
    Status,
)
from storage.tables import ComplaintEvent, Investigation, Measure
from tests.bot.turns.conftest import NURSE, PATIENT, PHYSICIAN, ROOM, Laboratory

FORM = {"category": "specimen", "phase": "pre_examination", "severity": "serious", "happened": "Lost"}
QUALITY, COURIER, ON_CALL = "U0QUALITY", "C0COURIER", "C0ONCALL"


async def reported(laboratory: Laboratory, **form: str) -> str:
    await laboratory.form(**{**FORM, **form})
    await laboratory.appoint(NURSE, Role.STAFF)
    await laboratory.appoint(QUALITY, Role.QUALITY)
    return str((await laboratory.complaints())[-1].id)


async def investigation(laboratory: Laboratory) -> Investigation:
    (found,) = await laboratory.rows(Investigation)
    assert isinstance(found, Investigation)
    return found


@pytest.mark.parametrize(
    "action",
    [
        Action.ASK,
        Action.REPLY,
        Action.PROGRESS,
        Action.RESOLVE,
        Action.DECLINE,
        Action.MERGE,
        Action.HAND_OVER,
    ],
)
async def test_a_step_without_what_it_needs_is_refused_and_changes_nothing(
    laboratory: Laboratory, action: Action
) -> None:
    complaint = await reported(laboratory)
    outcome = await laboratory.step(action, complaint)
    assert outcome.refused is Refusal.INCOMPLETE
    assert outcome.notice
    assert await laboratory.history(complaint) == [("open", None)]


async def test_declining_says_why_for_the_record_and_who_can_help_for_the_reporter(
    laboratory: Laboratory,
) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(
        Action.DECLINE, complaint, note="The clinic's own printer", words="Please call your clinic's IT."
    )
    (after,) = await laboratory.complaints()
    found = await investigation(laboratory)
    assert (after.status, found.ours, found.ours_why) == (Status.DECLINED, False, "The clinic's own printer")
    assert (await laboratory.messages(PHYSICIAN, "slack"))[-1].quotes == ("Please call your clinic's IT.",)


async def test_resolving_notes_that_the_outcome_was_told(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(Action.RESOLVE, complaint, note="Found in the box", words="We found it.")
    found = await investigation(laboratory)
    assert (found.communicated_how, found.not_communicated_why) == (Means.MESSAGE, None)


async def test_an_outcome_nobody_could_be_told_says_why(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain(contact="Please do not")
    await laboratory.step(Action.RESOLVE, complaint, note="Spoken about in the team")
    found = await investigation(laboratory)
    assert found.communicated_at is None
    assert found.not_communicated_why == "The reporter does not wish to be contacted and is not told."


async def test_a_repeated_complaint_is_merged_and_its_reporter_hears_of_the_other(
    laboratory: Laboratory,
) -> None:
    original = await reported(laboratory)
    repeated = await laboratory.complain()
    await laboratory.step(Action.MERGE, repeated, original="C-2026-000001")
    await laboratory.step(Action.PROGRESS, original, words="We are searching the van.")
    told = (await laboratory.messages(PATIENT))[-1]
    assert (told.text, told.quotes) == (
        "There is news about your complaint C-2026-000002:",
        ("We are searching the van.",),
    )


@pytest.mark.parametrize("original", ["C-2026-000001", "C-2026-000099", "nonsense"])
async def test_a_complaint_is_merged_into_another_that_exists(laboratory: Laboratory, original: str) -> None:
    complaint = await reported(laboratory)
    outcome = await laboratory.step(Action.MERGE, complaint, original=original)
    assert outcome.refused is Refusal.INCOMPLETE


async def test_handing_over_to_a_colleague_tells_them(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.appoint("U0COURIER", Role.STAFF)
    await laboratory.step(Action.HAND_OVER, complaint, to="U0COURIER", note="You drove that day")
    told = (await laboratory.messages("U0COURIER", "slack"))[-1]
    assert told.text.startswith("Complaint C-2026-000001 is handed over to you.")
    assert told.quotes == ("You drove that day",)


@pytest.mark.parametrize("to", [PHYSICIAN, f"courier,{PHYSICIAN}", "mars"])
async def test_nobody_outside_the_laboratory_is_handed_a_complaint(laboratory: Laboratory, to: str) -> None:
    complaint = await reported(laboratory)
    outcome = await laboratory.step(Action.HAND_OVER, complaint, to=to)
    assert outcome.refused is Refusal.INCOMPLETE
    (kept,) = await laboratory.complaints()
    assert (kept.assignee_id, kept.department) == (None, Department.BENCH)


async def test_a_department_and_one_of_its_people_go_on_together(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(Action.HAND_OVER, complaint, to=f"courier,{NURSE}")
    (kept,) = await laboratory.complaints()
    assert kept.department is Department.COURIER
    assert kept.assignee_id is not None


async def test_another_department_sees_the_card_in_its_room_and_the_first_sees_it_go(
    laboratory: Laboratory,
) -> None:
    laboratory.route(Routing(rooms={Department.COURIER: COURIER}))
    complaint = await reported(laboratory)
    await laboratory.step(Action.HAND_OVER, complaint, to="courier", note="Lost on the way")
    assert (await laboratory.complaints())[0].department is Department.COURIER
    cards = [one for one in await laboratory.messages(COURIER, "slack") if one.slot]
    left = [one for one in await laboratory.messages(ROOM, "slack") if one.slot][-1]
    assert cards[-1].buttons
    assert (left.text, left.buttons) == ("Complaint C-2026-000001 is with Courier now.", ())


async def test_a_category_goes_to_the_room_of_its_department(laboratory: Laboratory) -> None:
    laboratory.route(Routing(rooms={Department.COURIER: COURIER}))
    await reported(laboratory, category="courier")
    assert len(await laboratory.messages(COURIER, "slack")) == 1
    assert await laboratory.messages(ROOM, "slack") == []


async def test_safety_goes_to_those_on_call_at_once_and_says_where_help_is(laboratory: Laboratory) -> None:
    laboratory.route(Routing(on_call=ON_CALL, safety_words=("wrong patient",)))
    await laboratory.complain("They took the blood of the wrong patient!")
    (card,) = await laboratory.messages(ON_CALL, "slack")
    assert card.title.startswith("‼ Complaint C-2026-000001")
    assert "do not wait for us" in await laboratory.heard()


async def test_the_third_of_a_year_is_one_that_comes_often(laboratory: Laboratory) -> None:
    for _ in range(4):
        await reported(laboratory)
        laboratory.passes(days=30)
    assert [one.recurrence for one in await laboratory.complaints()] == [
        Recurrence.FIRST,
        Recurrence.AGAIN,
        Recurrence.AGAIN,
        Recurrence.OFTEN,
    ]
    card = [one for one in await laboratory.messages(ROOM, "slack") if one.slot][-1]
    assert "9 of 9 = Serious (3) × seen often (3)" in [field.value for field in card.fields]


@pytest.mark.parametrize(
    "action", [Action.TAKE, Action.PROGRESS, Action.RECORD, Action.RESOLVE, Action.DECLINE]
)
async def test_who_is_involved_decides_nothing_without_a_note_why(
    laboratory: Laboratory, action: Action
) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(Action.RECORD, complaint, QUALITY, values={"involved": NURSE})
    outcome = await laboratory.step(action, complaint, note="Found", words="We found it.")
    assert outcome.refused is Refusal.INVOLVED
    note = {"impartiality": "The only one on the night shift"}
    outcome = await laboratory.step(action, complaint, note="Found", words="We found it.", values=note)
    assert outcome.refused is None
    assert (await investigation(laboratory)).impartiality == "The only one on the night shift"


async def test_only_quality_closes_and_is_named_as_who_approved(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(Action.RESOLVE, complaint, note="Found")
    outcome = await laboratory.step(Action.CLOSE, complaint)
    assert outcome.refused is Refusal.NOT_YOURS
    await laboratory.step(Action.CLOSE, complaint, QUALITY)
    found = await investigation(laboratory)
    assert found.approver_id is not None
    assert found.approved_at == laboratory.now


async def test_what_is_set_in_the_record_is_kept_with_what_it_was_before(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(
        Action.RECORD,
        complaint,
        values={"cause": "workload", "consequence": "moderate", "evidence": "The log", "ours": "yes"},
    )
    found, (after,) = await investigation(laboratory), await laboratory.complaints()
    assert (found.cause, found.evidence, found.ours) == (Cause.WORKLOAD, "The log", True)
    assert after.consequence is Consequence.MODERATE
    lines = [one for one in await laboratory.rows(ComplaintEvent) if isinstance(one, ComplaintEvent)]
    (kept,) = [json.loads(one.changes) for one in lines if one.changes]
    assert kept["consequence"] == {"from": "serious", "to": "moderate"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cause", "aliens"),
        ("review_on", "soon"),
        ("ours", "perhaps"),
        ("involved", PHYSICIAN),
        ("measure", "{}"),
        ("done", "00000000-0000-0000-0000-000000000000"),
        ("colour", "red"),
    ],
)
async def test_what_cannot_be_kept_is_named_and_nothing_of_the_form_is_set(
    laboratory: Laboratory, field: str, value: str
) -> None:
    complaint = await reported(laboratory)
    outcome = await laboratory.step(Action.RECORD, complaint, values={"evidence": "The log", field: value})
    assert set(outcome.form_errors) == {field}
    assert await laboratory.history(complaint) == [("open", None)]


async def test_a_measure_has_an_owner_and_a_date_and_is_done(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    given = {"kind": "corrective", "words": "Seal every box", "owner": NURSE, "due": "2026-11-30"}
    await laboratory.step(Action.RECORD, complaint, values={"measure": json.dumps(given)})
    (measure,) = await laboratory.rows(Measure)
    assert isinstance(measure, Measure)
    assert (measure.words, measure.due_on.isoformat(), measure.done_at) == (
        "Seal every box",
        "2026-11-30",
        None,
    )
    told = (await laboratory.messages(NURSE, "slack"))[-1]
    assert told.text.endswith("complaint C-2026-000001, by 2026-11-30:")
    await laboratory.step(Action.RECORD, complaint, values={"done": str(measure.id)})
    (measure,) = await laboratory.rows(Measure)
    assert isinstance(measure, Measure)
    assert measure.done_at == laboratory.now


async def test_only_quality_judges_whether_measures_worked(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    outcome = await laboratory.step(Action.RECORD, complaint, values={"effective": "yes"})
    assert set(outcome.form_errors) == {"effective"}
    await laboratory.step(Action.RECORD, complaint, QUALITY, values={"effective": "yes"})
    assert (await investigation(laboratory)).effective is Effective.YES


async def test_staff_enter_what_somebody_said_at_the_counter(laboratory: Laboratory) -> None:
    await laboratory.appoint(NURSE, Role.STAFF)
    values = {
        "came": "counter",
        "complainant": "patient",
        "name": "Ana García",
        "phone": "+34 600 000 000",
        "category": "courtesy",
        "phase": "general",
        "severity": "minor",
        "happened": "Nobody greeted me",
    }
    outcome = await laboratory.form(NURSE, questionnaire="on_behalf", **values)
    (complaint,) = await laboratory.complaints()
    assert outcome.number == complaint.number
    assert (complaint.channel, complaint.reporter_name, complaint.reporter_id) == (
        "counter",
        "Ana García",
        None,
    )
    assert complaint.entered_by_id is not None
    notice = (await laboratory.step(Action.REPLY, str(complaint.id), words="We are sorry.")).notice
    assert "please call or write" in notice


async def test_nobody_else_enters_complaints_for_others(laboratory: Laboratory) -> None:
    outcome = await laboratory.form(PHYSICIAN, questionnaire="on_behalf", came="counter")
    assert outcome.notice == "Only laboratory staff can do this."
    assert await laboratory.complaints() == []


async def test_whoever_is_involved_cannot_say_themselves_that_they_are_not(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(Action.RECORD, complaint, QUALITY, values={"involved": QUALITY})
    blank = await laboratory.step(
        Action.RECORD, complaint, QUALITY, values={"involved": "", "impartiality": " "}
    )
    noted = {"involved": "", "impartiality": "I was not there"}
    removed = await laboratory.step(Action.RECORD, complaint, QUALITY, values=noted)
    assert blank.refused is Refusal.INVOLVED
    assert removed.form_errors == {"involved": "Somebody else has to say that you are not involved."}


async def test_nobody_hands_a_complaint_to_somebody_involved(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(Action.RECORD, complaint, QUALITY, values={"involved": NURSE})
    outcome = await laboratory.step(Action.HAND_OVER, complaint, QUALITY, to=NURSE)
    assert outcome.refused is Refusal.INCOMPLETE


async def test_nobody_decides_on_a_complaint_of_their_own(laboratory: Laboratory) -> None:
    await laboratory.form(NURSE, **FORM)
    await laboratory.appoint(NURSE, Role.STAFF)
    complaint = str((await laboratory.complaints())[0].id)
    assert (await laboratory.step(Action.TAKE, complaint)).refused is Refusal.INVOLVED


async def test_a_closing_by_somebody_involved_does_not_claim_otherwise(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(Action.RESOLVE, complaint, note="Found")
    await laboratory.step(Action.RECORD, complaint, values={"involved": QUALITY})
    note = {"impartiality": "Nobody else is here this month"}
    await laboratory.step(Action.CLOSE, complaint, QUALITY, values=note)
    told = (await laboratory.messages(PHYSICIAN, "slack"))[-1].text
    assert "Everybody who could look at it was involved in it" in told


@pytest.mark.parametrize("ended", [Action.DECLINE, Action.MERGE])
async def test_nothing_is_merged_into_what_has_ended(laboratory: Laboratory, ended: Action) -> None:
    for _ in range(3):
        await reported(laboratory)
    first, second, _ = [str(one.id) for one in await laboratory.complaints()]
    await laboratory.step(ended, first, note="Not ours", words="Call IT.", original="C-2026-000003")
    outcome = await laboratory.step(Action.MERGE, second, original="C-2026-000001")
    assert outcome.refused is Refusal.INCOMPLETE


async def test_a_merged_complaint_can_be_opened_again(laboratory: Laboratory) -> None:
    await reported(laboratory)
    repeated = await reported(laboratory)
    await laboratory.step(Action.MERGE, repeated, original="C-2026-000001")
    await laboratory.step(Action.REOPEN, repeated, note="Another tube")
    _, after = await laboratory.complaints()
    assert (after.status, after.merged_into_id) == (Status.REOPENED, None)


async def test_a_question_that_reaches_nobody_stops_no_clock(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain(contact="Please do not")
    await laboratory.step(Action.ASK, complaint, words="Which arm was it?")
    (after,) = await laboratory.complaints()
    assert after.waiting_since is None
    assert after.due_at is not None


async def test_an_answer_that_does_not_come_is_waited_for_until_a_time(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.step(Action.PROGRESS, complaint, words="We are on it.")
    await laboratory.step(Action.ASK, complaint, words="Which arm was it?")
    (after,) = await laboratory.complaints()
    assert after.clock is Clock.WAIT
    assert after.look_at == after.due_at


async def test_what_could_not_wait_is_not_declined_without_quality_hearing_of_it(
    laboratory: Laboratory,
) -> None:
    laboratory.route(Routing(safety_words=("wrong patient",)))
    complaint = await reported(laboratory, happened="The wrong patient")
    await laboratory.step(Action.DECLINE, complaint, note="Not ours", words="Ask the ward.")
    assert (await laboratory.messages(QUALITY, "slack"))[-1].quotes == ("Not ours",)


async def test_those_on_call_see_a_card_go_that_can_wait_after_all(laboratory: Laboratory) -> None:
    laboratory.route(Routing(on_call=ON_CALL, safety_words=("wrong patient",)))
    complaint = await reported(laboratory, happened="The wrong patient?")
    await laboratory.step(Action.RECORD, complaint, values={"safety": "no", "consequence": "minor"})
    assert (await laboratory.messages(ON_CALL, "slack"))[-1].buttons == ()


async def test_what_was_acknowledged_by_the_way_was_so_by_message(laboratory: Laboratory) -> None:
    complaint = await reported(laboratory)
    await laboratory.step(Action.TAKE, complaint)
    assert (await laboratory.complaints())[0].acknowledged_how is Means.MESSAGE
