"""Each turn is told once, by a word out of a short list."""

from unittest.mock import ANY

import pytest

from bot.turns import Turns
from storage.database import Database, DatabaseUnavailable
from tests.bot.turns.conftest import Laboratory

Told = list[tuple[str, str, float]]


@pytest.fixture
def told(laboratory: Laboratory) -> Told:
    told: Told = []
    laboratory.turns = Turns(
        laboratory.database,
        laboratory.catalog,
        laboratory.lab,
        laboratory.clock,
        lambda ids, _: laboratory.handed_over.extend(ids),
        lambda *turn: told.append(turn),
    )
    return told


async def test_what_came_of_each_event_is_told_with_its_channel(laboratory: Laboratory, told: Told) -> None:
    values = {"category": "specimen", "phase": "general", "severity": "serious", "happened": "Lost"}
    await laboratory.start(None)
    await laboratory.start("Zm9vYmFyYmF6cXV4MTIzNA")
    await laboratory.form(category="specimen")
    await laboratory.form(event_id="same", **values)
    await laboratory.form(event_id="same", **values)
    assert told == [
        ("telegram", "taken", ANY),
        ("telegram", "unknown_link", ANY),
        ("slack", "asked_again", ANY),
        ("slack", "taken", ANY),
        ("slack", "repeated", ANY),
    ]
    assert all(0 < seconds < 60 for _, _, seconds in told)


async def test_a_turn_that_fails_is_told_as_kept(
    laboratory: Laboratory, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.dialog.engine.step", None)
    await laboratory.start(None)
    assert told == [("telegram", "kept", ANY)]


async def test_an_event_that_cannot_be_kept_is_told_as_not_taken(
    laboratory: Laboratory, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object) -> None:
        raise DatabaseUnavailable("locked")

    monkeypatch.setattr(Database, "run", down)
    with pytest.raises(DatabaseUnavailable):
        await laboratory.start(None)
    assert told == [("telegram", "not_taken", ANY)]
