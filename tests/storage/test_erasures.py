"""The journal of erasures, and what a database that was restored learns from it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from bot.catalog import Catalog, load
from bot.complaints.terms import Role
from bot.dialog.event import Command, Said
from storage import contacts, inbox, subscriptions
from storage.database import Database, Session, erasures_file
from storage.encryption import Keyring
from storage.erasures.journal import Change, Entry, UnreadableJournal, append, read
from storage.erasures.replay import Replayed, replay
from storage.tables import (
    Contact,
    ContactKind,
    Conversation,
    KeptEvent,
    Outbox,
    Period,
    Response,
    Staff,
    Subscription,
)
from tests.bot.turns.conftest import PHYSICIAN, Laboratory

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ADDRESS, SOMEBODY = "1001", "01a21365-5001-70d1-830b-baf105bc12fe"


def entry(change: Change = Change.FORGOTTEN, contact_id: UUID | None = None, at: datetime = LATER) -> Entry:
    return Entry(at, change, contact_id or uuid7())


@pytest.fixture(scope="module")
def words() -> Catalog:
    return load()


@pytest.fixture
def laboratory(database: Database, words: Catalog) -> Laboratory:
    return Laboratory(database, words)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.erasures"


def test_journals_are_read_together_in_the_order_it_happened(file: Path, tmp_path: Path) -> None:
    early, elsewhere, late = entry(at=NOW), entry(at=NOW + timedelta(hours=1)), entry()
    append(file, [early])
    append(file, [late])
    append(tmp_path / "replica.erasures", [elsewhere])
    assert read([file, tmp_path / "replica.erasures"]) == [early, elsewhere, late]


def test_a_clock_that_is_put_right_does_not_change_the_order_of_a_journal(file: Path) -> None:
    by_a_fast_clock, afterwards = entry(Change.APPOINTED), entry(Change.DISMISSED, at=NOW)
    append(file, [by_a_fast_clock, afterwards])
    assert read([file]) == [by_a_fast_clock, afterwards]


def test_an_older_copy_of_a_journal_adds_nothing_to_it(file: Path, tmp_path: Path) -> None:
    by_a_fast_clock, afterwards = entry(Change.APPOINTED), entry(Change.DISMISSED, at=NOW)
    append(tmp_path / "copy.erasures", [by_a_fast_clock])
    append(file, [by_a_fast_clock, afterwards])
    assert read([file, tmp_path / "copy.erasures"]) == [by_a_fast_clock, afterwards]


def test_a_journal_that_is_not_there_tells_nothing(file: Path) -> None:
    assert read([file]) == []


def test_a_line_that_was_cut_off_is_neither_read_nor_in_the_way(file: Path) -> None:
    first, second = entry(at=NOW), entry()
    append(file, [first])
    with file.open("ab") as torn:
        torn.write(b"2026-11-02T09:00:00+00:00 forgot")
    assert read([file]) == [first]
    append(file, [second])
    assert read([file]) == [first, second]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "forgotten",
        "2026-11-02 forgotten x",
        f"yesterday forgotten {SOMEBODY}",
        f"2026-11-02T09:00:00+00:00 eaten {SOMEBODY}",
    ],
)
def test_a_line_that_is_none_is_told_by_its_number(file: Path, line: str) -> None:
    append(file, [entry()])
    with file.open("a") as journal:
        journal.write(f"{line}\n")
    with pytest.raises(UnreadableJournal, match=r"journal\.erasures, line 2: "):
        read([file])


def test_a_journal_lies_beside_a_sqlite_file_and_else_in_the_current_folder() -> None:
    assert erasures_file("sqlite:////var/lib/voice.db") == Path("/var/lib/voice.db.erasures")
    assert erasures_file("postgresql://somebody@host/voice") == Path("voice.erasures")
    assert erasures_file("postgresql://somebody@host/voice", Path("/other/journal")) == Path("/other/journal")


def _person(session: Session) -> UUID:
    return contacts.find_or_add(session, "telegram", ADDRESS, ContactKind.PERSON, "en", NOW).id


async def _open(url: str, keyring: Keyring, erasures: Path) -> tuple[Database, UUID]:
    database = await Database.open(url, keyring, erasures)
    return database, await database.run(_person)


def _returns(session: Session, person: UUID) -> None:
    contacts.welcome_back(session, session.get_one(Contact, person), NOW)


async def test_everything_done_to_a_person_is_written_down(
    database_url: str, keyring: Keyring, file: Path
) -> None:
    database, person = await _open(database_url, keyring, file)
    await database.run(contacts.appoint, person, Role.STAFF, NOW)
    await database.run(contacts.withdraw, person, NOW)
    await database.run(_returns, person)
    await database.run(contacts.dismiss, person, NOW)
    await database.run(contacts.let_go, person, LATER)
    await database.close()
    assert [(one.change.value, one.contact_id) for one in read([file])] == [
        (change, person) for change in ("appointed", "withdrawn", "returned", "dismissed", "forgotten")
    ]


def _appoints_and_dismisses(session: Session, person: UUID) -> None:
    contacts.appoint(session, person, Role.STAFF, NOW)
    contacts.dismiss(session, person, NOW)


async def test_what_is_taken_back_at_once_is_not_granted(
    database_url: str, keyring: Keyring, file: Path
) -> None:
    database, person = await _open(database_url, keyring, file)
    await database.run(_appoints_and_dismisses, person)
    await database.close()
    assert [one.change for one in read([file])] == [Change.DISMISSED]


async def test_nothing_is_granted_by_a_commit_that_failed(
    database_url: str, keyring: Keyring, file: Path
) -> None:
    database, _ = await _open(database_url, keyring, file)
    with pytest.raises(IntegrityError):
        await database.run(contacts.appoint, uuid7(), Role.STAFF, NOW)  # somebody unknown
    await database.close()
    assert read([file]) == []


def _withdraw_in_vain(session: Session, person: UUID) -> None:
    contacts.withdraw(session, person, NOW)
    raise RuntimeError("a defect")


async def test_what_was_undone_is_not_written_down(database_url: str, keyring: Keyring, file: Path) -> None:
    database, person = await _open(database_url, keyring, file)
    with pytest.raises(RuntimeError, match="a defect"):
        await database.run(_withdraw_in_vain, person)
    await database.close()
    assert read([file]) == []


async def test_a_database_whose_journal_cannot_be_written_is_not_opened(
    database_url: str, keyring: Keyring, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await Database.open(database_url, keyring, tmp_path / "missing" / "journal")


def _spoil(file: Path) -> None:
    file.unlink()
    file.mkdir()


async def test_what_cannot_be_written_down_is_not_done(
    database_url: str, keyring: Keyring, file: Path
) -> None:
    database, person = await _open(database_url, keyring, file)
    _spoil(file)
    with pytest.raises(IsADirectoryError):
        await database.run(contacts.withdraw, person, NOW)
    contact = await database.read(contacts.find, "telegram", ADDRESS)
    await database.close()
    assert contact is not None
    assert contact.withdrawn_at is None


async def test_a_role_that_cannot_be_written_down_is_given_all_the_same(
    database_url: str, keyring: Keyring, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After a restore it has to be given again, which does no harm."""
    database, person = await _open(database_url, keyring, file)
    _spoil(file)
    await database.run(contacts.appoint, person, Role.STAFF, NOW)
    assert await database.read(contacts.role_of, person) is Role.STAFF
    await database.close()
    assert "was not written to the journal of erasures" in caplog.text


