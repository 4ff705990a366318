from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID

import pytest
from sqlmodel import select

from bot.catalog import Catalog
from bot.complaints.terms import Role
from bot.turns import Lab, SayAloud
from schedules.digests.compose import Composer
from schedules.digests.desk import DigestDesk
from schedules.digests.wording import Wording
from storage import contacts, outbox
from storage.database import Database, DatabaseUnavailable, Session
from storage.outbox import Parcel
from storage.tables import Contact, ContactKind, Inbox, Outbox, Period, Subscription
from tests.schedules.digests.conftest import HandClock

ROOM, MANAGER = "C-LAB", "U-MAYA"


class Office:
    """A desk with everything around it."""

    def __init__(self, database: Database, catalog: Catalog, lab: Lab, clock: HandClock) -> None:
        self.database = database
        self.clock = clock
        self.catalog = catalog
        self.handed_over: list[UUID] = []
        composer = Composer(database, catalog, lab.name)
        self.desk = DigestDesk(database, catalog, composer, lab, clock, self._hand_over)

    def _hand_over(self, ids: Sequence[UUID]) -> None:
        self.handed_over.extend(ids)

    async def appoint(self, account: str, role: Role | None, locale: str = "en") -> None:
        def add(session: Session) -> None:
            contact = contacts.find_or_add(
                session, "slack", account, ContactKind.PERSON, locale, self.clock.now
            )
            if role:
                contacts.appoint(session, contact.id, role, self.clock.now)

        await self.database.run(add)

    async def asks(
        self,
        words: str,
        *,
        event_id: str = "e1",
        account: str = MANAGER,
        room: str | None = ROOM,
        aloud: SayAloud | None = None,
    ) -> str:
        return await self.desk.handle(
            event_id=event_id,
            channel="slack",
            account=account,
            place=room or account,
            place_is_room=room is not None,
            words=words,
            aloud=aloud,
        )

    async def parcels(self) -> list[Parcel]:
        def waiting(session: Session) -> list[Parcel]:
            ids = session.exec(select(Outbox.contact_id).distinct()).all()
            return [parcel for one in ids if (parcel := outbox.next_for(session, one))]

        return await self.database.read(waiting)

    async def subscriptions(self) -> list[Subscription]:
        return await self.database.read(lambda session: list(session.exec(select(Subscription))))


@pytest.fixture
async def office(database: Database, catalog: Catalog, lab: Lab, clock: HandClock) -> Office:
    made = Office(database, catalog, lab, clock)
    await made.appoint(MANAGER, Role.MANAGER)
    return made


async def test_a_manager_gets_the_digest_in_the_room(office: Office) -> None:
    assert await office.asks("") == "The digest of the last seven days is on its way."
    [parcel] = await office.parcels()
    assert (parcel.channel, parcel.address) == ("slack", ROOM)
    assert parcel.message.title.startswith("Digest of the last 7 days")
    assert office.handed_over == [parcel.contact_id]


async def test_a_manager_gets_the_digest_alone(office: Office) -> None:
    await office.asks("now", room=None)
    [parcel] = await office.parcels()
    assert parcel.address == MANAGER


@pytest.mark.parametrize("words", ["", "weekly monday 08:00", "off"])
@pytest.mark.parametrize("role", [Role.STAFF, None])
async def test_others_are_told_kindly_whom_digests_are_for(
    office: Office, words: str, role: Role | None
) -> None:
    await office.appoint("U-OTHER", role)
    reply = await office.asks(words, account="U-OTHER")
    assert reply.startswith("Digests are for the laboratory's managers and quality managers.")
    assert await office.parcels() == []
    assert await office.subscriptions() == []


async def test_a_stranger_is_not_even_noted(office: Office) -> None:
    assert "managers" in await office.asks("", account="U-STRANGER")
    known = await office.database.read(contacts.find, "slack", "U-STRANGER")
    assert known is None


async def test_a_quality_manager_is_served(office: Office) -> None:
    await office.appoint("U-QUALITY", Role.QUALITY)
    await office.asks("", account="U-QUALITY")
    assert len(await office.parcels()) == 1


async def test_a_repeated_event_sends_one_digest(office: Office) -> None:
    replies = [await office.asks("") for _ in range(2)]
    assert replies[0] == replies[1]
    count = await office.database.read(lambda session: len(session.exec(select(Outbox)).all()))
    assert count == 1
    assert len(office.handed_over) == 1


async def test_a_room_is_subscribed_in_its_words(office: Office) -> None:
    assert await office.asks("weekly monday 08:00") == (
        "This room will get the digest every Monday at 08:00 (Europe/Madrid). "
        "The first one comes on 23 Nov 08:00. To end it: /lab-digest off"
    )
    [found] = await office.subscriptions()
    assert (found.period, found.weekday, found.at, found.timezone) == (
        Period.WEEK,
        0,
        "08:00",
        "Europe/Madrid",
    )


class Room:
    """Hears what is said aloud, or cannot be spoken in; knows what was subscribed to when it was said."""

    def __init__(self, office: Office, *, open_: bool = True) -> None:
        self.office = office
        self.open = open_
        self.heard: list[str] = []
        self.subscribed: list[str] = []

    async def aloud(self, words: str) -> bool:
        self.subscribed = [one.at for one in await self.office.subscriptions()]
        if self.open:
            self.heard.append(words)
        return self.open


