"""The complaint register."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

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
from storage.columns import EncryptedText, UtcDateTime, string_enum
from storage.tables.base import Table

_IS_OPEN = text("status IN ('received', 'acknowledged', 'investigating', 'reopened')")
_IS_WATCHED = text("look_at IS NOT NULL")
_IS_UNREVIEWED = text("reviewed_at IS NULL")


class Counter(Table, table=True):
    """A sequence without gaps: it is raised in the transaction that uses it."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True)
    value: int


class Complaint(Table, table=True):
    """One entry of the complaint register, as it stands now.

    `channel` is how it came, a `Via`. `safety` means that somebody was or could be harmed. `due_at` is when
    the `clock` that ends first runs out, and `look_at` when it next has to be looked at; without one nothing
    is owed. `waited_seconds` is working time spent waiting for the reporter, `waiting_since` when that began.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        Index("ix_complaint_open", "assignee_id", "id", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index(
            "ix_complaint_department", "department", "id", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN
        ),
        Index("ix_complaint_look", "look_at", sqlite_where=_IS_WATCHED, postgresql_where=_IS_WATCHED),
        Index("ix_complaint_like", "category", "department", "received_at"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    number: str = Field(unique=True)
    status: Status = Field(sa_type=string_enum(Status), index=True)
    category: Category = Field(sa_type=string_enum(Category))
    phase: Phase = Field(sa_type=string_enum(Phase))
    department: Department = Field(default=Department.FRONT_DESK, sa_type=string_enum(Department))
    consequence: Consequence = Field(sa_type=string_enum(Consequence))
    recurrence: Recurrence = Field(default=Recurrence.FIRST, sa_type=string_enum(Recurrence))
    safety: bool = False
    channel: str
    complainant: Complainant = Field(default=Complainant.OTHER, sa_type=string_enum(Complainant))
    confidential: bool = False
    site: str | None = None
    words: str = Field(sa_column=Column(EncryptedText("complaint.words"), nullable=False))
    need: str | None = Field(default=None, sa_column=Column(EncryptedText("complaint.need")))
    reporter_name: str | None = Field(
        default=None, sa_column=Column(EncryptedText("complaint.reporter_name"))
    )
    phone: str | None = Field(default=None, sa_column=Column(EncryptedText("complaint.phone")))
    best_time: str | None = None
    order_hash: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)
    order_masked: str | None = None
    may_contact: bool = True
    relay_hash: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)
    reporter_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    entered_by_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    assignee_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id", index=True)
    response_id: UUID | None = Field(default=None, foreign_key="response.id", unique=True)
    merged_into_id: UUID | None = Field(default=None, foreign_key="complaint.id", index=True)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_by_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    acknowledged_how: Means | None = Field(default=None, sa_type=string_enum(Means))
    progressed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reopened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    waiting_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    waited_seconds: int = 0
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    clock: Clock | None = Field(default=None, sa_type=string_enum(Clock))
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    look_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    nudges: int = 0
    outcome: str | None = Field(default=None, sa_column=Column(EncryptedText("complaint.outcome")))
    rating: Rating | None = Field(default=None, sa_type=string_enum(Rating))
    rated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Investigation(Table, table=True):
    """What was found about one complaint, and who answers for it; a complaint without one has none yet.

    `ours` tells whether the matter is within the laboratory's responsibility. `impartiality` is the note why
    somebody involved had to act. `communicated_how` or `not_communicated_why`: the outcome is told, or not.
    """

    __tablename__ = "investigation"
    __table_args__ = (
        Index(
            "ix_investigation_review",
            "review_on",
            sqlite_where=_IS_UNREVIEWED,
            postgresql_where=_IS_UNREVIEWED,
        ),
    )

    complaint_id: UUID = Field(primary_key=True, foreign_key="complaint.id")
    ours: bool | None = None
    ours_why: str | None = Field(default=None, sa_column=Column(EncryptedText("investigation.ours_why")))
    evidence: str | None = Field(default=None, sa_column=Column(EncryptedText("investigation.evidence")))
    substantiated: Substantiated | None = Field(default=None, sa_type=string_enum(Substantiated))
    cause: Cause | None = Field(default=None, sa_type=string_enum(Cause))
    correction: str | None = Field(default=None, sa_column=Column(EncryptedText("investigation.correction")))
    impartiality: str | None = Field(
        default=None, sa_column=Column(EncryptedText("investigation.impartiality"))
    )
    approver_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    communicated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    communicated_by_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    communicated_how: Means | None = Field(default=None, sa_type=string_enum(Means))
    not_communicated_why: str | None = Field(
        default=None, sa_column=Column(EncryptedText("investigation.not_communicated_why"))
    )
    review_on: date | None = None
    effective: Effective | None = Field(default=None, sa_type=string_enum(Effective))
    reviewed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reviewed_by_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)


class Involved(Table, table=True):
    """A member of the laboratory whom a complaint is about, or who took part in what it is about."""

    __tablename__ = "involved"

    complaint_id: UUID = Field(primary_key=True, foreign_key="complaint.id")
    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id", index=True)


class Measure(Table, table=True):
    """A corrective or preventive action: who does it, by when, and when it was done."""

    __tablename__ = "measure"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    complaint_id: UUID = Field(foreign_key="complaint.id", index=True)
    kind: MeasureKind = Field(sa_type=string_enum(MeasureKind))
    words: str = Field(sa_column=Column(EncryptedText("measure.words"), nullable=False))
    owner_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    due_on: date
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ComplaintEvent(Table, table=True):
    """One line of a complaint's history. Rows are added, never changed.

    `note` are words, `changes` a JSON object of what was set in the record. `position` counts the lines of
    the whole register and `digest` seals the line and all before it; the oldest have neither.
    """

    __tablename__ = "complaint_event"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    complaint_id: UUID = Field(foreign_key="complaint.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    action: str
    status: Status = Field(sa_type=string_enum(Status))
    note: str | None = Field(default=None, sa_column=Column(EncryptedText("complaint_event.note")))
    changes: str | None = Field(default=None, sa_column=Column(EncryptedText("complaint_event.changes")))
    position: int | None = Field(default=None, index=True, unique=True)
    digest: bytes | None = Field(default=None, sa_type=LargeBinary)


class Chain(Table, table=True):
    """The end of the register's history: how many lines are sealed, and the seal of the last."""

    __tablename__ = "chain"

    name: str = Field(primary_key=True)
    length: int
    head: bytes = Field(sa_type=LargeBinary)
