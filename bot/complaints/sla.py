"""How long a complaint may wait: elapsed hours by consequence, and whether it is overdue."""

from datetime import datetime, timedelta

from bot.complaints.terms import OPEN, Consequence, Status

ACKNOWLEDGE_WITHIN: dict[Consequence, timedelta] = {
    Consequence.MINOR: timedelta(hours=24),
    Consequence.MODERATE: timedelta(hours=8),
    Consequence.SERIOUS: timedelta(hours=1),
}
RESOLVE_WITHIN: dict[Consequence, timedelta] = {
    Consequence.MINOR: timedelta(days=10),
    Consequence.MODERATE: timedelta(days=5),
    Consequence.SERIOUS: timedelta(days=2),
}


def due_at(received_at: datetime, consequence: Consequence, status: Status) -> datetime | None:
    """When the next step is due, or None when nothing more is owed."""
    if status not in OPEN:
        return None
    allowed = ACKNOWLEDGE_WITHIN if status is Status.RECEIVED else RESOLVE_WITHIN
    return received_at + allowed[consequence]


def is_overdue(received_at: datetime, consequence: Consequence, status: Status, now: datetime) -> bool:
    """Whether the next step should have been taken before `now`."""
    due = due_at(received_at, consequence, status)
    return due is not None and due < now