async def test_a_room_is_told_of_a_subscription_that_is_committed(office: Office) -> None:
    room = Room(office)
    assert await office.asks("daily 08:00", aloud=room.aloud) == ""
    assert room.subscribed == ["08:00"]
    [words] = room.heard
    assert words.startswith("This room will get the digest every day at 08:00")


async def test_a_room_is_told_nothing_of_a_subscription_that_cannot_be_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(office)

    async def unavailable(*_: object) -> NoReturn:
        raise DatabaseUnavailable("the disk is full")

    monkeypatch.setattr(office.database, "run", unavailable)
    with pytest.raises(DatabaseUnavailable):
        await office.asks("daily 08:00", aloud=room.aloud)
    assert room.heard == []


async def test_a_subscription_is_taken_back_where_the_room_cannot_be_told(office: Office) -> None:
    room = Room(office, open_=False)
    replies = [await office.asks("daily 08:00", aloud=room.aloud) for _ in range(2)]
    assert replies == [Wording(office.catalog, "en").say("not_in_room")] * 2
    assert await office.subscriptions() == []


async def test_what_a_room_had_stays_where_it_cannot_be_told_of_a_change(office: Office) -> None:
    await office.asks("weekly monday 08:00", event_id="e1")
    await office.asks("daily 09:00", event_id="e2", aloud=Room(office, open_=False).aloud)
    [found] = await office.subscriptions()
    assert (found.period, found.weekday, found.at) == (Period.WEEK, 0, "08:00")


async def test_a_subscription_is_taken_back_where_telling_the_room_fails(office: Office) -> None:
    async def fails(_: str) -> NoReturn:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError):
        await office.asks("daily 08:00", aloud=fails)
    assert await office.subscriptions() == []


async def test_a_repeated_event_tells_the_room_once(office: Office) -> None:
    room = Room(office)
    assert [await office.asks("daily 08:00", aloud=room.aloud) for _ in range(2)] == ["", ""]
    assert len(room.heard) == 1


async def test_a_person_is_subscribed_in_a_time_zone_of_their_own(office: Office) -> None:
    reply = await office.asks("daily 08:00 America/New_York", room=None)
    assert reply.startswith("You will get the digest every day at 08:00 (America/New_York).")
    assert "comes on 22 Nov 08:00" in reply


async def test_a_monthly_digest_comes_on_the_first(office: Office) -> None:
    assert "on the first of every month at 08:00 (Europe/Madrid). The first one comes on 1 Dec 08:00" in (
        await office.asks("monthly 08:00")
    )


async def test_the_desk_speaks_the_managers_language(office: Office) -> None:
    await office.appoint("U-ANA", Role.MANAGER, "es")
    reply = await office.asks("semanal lunes 08:00", account="U-ANA")
    assert reply.startswith("Esta sala recibirá el resumen cada lunes a las 08:00")
    [found] = await office.subscriptions()
    assert found.locale == "es"


async def test_subscribing_again_changes_the_subscription(office: Office) -> None:
    await office.asks("weekly monday 08:00", event_id="e1")
    await office.asks("daily 09:00", event_id="e2")
    [found] = await office.subscriptions()
    assert (found.period, found.weekday, found.at) == (Period.DAY, None, "09:00")


async def test_off_ends_the_subscription_of_the_place(office: Office) -> None:
    await office.asks("daily 08:00", event_id="e1")
    await office.asks("daily 08:00", event_id="e2", room=None)
    assert (await office.asks("off", event_id="e3")).startswith("Done: no more digests come here.")
    assert len(await office.subscriptions()) == 1


async def test_a_repeated_end_gets_the_same_reply(office: Office) -> None:
    await office.asks("daily 08:00", event_id="e1")
    assert await office.asks("off", event_id="e2") == await office.asks("off", event_id="e2")


async def test_a_late_repeat_of_subscribing_does_not_undo_the_end(office: Office) -> None:
    await office.asks("daily 08:00", event_id="e1")
    await office.asks("off", event_id="e2")
    await office.asks("daily 08:00", event_id="e1")
    assert await office.subscriptions() == []


async def test_off_without_a_subscription_says_so(office: Office) -> None:
    assert await office.asks("off") == "No digest was coming here, so nothing has changed."


async def test_unclear_words_get_the_list_of_what_can_be_said(office: Office) -> None:
    reply = await office.asks("when the moon is full")
    assert "/lab-digest weekly monday 08:00" in reply
    assert await office.database.read(lambda session: session.exec(select(Inbox)).all()) == []


async def test_on_telegram_the_command_has_no_hyphen(office: Office) -> None:
    def add(session: Session) -> None:
        contact = contacts.find_or_add(session, "telegram", "77", ContactKind.PERSON, "en", office.clock.now)
        contacts.appoint(session, contact.id, Role.MANAGER, office.clock.now)

    await office.database.run(add)
    reply = await office.desk.handle(
        event_id="t1", channel="telegram", account="77", place="77", place_is_room=False, words="what?"
    )
    assert "/digest weekly monday 08:00" in reply
    assert "/lab-digest" not in reply


async def test_a_place_that_was_blocked_takes_messages_again(office: Office) -> None:
    def block(session: Session) -> None:
        room = contacts.find_or_add(session, "slack", ROOM, ContactKind.ROOM, "en", office.clock.now)
        contacts.mark_blocked(session, room.id, datetime(2026, 1, 1, tzinfo=UTC))

    await office.database.run(block)
    await office.asks("")
    room = await office.database.read(contacts.find, "slack", ROOM)
    assert isinstance(room, Contact)
    assert room.blocked_at is None
