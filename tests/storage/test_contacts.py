"""People and rooms."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlmodel import select

from bot.complaints.terms import Department, Role
from bot.dialog.message import Message
from storage import contacts, inbox, outbox, subscriptions
from storage.database import Database, Session
from storage.tables import ContactKind, KeptEvent, Period, Subscription

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


EVENT = b'{"channel": "telegram", "account": "%s", "kind": "said", "text": "hello"}'


def _people_of_whom_events_are_kept(session: Session) -> UUID:
    contact = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
    inbox.keep(session, "theirs", EVENT % b"1001", "RuntimeError", NOW, NOW)
    inbox.keep(session, "somebody else's", EVENT % b"2002", "RuntimeError", NOW, NOW)
    return contact.id


def _let_go_and_forget(session: Session, contact_id: UUID, said_then: bytes = b"") -> bool:
    contacts.let_go(session, contact_id, NOW)
    if said_then:
        inbox.keep(session, "said then", said_then, "RuntimeError", NOW, NOW)
    return contacts.forget_if_done(session, contact_id)


def _kept(session: Session) -> list[str]:
    return sorted(one.event_id for one in session.exec(select(KeptEvent)).all())


async def test_of_somebody_who_is_forgotten_no_event_is_kept(database: Database) -> None:
    person = await database.run(_people_of_whom_events_are_kept)
    assert await database.run(_let_go_and_forget, person)
    assert await database.read(_kept) == ["somebody else's"]


async def test_what_somebody_says_before_the_goodbye_is_out_is_not_lost(database: Database) -> None:
    person = await database.run(_people_of_whom_events_are_kept)
    assert await database.run(_let_go_and_forget, person, EVENT % b"1001")
    assert await database.read(_kept) == ["said then", "somebody else's"]


async def test_of_strangers_who_were_not_back_no_event_is_kept(database: Database) -> None:
    await database.run(_people_of_whom_events_are_kept)
    tomorrow = NOW + timedelta(days=1)
    found = await database.read(contacts.strangers, tomorrow, 10)
    assert await database.run(contacts.forget_strangers, found, tomorrow) == 1
    assert await database.read(_kept) == ["somebody else's"]


async def test_a_stranger_who_comes_back_meanwhile_is_not_forgotten(database: Database) -> None:
    person = await database.run(_people_of_whom_events_are_kept)
    tomorrow = NOW + timedelta(days=1)
    found = await database.read(contacts.strangers, tomorrow, 10)
    message = await database.run(outbox.enqueue, person, Message("Hello again"), tomorrow)
    await database.run(outbox.record_sent, message, "1", tomorrow)
    assert person in found
    assert await database.run(contacts.forget_strangers, found, tomorrow) == 0


async def test_a_new_role_takes_the_place_of_role_and_department(database: Database) -> None:
    await database.run(_manager_with_digest)

    def appoint(session: Session, role: Role, department: Department | None) -> tuple[Role, object]:
        contacts.appoint(session, _manager(session), role, NOW, department)
        member = contacts.member(session, _manager(session))
        assert member is not None
        return member.role, member.department

    placed = await database.run(appoint, Role.STAFF, Department.BENCH)
    assert placed == (Role.STAFF, Department.BENCH)
    assert await database.run(appoint, Role.QUALITY, None) == (Role.QUALITY, None)


async def test_somebody_who_left_has_neither_role_nor_digest(database: Database) -> None:
    await database.run(_manager_with_digest)
    assert await database.run(_dismissed)
    assert await database.read(_role_of_the_manager) is None
    assert await database.read(_rows_of_digests) == 0
    assert not await database.run(_dismissed)


def _manager_with_digest(session: Session) -> None:
    contact = contacts.find_or_add(session, "slack", "U0MANAGER", ContactKind.PERSON, "en", NOW)
    contacts.appoint(session, contact.id, Role.MANAGER, NOW)
    subscriptions.subscribe(
        session,
        contact.id,
        period=Period.WEEK,
        weekday=0,
        at="08:00",
        timezone="UTC",
        locale="en",
        now=NOW,
    )


def _manager(session: Session) -> UUID:
    contact = contacts.find(session, "slack", "U0MANAGER")
    assert contact is not None
    return contact.id


def _dismissed(session: Session) -> bool:
    return contacts.dismiss(session, _manager(session), NOW)


def _role_of_the_manager(session: Session) -> Role | None:
    return contacts.role_of(session, _manager(session))


def _rows_of_digests(session: Session) -> int:
    return len(session.exec(select(Subscription)).all())
