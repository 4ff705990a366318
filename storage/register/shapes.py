"""What is read of the register: values alone, nothing that can be changed."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from bot.complaints.lifecycle import Clock
from bot.complaints.terms import (
    Category,
    Cause,
    Complainant,
    Consequence,
    Department,
    Effective,
    Means,
    MeasureKind,
    Phase,
    Rating,
    Recurrence,
    Status,
    Substantiated,
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which complaints: received from a moment on and before another, of these states, departments and
    categories, and overdue at a moment. What is not given does not matter.
    """

    received_from: datetime | None = None
    received_before: datetime | None = None
    statuses: frozenset[Status] = frozenset()
    departments: frozenset[Department] = frozenset()
    categories: frozenset[Category] = frozenset()
    overdue_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A field of the record, as it was and as it is since."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history. Nobody is named in a line of the reporter's own, nor in one of nobody's.

    `seal` is in hexadecimal digits; the oldest lines have none, nor a position.
    """

    position: int | None
    at: datetime
    action: str
    status: Status
    by: str | None
    by_reporter: bool
    note: str | None
    changes: tuple[Changed, ...]
    seal: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """What was reported on the way to a resolution."""

    at: datetime
    by: str | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A corrective or preventive action."""

    id: UUID
    kind: MeasureKind
    words: str
    owner: str | None
    due_on: date
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reported it, and how they are reached; no account when they stayed anonymous or never had one."""

    name: str | None
    phone: str | None
    account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A complaint with all that became of it. `order` is masked; `repeats` are those merged into this one."""

    id: UUID
    number: str
    status: Status
    received_at: datetime
    channel: str
    entered_by: str | None
    complainant: Complainant
    anonymous: bool
    confidential: bool
    reporter: Reporter | None
    may_contact: bool
    best_time: str | None
    words: str
    need: str | None
    category: Category
    phase: Phase
    site: str | None
    department: Department
    order: str | None
    severity: int
    consequence: Consequence
    recurrence: Recurrence
    safety: bool
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_how: Means | None
    clock: Clock | None
    due_at: datetime | None
    waiting_since: datetime | None
    reopened_at: datetime | None
    ours: bool | None
    ours_why: str | None
    evidence: str | None
    substantiated: Substantiated | None
    involved: tuple[str, ...]
    investigator: str | None
    approver: str | None
    approved_at: datetime | None
    impartiality: str | None
    progress: tuple[Progress, ...]
    cause: Cause | None
    correction: str | None
    measures: tuple[Planned, ...]
    review_on: date | None
    effective: Effective | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    outcome: str | None
    communicated_at: datetime | None
    communicated_by: str | None
    communicated_how: Means | None
    not_communicated_why: str | None
    resolved_at: datetime | None
    closed_at: datetime | None
    rating: Rating | None
    rated_at: datetime | None
    response: UUID | None
    merged_into: str | None
    repeats: tuple[str, ...]
    history: tuple[Line, ...]
