"""What a restored database takes over from the one it replaces."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from bot.dialog.message import Message
from storage import complaints, contacts, digests, outbox, subscriptions
from storage.database import Database, Session
from storage.encryption import Keyring, generate_key
from storage.tables import ContactKind, DeliveryStatus, Outbox, Period, Subscription
from storage.takeover import FormerUnreadable, TakenOver, take_over

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
TODAY = date(2026, 11, 2)


@pytest.fixture
async def restored(sqlite_template: Path, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Database]:
    """Of the evening before: a message is on its way, a digest subscribed, a complaint numbered."""
    file = _copy(sqlite_template, tmp_path / "restored.db")
    database = await Database.open(f"sqlite:///{file}", keyring)
    await database.run(_evening)
    yield database
    await database.close()


@pytest.fixture
async def former(restored: Database, tmp_path: Path, keyring: Keyring) -> AsyncIterator[sqlite3.Connection]:
    """What became of it by the morning."""
    with closing(sqlite3.connect(tmp_path / "restored.db")) as source:
        source.execute("VACUUM INTO ?", (str(tmp_path / "former.db"),))
    database = await Database.open(f"sqlite:///{tmp_path / 'former.db'}", keyring)
    await database.run(_morning)
    await database.close()
    with closing(sqlite3.connect(tmp_path / "former.db", check_same_thread=False)) as connection:
        yield connection


@pytest.fixture
def nothing() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        yield connection


def _copy(template: Path, file: Path) -> Path:
    file.write_bytes(template.read_bytes())
    return file


def _evening(session: Session) -> None:
    room = contacts.find_or_add(session, "slack", "C1", ContactKind.ROOM, "en", NOW)
    outbox.enqueue(session, room.id, Message("A complaint", slot="complaint:1"), NOW)
    subscriptions.subscribe(
        session, room.id, period=Period.DAY, weekday=None, at="08:00", timezone="UTC", locale="en", now=NOW
    )
    assert complaints.next_number(session, 2026) == "C-2026-000001"


def _morning(session: Session) -> None:
    outbox.record_sent(session, session.exec(select(Outbox.id)).one(), "171.42", NOW)
    assert digests.claim_run(session, _subscription(session), TODAY, NOW)
    assert complaints.next_number(session, 2026) == "C-2026-000002"


def _subscription(session: Session) -> UUID:
    return session.exec(select(Subscription.id)).one()


def _message(session: Session) -> Outbox:
    return session.exec(select(Outbox)).one()


async def test_a_message_sent_since_is_sent_and_can_be_edited(
    restored: Database, former: sqlite3.Connection
) -> None:
    assert await restored.run(take_over, former) == TakenOver(1, 0)
    message = await restored.read(_message)
    assert (message.status, message.reference, message.body) == (DeliveryStatus.SENT, "171.42", None)


async def test_a_digest_sent_since_is_not_sent_again(restored: Database, former: sqlite3.Connection) -> None:
    await restored.run(take_over, former)
    assert not await restored.run(
        lambda session: digests.claim_run(session, _subscription(session), TODAY, NOW)
    )


async def test_no_number_of_a_complaint_is_given_out_twice(
    restored: Database, former: sqlite3.Connection
) -> None:
    await restored.run(take_over, former)
    assert await restored.run(complaints.next_number, 2026) == "C-2026-000003"


async def test_a_database_that_knows_nothing_changes_nothing(
    restored: Database, nothing: sqlite3.Connection
) -> None:
    with pytest.raises(FormerUnreadable):
        await restored.run(take_over, nothing)
    assert (await restored.read(_message)).status is DeliveryStatus.PENDING


async def test_a_database_sealed_with_other_keys_changes_nothing(
    former: sqlite3.Connection, tmp_path: Path
) -> None:
    stranger = await Database.open(f"sqlite:///{tmp_path / 'restored.db'}", Keyring([generate_key()]))
    with pytest.raises(FormerUnreadable):
        await stranger.run(take_over, former)
    await stranger.close()
