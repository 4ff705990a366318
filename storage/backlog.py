"""How much work waits, as numbers alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from storage import follow_ups, inbox
from storage.columns import UtcDateTime
from storage.statements import is_written
from storage.tables import Contact, DeliveryStatus, Outbox


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages still pending: how many, when the oldest was written, and since when the next try is owed.

    A message behind another of its contact is not owed a try of its own. None when nothing is pending.
    """

    count: int
    written_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages pending on connected channels and the age of the oldest, events kept, follow-ups due."""

    messages: int
    oldest: timedelta
    events: int
    follow_ups: int


def count(session: Session, channels: Sequence[str], now: datetime) -> Backlog:
    """Count what waits at `now`; messages only on `channels`."""
    messages = waiting(session, channels)
    return Backlog(
        messages=messages.count,
        oldest=max(now - (messages.written_at or now), timedelta()),
        events=inbox.count_kept(session),
        follow_ups=follow_ups.count_due(session, now),
    )


def waiting(session: Session, channels: Sequence[str]) -> Waiting:
    """How the messages pending on `channels` stand."""
    # Asked of each message that waits: joined, SQLite asks every contact of the channel for its messages.
    of = select(Contact.channel).where(Contact.id == Outbox.contact_id).scalar_subquery()
    first_due = func.first_value(Outbox.due_at, type_=UtcDateTime())
    pending = (
        select(
            Outbox.created_at,
            first_due.over(partition_by=col(Outbox.contact_id), order_by=col(Outbox.id)).label("due_at"),
        )
        .where(is_written(col(Outbox.status), DeliveryStatus.PENDING), of.in_(channels))
        .subquery()
    )
    found = select(func.count(), func.min(pending.c.created_at), func.min(pending.c.due_at))
    return Waiting(*session.exec(found.select_from(pending)).one())
