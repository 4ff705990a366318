"""What a restored database takes over from the one it replaces."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from bot.dialog.event import Due
from bot.dialog.message import Message
from storage import complaints, contacts, digests, follow_ups, outbox, responses, subscriptions, visits
from storage.database import Database, Session
from storage.encryption import Keyring, generate_key
from storage.tables import ContactKind, DeliveryStatus, FollowUp, FollowUpStatus, Outbox, Period, Subscription
from storage.takeover import FormerUnreadable, TakenOver, take_over

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
KEPT_SINCE = NOW - timedelta(days=30)
RESPONSE = UUID("01a21365-5001-70d1-830b-baf105bc12fe")
TODAY = date(2026, 11, 2)


@pytest.fixture
async def restored(sqlite_template: Path, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Database]:
    """Of the evening before: a message is on its way, a digest subscribed, a complaint numbered, a survey is
    being answered and another to be asked.
    """
    file = _copy(sqlite_template, tmp_path / "restored.db")
    database = await Database.open(f"sqlite:///{file}", keyring)
    await database.run(_evening)
    yield database
    await database.close()


@pytest.fixture
async def former(restored: Database, tmp_path: Path, keyring: Keyring) -> AsyncIterator[sqlite3.Connection]:
    """What became of it by the morning."""
    async with _lived_on(tmp_path, keyring, _morning) as connection:
        yield connection


@asynccontextmanager
async def _lived_on(
    tmp_path: Path, keyring: Keyring, work: Callable[[Session], None]
) -> AsyncIterator[sqlite3.Connection]:
    """A copy of the database in which something was done that the restored one does not know of."""
    with closing(sqlite3.connect(tmp_path / "restored.db")) as source:
        source.execute("VACUUM INTO ?", (str(tmp_path / "former.db"),))
    database = await Database.open(f"sqlite:///{tmp_path / 'former.db'}", keyring)
    await database.run(work)
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
    visit_id = visits.add(session, "LAB-1", "North", NOW, NOW).visit_id
    responses.start(
        session,
        RESPONSE,
        questionnaire="after_collection",
        version=1,
        contact_id=room.id,
        visit_id=visit_id,
        site="North",
        channel="slack",
        locale="en",
        now=NOW,
    )
    follow_ups.plan(session, visit_id, "after_collection", Due.EXPIRE, NOW + timedelta(days=2), RESPONSE)
    follow_ups.plan(session, visit_id, "after_results", Due.ASK, NOW)


def _morning(session: Session) -> None:
    outbox.record_sent(session, session.exec(select(Outbox.id)).one(), "171.42", NOW)
    assert digests.claim_run(session, _subscription(session), TODAY, NOW)
    assert complaints.next_number(session, 2026) == "C-2026-000002"
    for row in session.exec(select(FollowUp).where(FollowUp.due == Due.ASK)).all():
        follow_ups.finish(session, row.id, NOW)
    follow_ups.cancel_for_response(session, RESPONSE, NOW)


def _subscription(session: Session) -> UUID:
    return session.exec(select(Subscription.id)).one()


def _message(session: Session) -> Outbox:
    return session.exec(select(Outbox)).one()


async def test_a_message_sent_since_is_sent_and_can_be_edited(
    restored: Database, former: sqlite3.Connection
) -> None:
    assert await restored.run(take_over, former, KEPT_SINCE) == TakenOver(1, 1)
    message = await restored.read(_message)
    assert (message.status, message.reference, message.body) == (DeliveryStatus.SENT, "171.42", None)


def _follow_up_statuses(session: Session) -> dict[Due, FollowUpStatus]:
    return {row.due: row.status for row in session.exec(select(FollowUp)).all()}


async def test_what_was_asked_since_is_not_asked_again_and_what_is_being_answered_still_ends(
    restored: Database, former: sqlite3.Connection
) -> None:
    await restored.run(take_over, former, KEPT_SINCE)
    assert await restored.read(_follow_up_statuses) == {
        Due.ASK: FollowUpStatus.DONE,
        Due.EXPIRE: FollowUpStatus.PENDING,
    }


def _says_goodbye(session: Session) -> UUID:
    """To somebody who is forgotten once it is out."""
    person = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
    contacts.let_go(session, person.id, NOW)
    return outbox.enqueue(session, person.id, Message("Goodbye"), NOW)


async def test_a_message_to_somebody_who_was_forgotten_since_is_not_sent_again(
    restored: Database, tmp_path: Path, keyring: Keyring
) -> None:
    goodbye = await restored.run(_says_goodbye)
    async with _lived_on(tmp_path, keyring, lambda one: outbox.record_sent(one, goodbye, "1", NOW)) as former:
        assert await restored.run(take_over, former, KEPT_SINCE) == TakenOver(1, 0)
    row = await restored.read(lambda session: session.get_one(Outbox, goodbye))
    assert (row.status, row.body) == (DeliveryStatus.CANCELLED, None)


async def test_a_message_from_before_what_is_kept_of_them_is_not_sent_again(
    restored: Database, tmp_path: Path, keyring: Keyring
) -> None:
    later = NOW + timedelta(days=1)

    def sent_and_pruned(session: Session) -> None:
        _morning(session)
        assert outbox.prune(session, later, 10) == 1

    async with _lived_on(tmp_path, keyring, sent_and_pruned) as former:
        assert await restored.run(take_over, former, later) == TakenOver(1, 1)
    assert (await restored.read(_message)).status is DeliveryStatus.CANCELLED


async def test_a_database_begun_anew_settles_no_message(
    sqlite_template: Path, restored: Database, tmp_path: Path, keyring: Keyring
) -> None:
    file = _copy(sqlite_template, tmp_path / "anew.db")
    with closing(sqlite3.connect(file, check_same_thread=False)) as anew:
        assert await restored.run(take_over, anew, KEPT_SINCE) == TakenOver(0, 0)
    assert (await restored.read(_message)).status is DeliveryStatus.PENDING


async def test_a_digest_sent_since_is_not_sent_again(restored: Database, former: sqlite3.Connection) -> None:
    await restored.run(take_over, former, KEPT_SINCE)
    assert not await restored.run(
        lambda session: digests.claim_run(session, _subscription(session), TODAY, NOW)
    )


async def test_no_number_of_a_complaint_is_given_out_twice(
    restored: Database, former: sqlite3.Connection
) -> None:
    await restored.run(take_over, former, KEPT_SINCE)
    assert await restored.run(complaints.next_number, 2026) == "C-2026-000003"


async def test_a_database_that_knows_nothing_changes_nothing(
    restored: Database, nothing: sqlite3.Connection
) -> None:
    with pytest.raises(FormerUnreadable):
        await restored.run(take_over, nothing, KEPT_SINCE)
    assert (await restored.read(_message)).status is DeliveryStatus.PENDING


async def test_a_database_sealed_with_other_keys_changes_nothing(
    former: sqlite3.Connection, tmp_path: Path
) -> None:
    stranger = await Database.open(f"sqlite:///{tmp_path / 'restored.db'}", Keyring([generate_key()]))
    with pytest.raises(FormerUnreadable):
        await stranger.run(take_over, former, KEPT_SINCE)
    await stranger.close()