async def test_a_stranger_of_a_moment_is_not_worth_a_line(
    database_url: str, keyring: Keyring, file: Path
) -> None:
    """No backup holds somebody who was let go in the transaction that met them, unless marked for it."""
    database, person = await _open(database_url, keyring, file)
    await database.run(contacts.let_go, person, NOW)
    await database.close()
    assert read([file]) == []


async def a_stranger(laboratory: Laboratory) -> UUID:
    """Somebody who opened the chat, with a message on its way and an event kept for another try."""
    await laboratory.start(await laboratory.visit(), ADDRESS)
    event = b'{"channel": "telegram", "account": "1001", "kind": "said", "text": "hello"}'
    await laboratory.database.run(inbox.keep, "event", event, "RuntimeError", NOW, NOW)
    await laboratory.database.run(inbox.keep, "unreadable", b"no event", "RuntimeError", NOW, NOW)
    return await id_of(laboratory)


async def id_of(laboratory: Laboratory) -> UUID:
    contact = await laboratory.database.read(contacts.find, "telegram", ADDRESS)
    assert contact is not None
    return contact.id


async def test_who_was_forgotten_is_gone_from_every_table(laboratory: Laboratory) -> None:
    person = await a_stranger(laboratory)
    entries = [entry(Change.FORGOTTEN, person)]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(1, 0, 0)
    assert [await laboratory.rows(table) for table in (Contact, Conversation, Outbox)] == [[], [], []]
    kept = [one.event_id for one in await laboratory.rows(KeptEvent) if isinstance(one, KeptEvent)]
    assert kept == ["unreadable"]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(0, 0, 0)


