"""From /lab-praise to the room for praise, and to the one who is praised."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from sandbox.slack import SlackPerson
from storage.database import Session
from storage.tables import Praise
from tests.handlers.slack.conftest import Stage, words
from tests.handlers.slack.test_waiting import locked, shown

WORDS = "You called us at 3 in the morning <!channel> & saved us a second draw."
THANKS = {"about": "The night shift", "colleague": "U0NURSE", "site": "North", "words": WORDS}


async def opened(stage: Stage) -> SlackPerson:
    """A physician before the form."""
    await stage.house.command(stage.triage, "/lab-praise")
    await stage.house.wait_for(lambda house: house.modal is not None)
    return stage.house


async def praise(stage: Stage, **values: str) -> dict[str, str] | None:
    house = await opened(stage)
    house.fill(THANKS | values)
    return await house.submit()


def _kept(session: Session) -> list[Praise]:
    return list(session.exec(select(Praise)).all())


async def kept(stage: Stage) -> list[Praise]:
    return await stage.database.read(_kept)


async def test_the_form_is_the_questionnaire_with_a_list_of_colleagues(stage: Stage) -> None:
    modal = (await opened(stage)).modal
    assert modal is not None
    inputs = [block for block in modal.blocks if block["type"] == "input"]
    assert [(block["block_id"], block["element"]["type"], block["optional"]) for block in inputs] == [
        ("about", "plain_text_input", True),
        ("colleague", "users_select", True),
        ("site", "plain_text_input", True),
        ("words", "plain_text_input", False),
    ]
    assert "without your name" in str(modal.blocks)


async def test_thanks_are_shown_by_site_and_told_to_the_colleague(either: Stage) -> None:
    north = either.slack.room("C0NORTH", name="kudos-north")
    await either.appoint("U0NURSE")
    assert await praise(either) is None

    modal = either.house.modal
    assert modal is not None
    assert "they will make somebody's day" in str(modal.blocks)
    assert "they will make somebody's day" in (await either.told(either.house))[-1]
    (message,) = north.messages
    assert "Somebody says thank you" in words(message)
    assert "<@U0NURSE>" in words(message)
    assert f"“{WORDS}”" in words(message)
    assert "U0HOUSE" not in words(message)
    (told,) = await either.told(either.nurse)
    assert told.startswith("Somebody thanked you")
    assert WORDS in told


async def test_without_a_word_it_is_only_for_the_room(stage: Stage) -> None:
    kudos = stage.slack.room("C0KUDOS", name="kudos")
    house = await opened(stage)
    house.fill({"words": WORDS})
    assert await house.submit() is None
    await stage.delivery.settle()
    assert WORDS in words(kudos.messages[0])
    assert "For" not in words(kudos.messages[0]).split("\n")


async def test_words_of_white_space_are_mended(stage: Stage) -> None:
    assert await praise(stage, words="  ") == {"words": "Please answer this one."}
    assert await kept(stage) == []


async def test_praise_waits_for_a_room_that_is_not_there_yet(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    assert await praise(stage, site="South") is None
    await stage.delivery.settle()
    assert "nobody sees what is for C0KUDOS now" in caplog.text
    kudos = stage.slack.room("C0KUDOS", name="kudos")
    stage.clock.advance(minutes=6)
    await stage.delivery.poll()
    await stage.delivery.settle()
    assert WORDS in words(kudos.messages[0])


async def test_without_a_database_the_form_keeps_what_was_typed(
    stage: Stage, no_database: Callable[[], None]
) -> None:
    errors = await praise(stage)
    assert errors is not None
    assert list(errors.values()) == [
        "This could not be kept just now. Nothing you typed is lost; please submit it again."
    ]
    modal = stage.house.modal
    assert modal is not None
    assert modal.values["words"]["value"]["value"] == WORDS
    assert modal.values["colleague"]["value"]["selected_user"] == "U0NURSE"

    no_database()

    assert await stage.house.submit() is None
    assert [one.words for one in await kept(stage)] == [WORDS]


async def test_a_form_that_cannot_be_kept_yet_says_so_keeps_its_colleague_and_then_thanks(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.slack.modals._SHOWN_SECONDS", 0.0)
    house = await opened(stage)
    house.fill(THANKS)
    with locked(tmp_path):
        await house.submit()
        assert shown(house) == ("Not confirmed yet", "Send again")
        assert house.modal is not None
        assert house.modal.values["colleague"]["value"]["selected_user"] == "U0NURSE"
    await house.wait_for(lambda one: one.modal is not None and one.modal.submit is None)
    assert house.modal is not None
    assert "they will make somebody's day" in str(house.modal.blocks)
    assert len(await kept(stage)) == 1
