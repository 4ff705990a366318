"""The ticks themselves, on a real database, through a life of the process."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot.catalog import Catalog
from bot.turns import Lab, Turns, report_results
from schedules import follow_ups as schedule
from schedules.digests.compose import Composer
from schedules.digests.recurrence import Recurrence, next_instant
from schedules.digests.tick import DigestTick
from storage import contacts, subscriptions
from storage.database import Database, Session
from storage.tables import (
    Contact,
    ContactKind,
    DigestRun,
    FollowUp,
    FollowUpStatus,
    ResultStatus,
    Subscription,
)
from tests.bot.turns.conftest import Laboratory
from tests.years import digests, follow_ups
from tests.years.life import Life


class Clock:
    """Shows what it is put to."""

    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)

    def put(self, tick: datetime, skew: timedelta) -> None:
        self.now = tick + skew

    def __call__(self) -> datetime:
        return self.now


async def live_digests(
    database: Database, catalog: Catalog, recurrences: Mapping[str, Recurrence], life: Life
) -> Mapping[str, Sequence[digests.Sent]]:
    """What the digest tick sends to each place; it begins anew with every process."""
    clock = Clock()
    clock.put(life.uptimes[0].start, timedelta())
    await database.run(_subscribe, recurrences, clock.now)
    truth: dict[datetime, datetime] = {}
    for up in life.uptimes:
        tick, composer = up.first, Composer(database, catalog, "Riverside Laboratory")
        digest_tick = DigestTick(database, composer, clock)
        while tick < up.end:
            clock.put(tick, up.skew)
            if await digest_tick.send_due_digests():
                truth[clock.now] = tick
            following = min(next_instant(one, clock.now) for one in recurrences.values()) - up.skew
            tick = up.tick(following, digests.TICK)
    rows = await database.read(_runs)
    return {
        place: [digests.Sent(one.local_date, truth[one.ran_at], one.ran_at) for one in rows[place]]
        for place in recurrences
    }


def _subscribe(session: Session, recurrences: Mapping[str, Recurrence], now: datetime) -> None:
    for place, one in recurrences.items():
        contact = contacts.find_or_add(session, "slack", place, ContactKind.ROOM, "en", now)
        subscriptions.subscribe(
            session,
            contact.id,
            period=one.period,
            weekday=one.weekday,
            at=f"{one.at:%H:%M}",
            timezone=one.zone.key,
            locale="en",
            now=now,
        )


def _runs(session: Session) -> Mapping[str, Sequence[DigestRun]]:
    found: dict[str, list[DigestRun]] = {}
    for subscription in session.exec(select(Subscription)).all():
        contact = session.get_one(Contact, subscription.contact_id)
        runs = select(DigestRun).where(DigestRun.subscription_id == subscription.id)
        found[contact.address] = list(session.exec(runs.order_by(col(DigestRun.ran_at))).all())
    return found


async def live_follow_ups(
    database: Database, catalog: Catalog, zone: ZoneInfo, wishes: Sequence[datetime], life: Life
) -> Sequence[FollowUp]:
    """One patient for each moment, whose survey after the results is to come at that moment or soon after.

    All follow-ups there were: the survey, its reminder, its end. Each process begins with turns of its own.
    """
    clock, lab = Clock(), Lab("City Laboratory", zone, "en")
    clock.put(life.uptimes[0].start, timedelta())
    patients = Laboratory(database, catalog, clock.now)
    for number, wished in enumerate(wishes):
        who, order = str(1000 + number), f"LAB-{number}"
        await patients.start(await patients.visit(order), who)
        await patients.tap("Yes", who)
        await patients.tap("Stop", who)
        delivered = wished - _delay(catalog)
        final = ResultStatus.FINAL
        await database.run(report_results, catalog, lab, order, final, delivered, clock.now)
    for up in life.uptimes:
        turns = Turns(database, catalog, lab, clock, lambda *_: None)
        tick = up.first
        while tick < up.end:
            clock.put(tick, up.skew)
            await schedule.take_due(database, turns, clock)
            due = await database.read(_next_due)
            if due is None:
                return await database.read(_all)
            tick = max(up.tick(due - up.skew, follow_ups.TICK), tick + follow_ups.TICK)
    return await database.read(_all)


def _delay(catalog: Catalog) -> timedelta:
    schedule = catalog.newest("after_results").schedule
    assert schedule is not None
    return schedule.delay


def _next_due(session: Session) -> datetime | None:
    pending = select(FollowUp.due_at).where(FollowUp.status == FollowUpStatus.PENDING)
    return session.exec(pending.order_by(col(FollowUp.due_at)).limit(1)).first()


def _all(session: Session) -> Sequence[FollowUp]:
    return session.exec(select(FollowUp)).all()
