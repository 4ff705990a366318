"""Events already taken, so that a repeat changes nothing; and events kept for another try."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, func, select, update

from storage.documents import UnreadableDocument, document
from storage.prepared import Prepared
from storage.statements import insert_ignore
from storage.tables import Inbox, KeptEvent


@dataclass(frozen=True, slots=True)
class _Origin:
    """What every event tells of who caused it."""

    channel: str
    account: str


_ORIGIN = TypeAdapter(_Origin)
_DROP = Prepared[tuple[()]](delete(KeptEvent).where(col(KeptEvent.event_id) == bindparam("event")))


def claim(session: Session, event_id: str, now: datetime) -> bool:
    """Take an event, once: False when it was taken before. Undone if the transaction is."""
    return insert_ignore(session, Inbox, {"event_id": event_id, "taken_at": now})


def release(session: Session, event_id: str) -> None:
    """The event was refused and changed nothing: the same one may come again."""
    session.exec(delete(Inbox).where(col(Inbox.event_id) == event_id))


def keep(
    session: Session, event_id: str, event: bytes, error: str, now: datetime, retry_at: datetime
) -> None:
    """Keep an event whose turn failed, for another try at `retry_at`."""
    kept = session.get(KeptEvent, event_id)
    if kept is None:
        kept = KeptEvent(
            event_id=event_id, event=event, kept_at=now, retry_at=retry_at, attempts=0, error=error
        )
    kept.attempts += 1
    kept.retry_at = retry_at
    kept.error = error
    session.add(kept)


def attempts(session: Session, event_id: str) -> int:
    """How often a kept event has failed; 0 when it is not kept."""
    kept = session.get(KeptEvent, event_id)
    return kept.attempts if kept else 0


def count_kept(session: Session) -> int:
    """How many events are kept, their next try due or not."""
    return session.exec(select(func.count()).select_from(KeptEvent)).one()


def due(session: Session, now: datetime, limit: int) -> Sequence[KeptEvent]:
    """Kept events whose next try has come, oldest first."""
    query = select(KeptEvent).where(KeptEvent.retry_at <= now).order_by(col(KeptEvent.kept_at))
    return session.exec(query.limit(limit)).all()


def postpone(session: Session, event_id: str, retry_at: datetime) -> None:
    """Try a kept event at `retry_at`; nothing happens when it is not kept."""
    session.exec(update(KeptEvent).where(col(KeptEvent.event_id) == event_id).values(retry_at=retry_at))


def drop(session: Session, event_id: str) -> None:
    """The event was taken at last, or never will be."""
    _DROP.run(session, event=event_id)


def drop_of(session: Session, accounts: Collection[tuple[str, str]]) -> None:
    """Drop the kept events of accounts, each the channel and the address there."""
    for event_id, event in session.exec(select(KeptEvent.event_id, KeptEvent.event)).all():
        origin = _origin(event)
        if origin is not None and (origin.channel, origin.account) in accounts:
            drop(session, event_id)


def _origin(event: bytes) -> _Origin | None:
    try:
        return document(_ORIGIN, event)
    except UnreadableDocument:
        return None


def prune(session: Session, before: datetime, limit: int) -> int:
    """Forget events taken before `before`, which no platform repeats any more; how many, at most `limit`."""
    old = select(Inbox.event_id).where(Inbox.taken_at < before).limit(limit)
    return session.exec(delete(Inbox).where(col(Inbox.event_id).in_(old))).rowcount
