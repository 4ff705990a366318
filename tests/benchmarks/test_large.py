"""The database that speed is measured on is one the bot could have written."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, col, select

from benchmarks.large import ANSWERS_EACH, fill
from bot.catalog import load
from bot.dialog.state import State
from schedules.digests.indicators import asked_of
from storage import contacts, conversations, digests, follow_ups
from storage.database import Database
from storage.encryption import Keyring
from storage.tables import Answer, Outbox, Response, Table, Visit
from tests.storage.digests import by_hand

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ANSWERED, WAITING = 400, 30


async def filled(url: str, keyring: Keyring) -> Database:
    await asyncio.to_thread(fill, url, keyring, NOW, answered=ANSWERED, waiting=WAITING)
    return await Database.open(url, keyring)


async def test_rows_refer_to_rows_that_are_there(database_url: str, keyring: Keyring) -> None:
    database = await filled(database_url, keyring)
    assert await database.read(dangling) == []
    await database.close()


async def test_every_row_can_be_read(database_url: str, keyring: Keyring) -> None:
    database = await filled(database_url, keyring)
    counts = await database.read(lambda session: {table: len(rows(session, table)) for table in TABLES})
    assert counts[Visit] == ANSWERED + WAITING
    assert counts[Answer] == ANSWERED * ANSWERS_EACH
    assert counts[Outbox] > 0
    await database.close()


async def test_a_digest_of_it_counts_its_rows(database_url: str, keyring: Keyring) -> None:
    database = await filled(database_url, keyring)
    span = asked_of(load().questionnaires.values()), NOW - timedelta(days=70), NOW
    found = await database.read(digests.figures, *span)
    expected = await database.read(by_hand.figures, *span)
    assert (found.uptake, set(found.tallies), set(found.sites)) == expected
    assert all(one.answered for one in found.uptake)
    await database.close()


async def test_the_people_are_found_by_their_accounts(database_url: str, keyring: Keyring) -> None:
    database = await filled(database_url, keyring)

    def patient(session: Session) -> State:
        contact = contacts.find(session, "telegram", str(10**10))
        assert contact is not None
        return conversations.load(session, contact.id)[1]

    assert (await database.run(patient)).stack == ()
    await database.close()


async def test_the_last_are_to_be_asked_tomorrow(database_url: str, keyring: Keyring) -> None:
    database = await filled(database_url, keyring)
    tomorrow = NOW + timedelta(days=1)
    assert await database.read(follow_ups.count_due, tomorrow - timedelta(seconds=1)) == 0
    assert await database.read(follow_ups.count_due, tomorrow + timedelta(days=1)) == WAITING
    await database.close()


async def test_the_newest_have_the_newest_ids(database_url: str, keyring: Keyring) -> None:
    database = await filled(database_url, keyring)
    begun = await database.read(
        lambda session: session.exec(select(Response.started_at).order_by(col(Response.id))).all()
    )
    assert list(begun) == sorted(begun)
    await database.close()


TABLES: list[type[Table]] = [mapper.class_ for mapper in Table._sa_registry.mappers]


def rows(session: Session, table: type[Table]) -> list[Table]:
    return list(session.exec(select(table)).all())


def dangling(session: Session) -> list[str]:
    """The foreign keys that have no row at their other end."""
    found = []
    for table in Table.metadata.tables.values():
        for key in table.foreign_keys:
            target = key.column
            query = (
                f"SELECT count(*) FROM {table.name} WHERE {key.parent.name} IS NOT NULL AND {key.parent.name}"
                f" NOT IN (SELECT {target.name} FROM {target.table.name})"
            )
            if session.connection().execute(text(query)).scalar_one():
                found.append(f"{table.name}.{key.parent.name}")
    return found
