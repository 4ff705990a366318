"""The forms of the steps: what they ask, what they do, and that nothing typed in them is lost."""

import asyncio
from unittest.mock import patch

import pytest

from bot.complaints.terms import Department, Role, Status
from sandbox.slack import SlackPerson, View
from storage import contacts, investigations
from storage.database import DatabaseUnavailable, Session
from tests.handlers.slack.conftest import Stage
from tests.stage.waiting import until

BOSS = "U0BOSS"


async def at_work(around: Stage) -> Stage:
    """A nurse and a quality manager work here, and Dr House has reported something."""
    await around.appoint("U0NURSE")
    await around.appoint(BOSS, Role.QUALITY)
    around.slack.person(BOSS, name="Ms Boss")
    await around.report()
    return around


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    return await at_work(stage)


@pytest.fixture
async def either(either: Stage) -> Stage:
    return await at_work(either)


def boss(stage: Stage) -> SlackPerson:
    return stage.slack.person(BOSS, name="Ms Boss")


def asked(view: View) -> list[str]:
    """The inputs of a form."""
    return [block["block_id"] for block in view.blocks if block["type"] == "input"]


def shown(person: SlackPerson) -> str:
    return str(person.modal)


async def involve(stage: Stage, account: str) -> None:
    complaint = await stage.complaint()

    def involve(session: Session) -> None:
        contact = contacts.find(session, "slack", account)
        assert contact is not None
        investigations.set_involved(session, complaint.id, [contact.id])

    await stage.database.run(involve)


async def test_a_question_goes_to_the_reporter_and_the_card_says_what_is_awaited(either: Stage) -> None:
    assert await either.does(either.nurse, "Ask", words="Which ward was it?") is None
    assert "Which ward was it?" in (await either.told(either.house))[-1]
    assert "Waiting for the reporter" in str((await either.card()).blocks)
    assert "Which ward was it?" in (await either.thread())[-1]
    assert "Your question about" in shown(either.nurse)


@pytest.mark.parametrize(
    ("label", "status"), [("Reply", Status.ACKNOWLEDGED), ("Progress", Status.INVESTIGATING)]
)
async def test_words_for_the_reporter_are_sent_as_written(stage: Stage, label: str, status: Status) -> None:
    assert await stage.does(stage.nurse, label, words="We are on it.") is None
    assert "We are on it." in (await stage.told(stage.house))[-1]
    assert (await stage.complaint()).status is status


async def test_a_complaint_is_handed_to_a_department_and_a_colleague(stage: Stage) -> None:
    await stage.appoint("U0KIM")
    kim = stage.slack.person("U0KIM", name="Kim")
    assert (
        await stage.does(
            stage.nurse, "Hand over", department="Courier", colleague="U0KIM", note="It left the bench."
        )
        is None
    )
    complaint = await stage.complaint()
    assert complaint.department is Department.COURIER
    assert "It left the bench." in (await stage.told(kim))[-1]
    assert "<@U0KIM>" in str((await stage.card()).blocks)


@pytest.mark.parametrize(
    "given", [{}, {"colleague": "U0HOUSE"}, {"department": "IT", "colleague": "U0HOUSE"}]
)
async def test_whoever_is_no_colleague_is_handed_nothing(stage: Stage, given: dict[str, str]) -> None:
    errors = await stage.does(stage.nurse, "Hand over", **given, note="Please look.")
    assert errors == {
        "department": f"Say who goes on with {(await stage.complaint()).number}: a department, "
        "or a colleague who is laboratory staff and not involved in it."
    }
    assert (await stage.complaint()).assignee_id is None
    assert stage.nurse.modal is not None
    assert stage.nurse.modal.values["note"]["value"]["value"] == "Please look."


