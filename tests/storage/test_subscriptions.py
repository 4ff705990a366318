from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from bot.complaints.terms import Role
from storage import contacts, digests, subscriptions
from storage.database import Database, Session
from storage.tables import ContactKind, Period

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MONDAY = date(2026, 11, 23)


def manager(session: Session, role: Role | None = Role.MANAGER, account: str = "U1") -> UUID:
    contact = contacts.find_or_add(session, "slack", account, ContactKind.PERSON, "en", NOW)
    if role:
        contacts.appoint(session, contact.id, role, NOW)
        session.flush()
    return contact.id


def subscribe(session: Session, contact_id: UUID, period: Period = Period.WEEK) -> None:
    subscriptions.subscribe(
        session,
        contact_id,
        period=period,
        weekday=0 if period is Period.WEEK else None,
        at="08:00",
        timezone="Europe/Madrid",
        locale="en",
        now=NOW,
    )
    session.flush()


async def test_a_subscription_stands_as_it_was_made(database: Database) -> None:
    def fill(session: Session) -> UUID:
        contact_id = manager(session)
        subscribe(session, contact_id)
        return contact_id

    contact_id = await database.run(fill)
    [found] = await database.read(subscriptions.standing)
    assert (found.contact_id, found.period, found.weekday, found.at) == (contact_id, Period.WEEK, 0, "08:00")
    assert (found.timezone, found.locale, found.created_at, found.last_date) == (
        "Europe/Madrid",
        "en",
        NOW,
        None,
    )


async def test_a_new_subscription_takes_the_place_of_the_old(database: Database) -> None:
    def fill(session: Session) -> None:
        contact_id = manager(session)
        subscribe(session, contact_id)
        digests.claim_run(session, subscriptions.standing(session)[0].id, MONDAY, NOW)
        subscribe(session, contact_id, Period.DAY)

    await database.run(fill)
    [found] = await database.read(subscriptions.standing)
    assert (found.period, found.last_date) == (Period.DAY, None)


async def test_a_date_is_claimed_once(database: Database) -> None:
    def fill(session: Session) -> list[bool]:
        subscribe(session, manager(session))
        [found] = subscriptions.standing(session)
        return [
            digests.claim_run(session, found.id, day, NOW)
            for day in (MONDAY, MONDAY, MONDAY + timedelta(days=7))
        ]

    assert await database.run(fill) == [True, False, True]
    [found] = await database.read(subscriptions.standing)
    assert found.last_date == MONDAY + timedelta(days=7)


async def test_an_ended_subscription_is_gone_with_its_dates(database: Database) -> None:
    def fill(session: Session) -> tuple[bool, bool]:
        contact_id = manager(session)
        subscribe(session, contact_id)
        digests.claim_run(session, subscriptions.standing(session)[0].id, MONDAY, NOW)
        return subscriptions.unsubscribe(session, contact_id), subscriptions.unsubscribe(session, contact_id)

    assert await database.run(fill) == (True, False)
    assert await database.read(subscriptions.standing) == []


async def test_only_those_who_may_read_digests_stand(database: Database) -> None:
    def fill(session: Session) -> None:
        for account, role in (("U1", Role.MANAGER), ("U2", Role.QUALITY), ("U3", Role.STAFF), ("U4", None)):
            subscribe(session, manager(session, role, account))

    await database.run(fill)
    assert len(await database.read(subscriptions.standing)) == 2


async def test_a_room_stands_without_a_role(database: Database) -> None:
    def fill(session: Session) -> None:
        room = contacts.find_or_add(session, "slack", "C1", ContactKind.ROOM, "en", NOW)
        subscribe(session, room.id)

    await database.run(fill)
    assert len(await database.read(subscriptions.standing)) == 1


async def test_those_who_blocked_us_or_withdrew_do_not_stand(database: Database) -> None:
    def fill(session: Session) -> None:
        blocking, withdrawing = manager(session, account="U1"), manager(session, account="U2")
        for contact_id in (blocking, withdrawing):
            subscribe(session, contact_id)
        contacts.mark_blocked(session, blocking, NOW)
        contacts.withdraw(session, withdrawing, NOW)

    await database.run(fill)
    assert await database.read(subscriptions.standing) == []


async def test_an_unknown_subscription_does_not_exist(database: Database) -> None:
    assert not await database.run(subscriptions.exists, uuid4())