async def test_somebody_with_an_answer_is_not_forgotten_by_a_line_of_a_failed_commit(
    laboratory: Laboratory,
) -> None:
    await laboratory.enrol()
    entries = [entry(Change.FORGOTTEN, await id_of(laboratory))]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(0, 0, 0)
    assert await laboratory.messages(ADDRESS) != []


async def test_who_was_let_go_and_then_complained_still_hears_of_it(laboratory: Laboratory) -> None:
    hello = Said(event_id=laboratory.fresh(), channel="slack", account=PHYSICIAN, text="hello")
    await laboratory.turns.take(hello)
    await laboratory.form(category="it", phase="general", severity="minor", happened="Slow")
    waiting = len(await laboratory.messages(PHYSICIAN, "slack"))
    reporter = await laboratory.database.read(contacts.find, "slack", PHYSICIAN)
    assert reporter is not None
    entries = [entry(Change.FORGOTTEN, reporter.id)]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(0, 0, 0)
    assert len(await laboratory.messages(PHYSICIAN, "slack")) == waiting > 0


async def test_who_withdrew_is_written_to_no_more(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    entries = [entry(Change.WITHDRAWN, await id_of(laboratory))]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(0, 1, 0)
    laboratory.passes(days=30)
    assert await laboratory.follow_ups() == 0
    assert await laboratory.messages(ADDRESS) == []
    assert [one.status for one in await laboratory.rows(Response) if isinstance(one, Response)] == ["stopped"]


async def test_who_withdrew_before_the_backup_and_complained_still_hears_of_it(
    laboratory: Laboratory,
) -> None:
    await laboratory.enrol()
    await laboratory.stop()
    entries = [entry(Change.WITHDRAWN, await id_of(laboratory), laboratory.now)]
    await laboratory.command(Command.COMPLAINT)
    waiting = len(await laboratory.messages(ADDRESS))
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(0, 0, 0)
    assert len(await laboratory.messages(ADDRESS)) == waiting > 0
    await laboratory.say("My arm is blue")
    assert len(await laboratory.messages(ADDRESS)) > waiting


async def test_of_a_wish_the_last_word_counts(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    person = await id_of(laboratory)
    entries = [entry(Change.WITHDRAWN, person, NOW), entry(Change.RETURNED, person)]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(0, 0, 0)
    laboratory.passes(days=30)
    assert await laboratory.follow_ups() > 0


def _manager(session: Session) -> UUID:
    person = _person(session)
    contacts.appoint(session, person, Role.MANAGER, NOW)
    subscriptions.subscribe(
        session, person, period=Period.DAY, weekday=None, at="08:00", timezone="UTC", locale="en", now=NOW
    )
    return person


async def test_who_left_the_laboratory_has_neither_role_nor_digest(laboratory: Laboratory) -> None:
    person = await laboratory.database.run(_manager)
    entries = [entry(Change.DISMISSED, person)]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(0, 0, 1)
    assert [await laboratory.rows(table) for table in (Staff, Subscription)] == [[], []]


async def test_who_left_and_then_asked_to_be_forgotten_is(laboratory: Laboratory) -> None:
    person = await laboratory.database.run(_manager)
    entries = [entry(Change.DISMISSED, person), entry(Change.FORGOTTEN, person)]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(1, 0, 1)
    assert await laboratory.rows(Contact) == []


async def test_who_left_and_came_again_keeps_the_role(laboratory: Laboratory) -> None:
    person = await laboratory.database.run(_manager)
    entries = [entry(Change.DISMISSED, person, NOW), entry(Change.APPOINTED, person)]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(0, 0, 0)
    assert len(await laboratory.rows(Staff)) == 1


async def test_a_role_written_down_late_does_not_outlive_a_dismissal(laboratory: Laboratory) -> None:
    """It was given before, as its moment tells, by a process that was slower to write."""
    person = await laboratory.database.run(_manager)
    entries = [entry(Change.DISMISSED, person), entry(Change.APPOINTED, person, NOW)]
    assert await laboratory.database.run(replay, entries, LATER) == Replayed(0, 0, 1)
    assert await laboratory.rows(Staff) == []
