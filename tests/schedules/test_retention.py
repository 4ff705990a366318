"""Letting go of what is no longer needed, and of nothing else."""

import pytest

from bot.catalog import Catalog, load
from bot.dialog.event import Command
from schedules import retention
from storage.database import Database
from storage.tables import Contact, ContactKind, Conversation, Inbox, Outbox
from tests.bot.turns.conftest import ROOM, Laboratory


@pytest.fixture(scope="module")
def words() -> Catalog:
    return load()


async def people(laboratory: Laboratory) -> int:
    rows = [one for one in await laboratory.rows(Contact) if isinstance(one, Contact)]
    return sum(one.kind is ContactKind.PERSON for one in rows)


async def a_month_passes(laboratory: Laboratory) -> None:
    await laboratory.deliver()
    laboratory.passes(days=31)
    await retention.prune(laboratory.database, laboratory.clock)


async def test_events_and_settled_messages_are_dropped(database: Database, words: Catalog) -> None:
    laboratory = Laboratory(database, words)
    await laboratory.enrol()
    await a_month_passes(laboratory)
    assert (await laboratory.rows(Inbox), await laboratory.rows(Outbox)) == ([], [])


async def test_however_many_there_are_all_are_dropped(
    database: Database, words: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    laboratory = Laboratory(database, words)
    await laboratory.enrol()
    for _ in range(4):
        await laboratory.say("What?")
    await a_month_passes(laboratory)
    assert (await laboratory.rows(Inbox), await laboratory.rows(Outbox)) == ([], [])


async def test_a_message_not_yet_delivered_is_kept(database: Database, words: Catalog) -> None:
    laboratory = Laboratory(database, words)
    await laboratory.start(None)
    laboratory.passes(days=31)
    await retention.prune(laboratory.database, laboratory.clock)
    assert len(await laboratory.rows(Outbox)) == 1
    assert await people(laboratory) == 1


async def test_who_opened_the_chat_and_left_is_forgotten(database: Database, words: Catalog) -> None:
    laboratory = Laboratory(database, words)
    await laboratory.start(await laboratory.visit())
    await a_month_passes(laboratory)
    assert (await people(laboratory), await laboratory.rows(Conversation)) == (0, [])


async def test_who_was_here_lately_is_not_forgotten(database: Database, words: Catalog) -> None:
    laboratory = Laboratory(database, words)
    token = await laboratory.visit()
    await laboratory.start(token)
    await laboratory.deliver()
    laboratory.passes(days=20)
    await laboratory.start(token)
    await laboratory.deliver()
    laboratory.passes(days=20)
    await retention.prune(laboratory.database, laboratory.clock)
    assert await people(laboratory) == 1


async def test_who_answered_or_complained_is_not_forgotten(database: Database, words: Catalog) -> None:
    laboratory = Laboratory(database, words)
    await laboratory.enrol()
    await laboratory.command(Command.COMPLAINT, who="2002")
    await a_month_passes(laboratory)
    assert await people(laboratory) == 2


async def test_rooms_are_never_forgotten(database: Database, words: Catalog) -> None:
    laboratory = Laboratory(database, words)
    values = {"category": "it", "phase": "general", "severity": "minor", "happened": "Down"}
    await laboratory.form(**values)
    await a_month_passes(laboratory)
    rows = [one for one in await laboratory.rows(Contact) if isinstance(one, Contact)]
    assert ROOM in {one.address for one in rows}
