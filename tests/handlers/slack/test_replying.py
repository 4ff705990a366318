"""Writing to a reporter: by command from anywhere, and with the words of a template."""

import pytest

from sandbox.slack import View
from storage import contacts
from tests.handlers.slack.conftest import Stage


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    await stage.appoint("U0NURSE")
    await stage.report()
    return stage


@pytest.fixture
async def either(either: Stage) -> Stage:
    await either.appoint("U0NURSE")
    await either.report()
    return either


def said_privately(stage: Stage) -> str:
    return stage.nurse.private[-1].text


async def begins_with(stage: Stage, template: str) -> View:
    """Choose a template in the open form; the form once its words are in it."""
    view = stage.nurse.modal
    assert view is not None
    await stage.nurse.click(view, "template", template)
    before = typed(view)
    await stage.nurse.wait_for(lambda one: one.modal is not None and typed(one.modal) != before)
    assert stage.nurse.modal is not None
    return stage.nurse.modal


def typed(view: View) -> str:
    """The words for the reporter as they stand in a form."""
    (entry,) = view.values["words"].values()
    return str(entry["value"] or "")


async def test_words_with_a_number_reach_the_reporter_and_the_thread(either: Stage) -> None:
    number = (await either.complaint()).number
    await either.nurse.command(either.triage, "/reply", f"{number.lower()} We found it &amp; it is fine.")
    assert "We found it & it is fine." in (await either.told(either.house))[-1]
    assert "We found it & it is fine." in (await either.thread())[-1]
    assert said_privately(either) == f"Your reply to {number} is on its way. The reporter is told."


async def test_it_works_in_direct_messages_too(stage: Stage) -> None:
    number = (await stage.complaint()).number
    await stage.nurse.command(stage.nurse.direct, "/reply", f"{number}: We found it.")
    assert "We found it." in (await stage.told(stage.house))[-1]


@pytest.mark.parametrize("exists", [True, False])
async def test_a_stranger_learns_nothing_of_whether_a_number_exists(stage: Stage, exists: bool) -> None:
    number = (await stage.complaint()).number if exists else "C-2026-000999"
    await stage.delivery.settle()
    before = stage.triage.messages
    await stage.house.command(stage.triage, "/reply", f"{number} Hello")
    assert stage.house.private[-1].text == "Only laboratory staff can do this.\n\nHello"
    await stage.house.command(stage.triage, "/reply", number)
    await stage.house.wait_for(lambda house: len(house.private) == 2)
    assert stage.house.private[-1].text == "Only laboratory staff can do this."
    await stage.delivery.settle()
    assert stage.triage.messages == before


async def test_staff_are_told_of_a_number_that_is_none_and_get_their_words_back(stage: Stage) -> None:
    await stage.nurse.command(stage.triage, "/reply", "C-2026-000999 We found it.")
    assert said_privately(stage) == "I cannot find this complaint any more.\n\nWe found it."


async def test_words_that_could_not_be_kept_come_back(stage: Stage, no_database: object) -> None:
    await stage.nurse.command(stage.triage, "/reply", "C-2026-000001 We found it.")
    await stage.nurse.wait_for(lambda nurse: "\n\nWe found it." in nurse.private[-1].text)
    assert "could not be kept just now" in said_privately(stage)


async def test_a_number_without_words_opens_the_form(stage: Stage) -> None:
    number = (await stage.complaint()).number
    await stage.nurse.command(stage.triage, "/reply", number)
    await stage.nurse.wait_for(lambda nurse: nurse.modal is not None)
    assert stage.nurse.modal is not None
    assert stage.nurse.modal.title == "Reply"
    stage.nurse.fill({"words": "We found it."})
    assert await stage.nurse.submit() is None
    assert "We found it." in (await stage.told(stage.house))[-1]


@pytest.mark.parametrize("text", ["", "hello", "2026-000001 words"])
async def test_without_a_number_the_command_says_how_it_is_used(stage: Stage, text: str) -> None:
    await stage.nurse.command(stage.triage, "/reply", text)
    assert "/reply C-2026-000123 your words" in said_privately(stage)


async def test_a_template_fills_in_the_words_and_says_how_to_say_it_well(either: Stage) -> None:
    await either.begins(either.nurse, "Ask")
    view = await begins_with(either, "When and where was it?")
    assert typed(view).startswith("Thank you for telling us. So that we look in the right place")
    assert "Ask only for what you need. Say what you need it for." in str(view.blocks)
    assert await either.nurse.submit() is None
    assert "So that we look in the right place" in (await either.told(either.house))[-1]


async def test_a_template_leaves_words_that_were_typed_and_takes_away_another_template(stage: Stage) -> None:
    await stage.begins(stage.nurse, "Ask")
    stage.nurse.fill({"words": "Dear Dr House,"})
    view = await begins_with(stage, "When and where was it?")
    assert typed(view).startswith("Dear Dr House,\n\nThank you for telling us. So that")
    view = await begins_with(stage, "Which order or test is it?")
    assert typed(view).startswith("Dear Dr House,\n\nThank you for telling us. Which order")
    assert "So that" not in typed(view)


async def test_a_template_that_was_worked_on_stays_when_another_is_chosen(stage: Stage) -> None:
    await stage.begins(stage.nurse, "Ask")
    await begins_with(stage, "When and where was it?")
    stage.nurse.fill({"words": "When was it? Take your time."})
    view = await begins_with(stage, "Which order or test is it?")
    assert typed(view).startswith("When was it? Take your time.\n\nThank you for telling us. Which order")


async def test_a_template_there_is_no_room_for_changes_no_word(stage: Stage) -> None:
    await stage.begins(stage.nurse, "Ask")
    stage.nurse.fill({"words": "x" * 1990})
    assert stage.nurse.modal is not None
    await stage.nurse.click(stage.nurse.modal, "template", "When and where was it?")
    await stage.nurse.wait_for(lambda one: "There is no room" in str(one.modal))
    assert stage.nurse.modal is not None
    assert typed(stage.nurse.modal) == "x" * 1990


async def test_what_else_was_filled_in_stays_when_a_template_is_chosen(stage: Stage) -> None:
    await stage.begins(stage.nurse, "Resolve")
    stage.nurse.fill({"outcome": "The belt stood still."})
    view = await begins_with(stage, "The result was late")
    assert view.values["outcome"]["value"]["value"] == "The belt stood still."


async def test_a_blank_of_a_template_is_not_sent_unfilled(stage: Stage) -> None:
    await stage.begins(stage.nurse, "Progress")
    await begins_with(stage, "What we know, and when we will know more")
    assert await stage.nurse.submit() == {"words": "[what we know] still has to be filled in."}


async def test_templates_are_of_the_step_and_the_category(stage: Stage) -> None:
    view = await stage.begins(stage.nurse, "Ask")
    blocks = {block["block_id"]: block for block in view.blocks}
    titles = [option["text"]["text"] for option in blocks["template"]["element"]["options"]]
    assert titles == ["Which order or test is it?", "When and where was it?"]


async def test_a_template_is_in_the_reporters_language_and_its_tone_in_the_staffs(stage: Stage) -> None:
    reporter = await stage.database.read(contacts.find, "slack", "U0HOUSE")
    assert reporter is not None
    await stage.database.run(contacts.set_locale, reporter.id, "es")
    await stage.begins(stage.nurse, "Ask")
    view = await begins_with(stage, "When and where was it?")
    assert typed(view).startswith("Gracias por contárnoslo.")
    assert "Say what you need it for." in str(view.blocks)