async def test_a_complaint_is_declined_with_a_reason_and_words_of_who_can_help(stage: Stage) -> None:
    errors = await stage.does(stage.nurse, "Decline", reason="The pharmacy's", words="  ")
    assert errors == {"words": "Please answer this one."}
    stage.nurse.fill({"words": "Please call the pharmacy, 555 0100."})
    assert await stage.nurse.submit() is None
    complaint = await stage.complaint()
    assert (complaint.status, complaint.outcome) == (Status.DECLINED, "The pharmacy's")
    assert "555 0100" in (await stage.told(stage.house))[-1]


async def test_a_repetition_is_merged_into_one_of_the_open_complaints_of_its_category(stage: Stage) -> None:
    first = (await stage.complaint()).number
    await stage.report(happened="The same once more")
    await stage.report(category="billing")
    await stage.delivery.settle()
    second = next(one for one in stage.triage.messages if "The same once more" in str(one.blocks))

    await stage.nurse.click(second, "Merge")
    await stage.nurse.wait_for(lambda nurse: nurse.modal is not None)
    assert stage.nurse.modal is not None
    blocks = {block["block_id"]: block for block in stage.nurse.modal.blocks}
    options = blocks["original"]["element"]["options"]
    assert [option["value"] for option in options] == [first]
    stage.nurse.fill({"original": first})
    assert await stage.nurse.submit() is None

    merged = next(one for one in await stage.complaints() if one.words == "The same once more")
    assert merged.status is Status.MERGED


async def test_a_number_that_is_none_is_told_at_its_input(stage: Stage) -> None:
    errors = await stage.does(stage.nurse, "Merge", number="C-2026-999999")
    assert errors is not None
    assert errors["number"].startswith("Give the number of the complaint that")


async def test_only_a_manager_closes_and_the_reporter_is_asked_how_it_went(either: Stage) -> None:
    await either.does(either.nurse, "Resolve", outcome="A new tube was drawn.")
    await either.nurse.click(await either.card(), "Close")
    await either.nurse.wait_for(lambda nurse: bool(nurse.private))
    assert either.nurse.private[-1].text == "Only a quality manager or a manager can do this."

    view = await either.begins(boss(either), "Close")
    assert "A new tube was drawn." in str(view.blocks)
    assert await boss(either).submit() is None
    assert (await either.complaint()).status is Status.CLOSED
    assert "Did we put it right?" in (await either.told(either.house))[-1]


async def test_an_ended_complaint_is_opened_again_for_a_reason(stage: Stage) -> None:
    await stage.does(stage.nurse, "Resolve", outcome="Done")
    assert await stage.does(stage.nurse, "Open again", reason="The tube is still missing.") is None
    assert (await stage.complaint()).status is Status.REOPENED
    assert "The tube is still missing." in (await stage.told(boss(stage)))[-1]


async def test_a_form_for_a_step_that_is_past_is_not_shown(stage: Stage) -> None:
    card = await stage.card()
    await stage.changes(status=Status.CLOSED)
    await stage.nurse.click(card, "Ask")
    await stage.nurse.wait_for(lambda nurse: bool(nurse.private))
    assert "cannot take this step now" in stage.nurse.private[-1].text


async def test_others_are_shown_no_form(stage: Stage) -> None:
    card = await stage.card()
    for label in ("Hand over", "Ask", "Reply", "Progress", "Record", "Resolve", "Decline", "Merge"):
        before = len(stage.house.private)
        await stage.house.click(card, label)
        await until(lambda: len(stage.house.private) > before)  # noqa: B023 - awaited at once
        assert stage.house.private[-1].text == "Only laboratory staff can do this."
        assert stage.house.modal is None or stage.house.modal.submit is None


async def test_whoever_is_involved_says_why_nobody_else_can_take_it(either: Stage) -> None:
    await involve(either, "U0NURSE")
    view = await either.begins(either.nurse, "Take")
    assert asked(view) == ["impartiality"]
    either.nurse.fill({"impartiality": "Nobody else is here at night."})
    assert await either.nurse.submit() is None
    assert (await either.complaint()).status is Status.INVESTIGATING
    found = await either.database.read(investigations.find, (await either.complaint()).id)
    assert found is not None
    assert found.impartiality == "Nobody else is here at night."


