from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from bot.catalog import Catalog
from bot.complaints.terms import Role
from schedules.digests.compose import Composer
from schedules.digests.tick import DigestTick
from storage import contacts, outbox, subscriptions
from storage.database import Database, Session
from storage.tables import ContactKind, DigestRun, Outbox, Period, Subscription
from tests.schedules.digests.conftest import HandClock


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Station:
    """A tick with everything around it."""

    def __init__(self, database: Database, catalog: Catalog, clock: HandClock) -> None:
        self.database = database
        self.catalog = catalog
        self.clock = clock
        self.restart()

    def restart(self) -> None:
        composer = Composer(self.database, self.catalog, "Riverside Laboratory")
        self.tick = DigestTick(self.database, composer, self.clock)

    async def subscribe(
        self,
        account: str = "C1",
        *,
        period: Period = Period.DAY,
        weekday: int | None = None,
        at: str = "08:00",
        timezone: str = "Europe/Madrid",
        kind: ContactKind = ContactKind.ROOM,
    ) -> UUID:
        def add(session: Session) -> UUID:
            contact = contacts.find_or_add(session, "slack", account, kind, "en", self.clock.now)
            subscriptions.subscribe(
                session,
                contact.id,
                period=period,
                weekday=weekday,
                at=at,
                timezone=timezone,
                locale="en",
                now=self.clock.now,
            )
            return contact.id

        return await self.database.run(add)

    async def at(self, moment: str) -> Sequence[UUID]:
        self.clock.now = utc(moment)
        return await self.tick.send_due_digests()

    async def titles(self) -> list[str]:
        def read(session: Session) -> list[str]:
            ids = session.exec(select(Outbox.contact_id).distinct()).all()
            parcels = [outbox.next_for(session, one) for one in ids]
            return [parcel.message.title.replace("\u2009", " ") for parcel in parcels if parcel]

        return await self.database.read(read)


@pytest.fixture
def station(database: Database, catalog: Catalog, clock: HandClock) -> Station:
    return Station(database, catalog, clock)


async def test_a_digest_goes_out_at_its_local_time(station: Station) -> None:
    contact_id = await station.subscribe()
    assert await station.at("2026-11-23 06:59") == []
    assert await station.at("2026-11-23 07:00") == [contact_id]
    assert await station.titles() == ["Daily digest · Sun, Nov 22, 2026"]


async def test_a_weekly_digest_covers_the_week_before(station: Station) -> None:
    await station.subscribe(period=Period.WEEK, weekday=0)
    await station.at("2026-11-23 07:00")
    assert await station.titles() == ["Weekly digest · Nov 16 – 22, 2026"]


async def test_each_place_has_its_own_time_zone(station: Station) -> None:
    madrid = await station.subscribe("C1")
    tokyo = await station.subscribe("C2", timezone="Asia/Tokyo")
    assert await station.at("2026-11-22 23:00") == [tokyo]
    assert await station.at("2026-11-23 07:00") == [madrid]


async def test_a_date_fires_once_however_often_it_ticks(station: Station) -> None:
    await station.subscribe()
    sent = [await station.at(f"2026-11-23 07:{minute:02d}") for minute in range(5)]
    assert [len(ids) for ids in sent] == [1, 0, 0, 0, 0]


async def test_a_date_fires_once_across_restarts(station: Station) -> None:
    await station.subscribe()
    await station.at("2026-11-23 07:00")
    station.restart()
    assert await station.at("2026-11-23 07:01") == []


async def test_a_date_fires_once_though_two_processes_tick(
    station: Station, database: Database, catalog: Catalog, clock: HandClock
) -> None:
    await station.subscribe()
    station.clock.now = utc("2026-11-23 07:00")
    standing = await database.read(subscriptions.standing)
    first = [await station.tick._send_if_due(one, clock.now) for one in standing]
    second = [await Station(database, catalog, clock).tick._send_if_due(one, clock.now) for one in standing]
    assert (first, second) == ([True], [False])
    assert len(await station.titles()) == 1


