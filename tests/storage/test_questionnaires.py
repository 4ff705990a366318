"""Every version ever used is kept; its words may be bettered without making it another one."""

from datetime import UTC, datetime

from storage import questionnaires
from storage.database import Database

NOW = datetime(2026, 11, 2, tzinfo=UTC)


async def test_every_version_stays_within_reach(database: Database) -> None:
    await database.run(questionnaires.keep, "small", 1, "first", NOW)
    await database.run(questionnaires.keep, "small", 2, "second", NOW)
    assert await database.read(questionnaires.kept) == {("small", 1): "first", ("small", 2): "second"}


async def test_better_words_take_the_place_of_the_former_ones(database: Database) -> None:
    await database.run(questionnaires.keep, "small", 1, "How was it?", NOW)
    await database.run(questionnaires.keep, "small", 1, "How did it go?", NOW)
    assert await database.read(questionnaires.kept) == {("small", 1): "How did it go?"}
