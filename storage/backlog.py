"""How much work waits, as numbers alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from storage import follow_ups, inbox, outbox


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages pending on connected channels and the age of the oldest, events kept, follow-ups due."""

    messages: int
    oldest: timedelta
    events: int
    follow_ups: int


def count(session: Session, channels: Sequence[str], now: datetime) -> Backlog:
    """Count what waits at `now`; messages only on `channels`."""
    waiting = outbox.waiting(session, channels)
    return Backlog(
        messages=waiting.count,
        oldest=max(now - (waiting.written_at or now), timedelta()),
        events=inbox.count_kept(session),
        follow_ups=follow_ups.count_due(session, now),
    )
