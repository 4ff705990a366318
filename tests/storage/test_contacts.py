"""People and rooms."""

from datetime import UTC, datetime

from storage import contacts
from storage.database import Database, Session
from storage.tables import ContactKind

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def _group(session: Session, address: str) -> None:
    contacts.find_or_add(session, "telegram", address, ContactKind.ROOM, "en", NOW)


async def test_a_group_with_a_new_id_stays_the_same_contact(database: Database) -> None:
    await database.run(_group, "-1")
    before = await database.read(contacts.find, "telegram", "-1")
    await database.run(contacts.move, "telegram", "-1", "-100")
    after = await database.read(contacts.find, "telegram", "-100")
    assert before is not None
    assert after is not None
    assert (after.id, after.address) == (before.id, "-100")


async def test_a_move_never_takes_over_somebody_elses_place(database: Database) -> None:
    await database.run(_group, "-1")
    await database.run(_group, "-100")
    await database.run(contacts.move, "telegram", "-1", "-100")
    assert await database.read(contacts.find, "telegram", "-1") is not None


async def test_an_address_is_the_same_person_on_one_channel_only(database: Database) -> None:
    await database.run(_group, "-1")
    assert await database.read(contacts.find, "slack", "-1") is None
