"""Bugs in how messages are sent, and what is asked when."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.channels import DeliveryOutcome, RetryAfter, Sent, Undeliverable
from bot.turns import desk, effects
from bot.turns import results as results_turns
from handlers.telegram import channel as telegram_channel
from schedules import follow_ups
from schedules.delivery import Delivery
from storage import digests, outbox
from storage import follow_ups as follow_up_rows
from storage.database import Database
from storage.outbox import Parcel
from storage.tables import Contact
from tests.faults.mutants.putting import Anything, later, nothing, put


def mark_sent_first() -> None:
    async def delivered(self: Delivery, contact_id: UUID) -> None:
        while parcel := await self._database.read(outbox.next_for, contact_id):
            if parcel.due_at > self._clock():
                return
            await self._database.run(outbox.record_sent, parcel.id, "1", self._clock())
            await self._attempt(self._channels[parcel.channel], parcel)

    put(Delivery, "_deliver_all", delivered)


def never_mark_sent() -> None:
    record: Anything = outbox.record_sent
    numbers = count(1)

    def recorded(session: Session, parcel_id: object, *rest: object, **kind: object) -> None:
        if next(numbers) % 5:
            record(session, parcel_id, *rest, **kind)

    put(outbox, "record_sent", recorded)


def send_twice() -> None:
    post: Anything = telegram_channel.TelegramChannel._post

    async def posted(self: object, chat_id: int, html: list[str], *rest: object) -> object:
        await post(self, chat_id, list(html), *rest)
        return await post(self, chat_id, html, *rest)

    put(telegram_channel.TelegramChannel, "_post", posted)


def _change_outcome(change: Callable[[DeliveryOutcome], DeliveryOutcome]) -> None:
    attempt: Anything = Delivery._attempt

    async def attempted(self: Delivery, channel: object, parcel: Parcel) -> DeliveryOutcome:
        return change(await attempt(self, channel, parcel))

    put(Delivery, "_attempt", attempted)


def give_up_at_once() -> None:
    _change_outcome(lambda one: Undeliverable(one.reason) if isinstance(one, RetryAfter) else one)


def trouble_is_success() -> None:
    _change_outcome(lambda one: Sent("1") if isinstance(one, RetryAfter) else one)


def retry_who_blocked() -> None:
    def changed(one: DeliveryOutcome) -> DeliveryOutcome:
        gone = isinstance(one, Undeliverable) and one.gone
        return RetryAfter("later", seconds=0.05) if gone else one

    _change_outcome(changed)


def no_safety_net() -> None:
    async def polled(_: Delivery) -> None:
        """Pick nothing up."""

    put(Delivery, "poll", polled)


def side_by_side() -> None:
    """Several workers for one contact at once."""

    def handed_over(self: Delivery, contact_ids: Any) -> None:
        for contact_id in contact_ids:
            for _ in range(2):
                later(self._deliver_all(contact_id))

    put(Delivery, "hand_over", handed_over)


def never_alone() -> None:
    """Nobody asks whether another replica writes to the contact."""

    @asynccontextmanager
    async def alone(*_: object) -> AsyncIterator[bool]:
        yield True

    put(Database, "alone", alone)


def messages_are_taken_back() -> None:
    """Messages of those who go on are taken back now and then."""
    enqueue: Anything = outbox.enqueue
    numbers = count(1)

    def enqueued(session: Session, contact_id: UUID, *rest: object) -> object:
        row_id: object = enqueue(session, contact_id, *rest)
        if next(numbers) % 10 == 0:
            session.flush()
            outbox.cancel_for(session, contact_id)
            enqueue(session, contact_id, *rest)
        return row_id

    put(outbox, "enqueue", enqueued)


def follow_up_again_and_again() -> None:
    put(follow_up_rows, "finish", nothing)


def no_follow_ups() -> None:
    async def taken(*_: object) -> int:
        return 0

    put(follow_ups, "take_due", taken)


def follow_up_after_stop() -> None:
    real: Anything = results_turns.plan_asking

    def planned(session: Session, catalog: object, lab: object, visit: Any, now: datetime) -> None:
        contact = session.get_one(Contact, visit.contact_id) if visit.contact_id else None
        if contact is not None:
            contact.withdrawn_at = None
        real(session, catalog, lab, visit, now)

    put(results_turns, "plan_asking", planned)
    put(effects, "plan_asking", planned)


def digest_again_and_again() -> None:
    put(digests, "claim_run", lambda *_: True)


def reporter_is_not_told() -> None:
    put(desk, "_tell_reporter", lambda *_: "told")
