"""How long a complaint may wait: elapsed hours by severity, and whether it is overdue."""

from datetime import datetime, timedelta

from bot.complaints.terms import OPEN, Severity, Status

ACKNOWLEDGE_WITHIN: dict[Severity, timedelta] = {
    Severity.MINOR: timedelta(hours=24),
    Severity.MODERATE: timedelta(hours=8),
    Severity.SERIOUS: timedelta(hours=1),
}
RESOLVE_WITHIN: dict[Severity, timedelta] = {
    Severity.MINOR: timedelta(days=10),
    Severity.MODERATE: timedelta(days=5),
    Severity.SERIOUS: timedelta(days=2),
}


def due_at(received_at: datetime, severity: Severity, status: Status) -> datetime | None:
    """When the next step is due, or None when nothing more is owed."""
    if status not in OPEN:
        return None
    allowed = ACKNOWLEDGE_WITHIN if status is Status.RECEIVED else RESOLVE_WITHIN
    return received_at + allowed[severity]


def is_overdue(received_at: datetime, severity: Severity, status: Status, now: datetime) -> bool:
    """Whether the next step should have been taken before `now`."""
    due = due_at(received_at, severity, status)
    return due is not None and due < now