async def test_after_an_outage_one_digest_comes_and_no_backlog(station: Station) -> None:
    await station.subscribe()
    assert len(await station.at("2026-12-10 20:00")) == 1
    assert await station.at("2026-12-10 20:01") == []
    assert await station.titles() == ["Daily digest · Wed, Dec 9, 2026"]


async def test_a_clock_put_back_sends_nothing_again(station: Station) -> None:
    await station.subscribe()
    await station.at("2026-11-23 07:00")
    await station.at("2026-11-24 07:00")
    assert await station.at("2026-11-23 07:30") == []
    assert await station.at("2026-11-24 07:30") == []


async def test_the_hour_that_comes_twice_sends_one(station: Station) -> None:
    station.clock.now = utc("2026-10-24 20:00")
    await station.subscribe(at="02:30")
    sent = [await station.at(f"2026-10-25 0{hour}:30") for hour in (0, 1, 2)]
    assert [len(ids) for ids in sent] == [1, 0, 0]


async def test_the_hour_that_does_not_come_sends_at_the_first_instant_after(station: Station) -> None:
    station.clock.now = utc("2026-03-28 20:00")
    await station.subscribe(at="02:30")
    assert await station.at("2026-03-29 00:59") == []
    assert len(await station.at("2026-03-29 01:00")) == 1
    assert await station.at("2026-03-29 03:00") == []


async def test_nothing_due_before_the_subscription_is_sent(station: Station) -> None:
    station.clock.now = utc("2026-11-23 07:01")
    await station.subscribe()
    assert await station.at("2026-11-23 07:02") == []
    assert len(await station.at("2026-11-24 07:00")) == 1


async def test_a_subscription_made_at_the_very_minute_fires(station: Station) -> None:
    station.clock.now = utc("2026-11-23 07:00")
    await station.subscribe()
    assert len(await station.at("2026-11-23 07:00")) == 1


async def test_a_person_whose_role_ended_gets_none(station: Station) -> None:
    contact_id = await station.subscribe("U1", kind=ContactKind.PERSON)
    assert await station.at("2026-11-23 07:00") == []
    await station.database.run(contacts.appoint, contact_id, Role.MANAGER, station.clock.now)
    assert await station.at("2026-11-23 07:01") == [contact_id]


async def test_a_subscription_ended_meanwhile_sends_nothing(station: Station) -> None:
    contact_id = await station.subscribe()
    station.clock.now = utc("2026-11-23 07:00")
    [standing] = await station.database.read(subscriptions.standing)
    await station.database.run(subscriptions.unsubscribe, contact_id)
    assert not await station.tick._send_if_due(standing, station.clock.now)
    assert await station.titles() == []


async def test_one_that_fails_does_not_keep_the_others_waiting(station: Station) -> None:
    broken = await station.subscribe("C1")
    sound = await station.subscribe("C2")

    def spoil(session: Session) -> None:
        session.exec(
            update(Subscription).where(col(Subscription.contact_id) == broken).values(timezone="Mars/Olympus")
        )

    await station.database.run(spoil)
    with pytest.raises(ExceptionGroup, match="digests could not be sent") as raised:
        await station.at("2026-11-23 07:00")
    assert len(raised.value.exceptions) == 1
    due = await station.database.read(outbox.waiting_contacts, station.clock.now, ["slack"], 10)
    assert due == (sound,)


async def test_a_date_is_not_claimed_unless_its_message_is_left(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    await station.subscribe()

    def fails(*_: object) -> UUID:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "enqueue", fails)
        with pytest.raises(ExceptionGroup):
            await station.at("2026-11-23 07:00")
    runs = await station.database.read(lambda session: session.exec(select(DigestRun)).all())
    assert list(runs) == []
    assert len(await station.at("2026-11-23 07:01")) == 1


async def test_a_month_of_ticks_across_a_clock_change_sends_one_a_day(station: Station) -> None:
    station.clock.now = utc("2026-10-10 00:00")
    await station.subscribe(at="02:30")
    moment = station.clock.now
    sent: list[UUID] = []
    for _ in range(30 * 24):
        moment += timedelta(hours=1)
        station.clock.now = moment
        sent.extend(await station.tick.send_due_digests())
    assert len(sent) == 30