async def test_a_note_of_somebody_else_is_no_reason_of_ones_own(stage: Stage) -> None:
    await involve(stage, "U0NURSE")
    await stage.does(stage.nurse, "Take", impartiality="Nobody else is here at night.")
    view = await stage.begins(stage.nurse, "Resolve")
    assert view.values["impartiality"]["value"]["value"] is None
    stage.nurse.fill({"outcome": "Done"})
    assert await stage.nurse.submit() == {"impartiality": "Please complete this required field."}
    view = await stage.begins(boss(stage), "Record")
    assert view.values["impartiality"]["value"]["value"] == "Nobody else is here at night."


async def test_whoever_turns_out_to_be_involved_is_asked_for_the_note_and_keeps_their_words(
    stage: Stage,
) -> None:
    view = await stage.begins(stage.nurse, "Resolve")
    assert "impartiality" not in asked(view)
    stage.nurse.fill({"outcome": "I found it.", "words": "Sorry."})
    await involve(stage, "U0NURSE")

    assert await stage.nurse.submit() is None

    assert stage.nurse.modal is not None
    assert "named as involved" in shown(stage.nurse)
    assert stage.nurse.modal.values["outcome"]["value"]["value"] == "I found it."
    stage.nurse.fill({"impartiality": "Only I know the analyser."})
    assert await stage.nurse.submit() is None
    assert (await stage.complaint()).status is Status.RESOLVED


async def test_a_refused_form_keeps_what_was_typed_and_can_be_sent_again(stage: Stage) -> None:
    await stage.begins(stage.nurse, "Ask")
    stage.nurse.fill({"words": "Which ward?"})
    await stage.changes(status=Status.CLOSED)
    errors = await stage.nurse.submit()
    assert errors is not None
    assert "cannot take this step now" in errors["words"]
    await stage.changes(status=Status.ACKNOWLEDGED)
    assert await stage.nurse.submit() is None
    assert "Which ward?" in (await stage.told(stage.house))[-1]


async def test_a_form_that_could_not_be_kept_stays_as_it_was_filled_in(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.slack.modals._SHOWN_SECONDS", 0.0)
    await stage.begins(stage.nurse, "Hand over")
    stage.nurse.fill({"department": "Courier", "colleague": BOSS, "note": "It left the bench."})
    fail = asyncio.Event()

    async def fails(*_: object) -> None:
        await fail.wait()
        raise DatabaseUnavailable("locked for too long")

    with monkeypatch.context() as broken, patch("handlers.slack.collaborators._MOMENT", 0.01):
        broken.setattr(stage.database, "run", fails)
        assert await stage.nurse.submit() is None
        assert stage.nurse.modal is not None
        assert stage.nurse.modal.title == "Not confirmed yet"
        fail.set()
        await stage.nurse.wait_for(lambda one: one.modal is not None and one.modal.title == "Hand over")
    assert shown(stage.nurse).count("Nothing you typed is lost; please submit it again.") == 1
    assert "this is still being kept" not in shown(stage.nurse)
    assert await stage.nurse.submit() is None
    complaint = await stage.complaint()
    assert complaint.department is Department.COURIER
    assert complaint.assignee_id is not None


async def test_a_form_of_a_version_that_is_gone_is_answered(stage: Stage) -> None:
    body: dict[str, object] = {
        "type": "view_submission",
        "user": {"id": "U0NURSE"},
        "view": {
            "type": "modal",
            "id": "V1",
            "callback_id": "step.bury",
            "blocks": [{"type": "input", "block_id": "words", "element": {}}],
        },
    }
    assert "This form is out of date." in (await stage.dispatch(body)).body
