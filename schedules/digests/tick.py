"""The tick that sends digests: whatever is due is composed, then claimed and left for delivery."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from schedules.digests.compose import Composed, Composer
from schedules.digests.recurrence import Recurrence, covered, owed
from storage import digests, outbox, subscriptions
from storage.database import Database, Session
from storage.subscriptions import Standing


class DigestTick:
    """Leaves the digests that are due for delivery."""

    def __init__(self, database: Database, composer: Composer, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._composer = composer
        self._clock = clock

    async def send_due_digests(self) -> Sequence[UUID]:
        """Leave a message for every subscription that is due, and return the contacts they are for.

        One digest per subscription and local date, whatever is restarted or run twice: the date is claimed in
        the transaction that leaves the message. One that fails does not keep the others waiting; the failures
        are raised together afterwards, and tried again at the next tick.
        """
        now = self._clock()
        addressed: list[UUID] = []
        errors: list[Exception] = []
        for standing in await self._database.read(subscriptions.standing):
            [outcome] = await asyncio.gather(self._send_if_due(standing, now), return_exceptions=True)
            if isinstance(outcome, Exception):
                errors.append(outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
            elif outcome:
                addressed.append(standing.contact_id)
        if errors:
            raise ExceptionGroup("digests could not be sent", errors)
        return addressed

    async def _send_if_due(self, standing: Standing, now: datetime) -> bool:
        recurrence = _recurrence(standing)
        day = owed(recurrence, now, standing.created_at, standing.last_date)
        if day is None:
            return False
        window = covered(standing.period, day, recurrence.zone)
        composed = await self._composer.of_window(
            standing.period, window, recurrence.zone, standing.locale, now
        )
        return await self._database.run(_claim_and_leave, standing, day, composed, now)


def _recurrence(standing: Standing) -> Recurrence:
    at = time.fromisoformat(standing.at)
    return Recurrence(standing.period, standing.weekday, at, ZoneInfo(standing.timezone))


def _claim_and_leave(
    session: Session, standing: Standing, day: date, composed: Composed, now: datetime
) -> bool:
    if not subscriptions.exists(session, standing.id) or not digests.claim_run(
        session, standing.id, day, now
    ):
        return False
    outbox.enqueue(session, standing.contact_id, composed.message, now, composed.image)
    return True
