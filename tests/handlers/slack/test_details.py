"""One complaint in a modal: what is shown of it to whom, and steps taken from there."""

from collections.abc import Callable

import pytest

from bot.complaints.terms import Rating, Role, Status
from sandbox.slack import SlackPerson, View
from tests.handlers.slack.conftest import ISSUE, Stage
from tests.handlers.slack.test_home import home, listed
from tests.stage.waiting import until


async def opens(person: SlackPerson) -> View:
    """Open the first complaint listed in App Home."""
    await person.click(await home(person), "home.open")
    await person.wait_for(lambda one: one.modal is not None and one.modal.callback_id == "detail")
    assert person.modal is not None
    return person.modal


async def until_it_says(person: SlackPerson, words: str) -> None:
    await person.wait_for(lambda one: one.modal is not None and words in str(one.modal.blocks))


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    await stage.appoint("U0NURSE")
    await stage.report()
    return stage


async def test_staff_see_the_essentials_the_history_and_what_can_be_done(either: Stage) -> None:
    await either.appoint("U0NURSE")
    await either.report()
    await either.does(either.nurse, "Ask", words="Which ward?")
    view = await opens(either.nurse)
    shown = str(view.blocks)
    assert ISSUE["happened"] in shown
    assert "Asked the reporter" in shown
    assert "<@U0NURSE>" in shown
    assert "Which ward?" in shown
    assert "Merge" in shown


async def test_a_step_taken_there_shows_at_once_and_app_home_follows(either: Stage) -> None:
    await either.appoint("U0NURSE")
    await either.report()
    await either.nurse.click(await opens(either.nurse), "Acknowledge")
    await until_it_says(either.nurse, "is acknowledged. The reporter is told.")
    await until_it_says(either.nurse, "Acknowledged")
    await either.nurse.wait_for(lambda one: one.home is not None and "Acknowledged" in listed(one.home)[0])


async def test_a_form_opened_there_lies_above_and_what_lies_beneath_follows(stage: Stage) -> None:
    await stage.nurse.click(await opens(stage.nurse), "Resolve")
    await stage.nurse.wait_for(lambda one: one.modal is not None and one.modal.title == "Resolve")
    stage.nurse.fill({"outcome": "Found in the box."})
    assert await stage.nurse.submit() is None
    await until_it_says(stage.nurse, "is resolved.")
    stage.nurse.close()
    await until_it_says(stage.nurse, "Found in the box.")
    assert stage.nurse.modal is not None
    assert stage.nurse.modal.callback_id == "detail"
    assert "Open again" in str(stage.nurse.modal.blocks)


async def test_whoever_reported_it_sees_what_they_were_told_and_can_answer(stage: Stage) -> None:
    await stage.does(stage.nurse, "Ask", words="Which ward?")
    await stage.does(stage.nurse, "Hand over", department="Courier", note="Not for the reporter")
    view = await opens(stage.house)
    shown = str(view.blocks)
    assert "Which ward?" in shown
    assert "Not for the reporter" not in shown
    assert "complaint." not in shown
    await stage.house.click(view, "Answer")
    await until_it_says(stage.house, "It goes on in your messages with this app.")
    assert "Please write what you would like to tell the laboratory" in (await stage.told(stage.house))[-1]


async def test_a_closed_one_is_rated_there(stage: Stage) -> None:
    await stage.changes(status=Status.CLOSED)
    await stage.house.click(await opens(stage.house), "Yes")
    await until_it_says(stage.house, "It goes on in your messages with this app.")
    assert (await stage.complaint()).rating is Rating.YES


async def test_the_name_of_whoever_wants_it_withheld_is_for_those_who_need_it(stage: Stage) -> None:
    await stage.appoint("U0BOSS", Role.QUALITY)
    boss = stage.slack.person("U0BOSS", name="Ms Boss")
    await stage.changes(reporter_name="Gregory", confidential=True)
    assert "Gregory" not in str((await opens(stage.nurse)).blocks)
    assert "Gregory" in str((await opens(boss)).blocks)
    stage.nurse.close()
    await stage.nurse.click(await stage.card(), "Take")
    await stage.delivery.settle()
    assert "Gregory" in str((await opens(stage.nurse)).blocks)


async def test_to_others_there_is_no_such_complaint(stage: Stage) -> None:
    complaint = await stage.complaint()
    stranger = stage.slack.person("U0STRANGER", name="Stranger")
    for known in (str(complaint.id), complaint.number, "nonsense", ""):
        body: dict[str, object] = {
            "type": "block_actions",
            "user": {"id": "U0STRANGER"},
            "trigger_id": "1.2.3",
            "actions": [{"type": "button", "action_id": "home.open", "value": known}],
        }
        before = len(stranger.direct.messages)
        await stage.dispatch(body)
        await until(lambda: len(stranger.direct.messages) > before)  # noqa: B023 - awaited at once
        assert stranger.direct.messages[-1].text == "I cannot find this complaint any more."


async def test_a_history_of_any_length_fits(stage: Stage) -> None:
    for n in range(40):
        await stage.nurse.command(
            stage.triage, "/reply", f"{(await stage.complaint()).number} Word {n} " + "x" * 1500
        )
    view = await opens(stage.nurse)
    assert len(view.blocks) <= 100
    assert "Word 39" in str(view.blocks)


async def test_a_complaint_that_cannot_be_read_now_says_so(
    stage: Stage, no_database: Callable[[], None]
) -> None:
    complaint = "01a21569-4bc1-76ff-b61d-061e65356554"
    body: dict[str, object] = {
        "type": "block_actions",
        "user": {"id": "U0NURSE"},
        "trigger_id": "1.2.3",
        "actions": [{"type": "button", "action_id": "home.open", "value": complaint}],
    }
    await stage.dispatch(body)
    await stage.nurse.wait_for(lambda one: bool(one.direct.messages))
    assert stage.nurse.direct.messages[-1].text == "That did not work just now. Please try again in a moment."
