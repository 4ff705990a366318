"""Sending what was committed: a contact's messages in order, many contacts at once, those who wait first."""

import asyncio
import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import assert_never
from uuid import UUID

from bot.channels import Channel, DeliveryOutcome, RetryAfter, Sent, Undeliverable
from bot.pulse import Pulse
from schedules.clock import Clock
from schedules.outages import Outages
from storage import outbox
from storage.database import Database, DatabaseUnavailable, Session
from storage.outbox import Parcel

log = logging.getLogger(__name__)

AT_ONCE = 64
BATCH = 500
LONGEST_WAIT = timedelta(minutes=5)
GIVE_UP_AFTER = 8
LONGEST_STEP_SECONDS = 180.0
_NO_ANSWER = RetryAfter("no answer came")


def _tell_nobody(_channel: str, _outcome: str) -> None:
    pass


class Delivery:
    """Delivers the outbox. A message is repeated only if this process ends, or another replica takes the
    contact up, between the platform's acceptance and the commit that records it, or if nothing comes back
    from the platform until the send is given up; while the commit fails, it alone is tried again. A message
    is never lost and never overtaken by a later one to the same contact. Of several replicas one at a time
    writes to a contact. What is handed over somebody waits for: it overtakes what polling finds, and who has
    several messages goes behind the others after each. Work for a contact shows that it lives by ending each
    step, a send or a use of the database, within three minutes. `told` hears of every send its channel and a
    word for what became of it.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Clock,
        told: Callable[[str, str], None] = _tell_nobody,
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._told = told
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self.pulse = Pulse(LONGEST_STEP_SECONDS)
        self._working: dict[Hashable, asyncio.Task[None]] = {}
        self._found: dict[UUID, None] = {}
        self._unhurried: set[UUID] = set()
        self._awaited: set[UUID] = set()
        self._put_off: dict[UUID, datetime] = {}
        self._at_hand: dict[UUID, Parcel] = {}
        self._sending: dict[Hashable, asyncio.Future[DeliveryOutcome]] = {}
        self._unrecorded: dict[UUID, Callable[[Session], None]] = {}
        self._failing: set[UUID] = set()
        self._again: set[UUID] = set()
        self._outages = Outages(clock)
        self._closed = False

    def hand_over(self, contact_ids: Sequence[UUID], at_hand: Sequence[Parcel] = ()) -> None:
        """Deliver what these contacts wait for, starting now.

        What is `at_hand` was found next in the transaction that wrote it and need not be read once more: only
        for a database that no other process delivers from.
        """
        if self._closed:
            return
        for parcel in at_hand:
            if parcel.contact_id not in self._working:
                self._at_hand[parcel.contact_id] = parcel
        for contact_id in contact_ids:
            self._awaited.add(contact_id)
            self._found.pop(contact_id, None)
            self._put_off.pop(contact_id, None)
            if contact_id in self._working:
                self._again.add(contact_id)
            else:
                self._working[contact_id] = asyncio.create_task(self._work(contact_id))

    async def poll(self) -> None:
        """Pick up what nobody waits for, or was left over; each channel has its share of what is due.

        Of several replicas one does: a platform's limits hold for all of them together.
        """
        now, leads = self._clock(), await self._database.leads()
        reachable = [one for one in self._channels if leads and self._outages.over_at(one, now) <= now]
        due = [await self._database.read(outbox.waiting_contacts, now, [one], BATCH) for one in reachable]
        in_turn = chain(self._unrecorded, *zip_longest(*due))
        self._found = {one: None for one in in_turn if one is not None and one not in self._working}
        self.hand_over([one for one, at in self._put_off.items() if at <= now])
        self._go_on()

    def reaches(self, channel: str) -> bool:
        """Whether the platform took, or could have taken, the last message for it."""
        return self._outages.reaches(channel)

    async def restart(self) -> None:
        """Give up the sends that hang, and the work that hangs at the database.

        A send may have arrived all the same, and is made again after a wait. Polling takes the work up again.
        """
        hanging = [self._sending.get(one) or self._working.get(one) for one in self.pulse.silent()]
        given_up = [one for one in hanging if one]
        for one in given_up:
            one.cancel()
        await asyncio.gather(*given_up, return_exceptions=True)

    async def close(self) -> None:
        """Let messages on their way arrive and be recorded; what has not left stays in the outbox."""
        self.hand_over(tuple(self._unrecorded))
        self._closed = True
        await asyncio.gather(*self._working.values(), return_exceptions=True)

    async def settle(self) -> None:
        """Return once nothing is on its way any more."""
        while self._working:
            await asyncio.gather(*self._working.values(), return_exceptions=True)

    def _go_on(self) -> None:
        """Begin with as many of those found by polling as there is room for."""
        while self._found and len(self._unhurried) < AT_ONCE and not self._closed:
            contact_id = next(iter(self._found))
            del self._found[contact_id]
            self._unhurried.add(contact_id)
            self._working[contact_id] = asyncio.create_task(self._work(contact_id))

    async def _work(self, contact_id: UUID) -> None:
        if self._at_once.locked():  # what is at hand may be taken back while it waits
            self._at_hand.pop(contact_id, None)
        try:
            async with nullcontext() if contact_id in self._unhurried else self._at_once:
                self.pulse.beat(contact_id)
                async with self._database.alone(contact_id) as alone:
                    if alone:
                        await self._deliver_all(contact_id)
                    else:
                        self._put_off_until(self._clock(), contact_id)
        except DatabaseUnavailable as error:
            log.warning("delivery waits for the database: %s", error)
            self._put_off_until(self._clock(), contact_id)
        except Exception:  # polling comes back to this contact, and to all the others
            self._put_off_until(self._clock(), contact_id)
            if contact_id not in self._failing:
                log.exception(
                    "the messages of contact %s cannot be delivered and are tried again", contact_id
                )
            self._failing.add(contact_id)
        else:
            self._failing.discard(contact_id)
        finally:
            self.pulse.done(contact_id)
            del self._working[contact_id]
            self._at_hand.pop(contact_id, None)
            self._unhurried.discard(contact_id)
            if contact_id not in self._put_off:
                self._awaited.discard(contact_id)
            if contact_id in self._again:
                self._again.discard(contact_id)
                self.hand_over([contact_id])
            self._go_on()

    async def _deliver_all(self, contact_id: UUID) -> None:
        """Send the contact's messages, one after the other, until none is left that may go now."""
        self.pulse.beat(contact_id)
        if contact_id in self._unrecorded:
            parcel = await self._record(contact_id)
        elif (parcel := self._at_hand.pop(contact_id, None)) is None:
            parcel = await self._database.read(outbox.next_for, contact_id)
        while parcel is not None and (channel := self._way_for(parcel)) is not None:
            outcome = await self._attempt(channel, parcel)
            # Kept until it is written, so that while the database takes nothing a message is not sent again.
            self._unrecorded[contact_id] = self._take_note(parcel, outcome)
            following = await self._record(contact_id)
            if isinstance(outcome, RetryAfter) or (following and self._steps_back(contact_id)):
                return
            parcel = following

    def _way_for(self, parcel: Parcel) -> Channel | None:
        """The channel to send it on, if it may be sent now."""
        now = self._clock()
        at = max(parcel.due_at, self._outages.over_at(parcel.channel, now))
        if at > now:
            self._put_off_until(at, parcel.contact_id)
            return None
        return None if self._closed else self._channels.get(parcel.channel)

    def _steps_back(self, contact_id: UUID) -> bool:
        """Whether others wait for the place of this contact, which then comes again after them."""
        if not (self._found if contact_id in self._unhurried else self._at_once.locked()):
            return False
        if contact_id in self._awaited:
            self._again.add(contact_id)
        return True

    def _put_off_until(self, at: datetime, contact_id: UUID) -> None:
        """Remember when to try what somebody waits for again; polling would find it behind all the rest."""
        if contact_id in self._awaited:
            self._put_off[contact_id] = at

    async def _attempt(self, channel: Channel, parcel: Parcel) -> DeliveryOutcome:
        send = self._sending[parcel.contact_id] = asyncio.ensure_future(
            channel.send(
                parcel.address,
                parcel.message,
                image=parcel.image,
                replaces=parcel.replaces,
                supersedes=parcel.supersedes,
                under=parcel.under,
                urgent=parcel.contact_id in self._awaited,
            )
        )
        self.pulse.beat(parcel.contact_id)
        try:
            (outcome,) = await asyncio.gather(send, return_exceptions=True)
        finally:
            del self._sending[parcel.contact_id]
        if not isinstance(outcome, BaseException):
            return outcome
        if isinstance(outcome, asyncio.CancelledError):
            log.error("message %s was given up: it may have arrived, and is sent again", parcel.id)
            return _NO_ANSWER
        # A defect in one message must not stop all the others.
        log.error("message %s could not be sent", parcel.id, exc_info=outcome)
        if parcel.attempts + 1 >= GIVE_UP_AFTER:
            return Undeliverable(f"gave up after {GIVE_UP_AFTER} attempts: {type(outcome).__name__}")
        return RetryAfter(type(outcome).__name__)

    async def _record(self, contact_id: UUID) -> Parcel | None:
        """Write down what became of the message last sent; the one after it."""
        self.pulse.beat(contact_id)
        self._again.discard(contact_id)  # whatever has been written by now is found
        parcel = await self._database.run(_recorded, self._unrecorded[contact_id], contact_id)
        del self._unrecorded[contact_id]
        return parcel

    def _take_note(self, parcel: Parcel, outcome: DeliveryOutcome) -> Callable[[Session], None]:
        """Heed what became of a message; how to write it down."""
        now, parcel_id, contact_id = self._clock(), parcel.id, parcel.contact_id
        blocked_at = parcel.blocked_at
        self._told(parcel.channel, _name(outcome))
        match outcome:
            case Sent(reference):
                self._outages.ended(parcel.channel, now)
                return lambda session: outbox.record_sent(
                    session, parcel_id, reference, now, blocked_at=blocked_at
                )
            case RetryAfter(reason):
                due_at = now + self._wait(parcel, outcome)
                self._put_off_until(due_at, contact_id)
                return lambda session: outbox.record_retry(session, parcel_id, due_at, reason)
            case Undeliverable(reason, gone):
                log.warning("message %s cannot be delivered: %s", parcel_id, reason)
                if gone:
                    return lambda session: outbox.record_gone(session, parcel_id, contact_id, reason, now)
                return lambda session: outbox.record_undeliverable(session, parcel_id, reason)
            case _:
                assert_never(outcome)

    def _wait(self, parcel: Parcel, outcome: RetryAfter) -> timedelta:
        if outcome.whole_channel:
            return self._outages.began(parcel.channel, outcome)
        if outcome.seconds is not None:
            return timedelta(seconds=outcome.seconds)
        return min(timedelta(seconds=2**parcel.attempts), LONGEST_WAIT)


def _recorded(session: Session, write: Callable[[Session], None], contact_id: UUID) -> Parcel | None:
    """Write, and look for the next message; one that cannot be read undoes nothing and is left to polling."""
    write(session)
    return outbox.at_hand(session, contact_id)


def _name(outcome: DeliveryOutcome) -> str:
    match outcome:
        case Sent():
            return "sent"
        case RetryAfter():
            return "unknown" if outcome is _NO_ANSWER else "put_off"
        case Undeliverable(gone=gone):
            return "gone" if gone else "refused"
        case _:
            assert_never(outcome)
