"""The complaint register."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

from bot.complaints.terms import Category, Phase, Severity, Status
from storage.columns import EncryptedText, UtcDateTime, string_enum
from storage.tables.base import Table


class Counter(Table, table=True):
    """A sequence without gaps: it is raised in the transaction that uses it."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True)
    value: int


class Complaint(Table, table=True):
    """One entry of the complaint register."""

    __tablename__ = "complaint"
    __table_args__ = (
        Index(
            "ix_complaint_open",
            "assignee_id",
            "id",
            sqlite_where=text("status <> 'resolved'"),
            postgresql_where=text("status <> 'resolved'"),
        ),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    number: str = Field(unique=True)
    status: Status = Field(sa_type=string_enum(Status), index=True)
    category: Category = Field(sa_type=string_enum(Category))
    phase: Phase = Field(sa_type=string_enum(Phase))
    severity: Severity = Field(sa_type=string_enum(Severity))
    channel: str
    site: str | None = None
    words: str = Field(sa_column=Column(EncryptedText("complaint.words"), nullable=False))
    need: str | None = Field(default=None, sa_column=Column(EncryptedText("complaint.need")))
    phone: str | None = Field(default=None, sa_column=Column(EncryptedText("complaint.phone")))
    best_time: str | None = None
    order_hash: bytes | None = Field(default=None, sa_type=LargeBinary, index=True)
    order_masked: str | None = None
    may_contact: bool = True
    reporter_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    assignee_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id", index=True)
    response_id: UUID | None = Field(default=None, foreign_key="response.id", unique=True)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    outcome: str | None = Field(default=None, sa_column=Column(EncryptedText("complaint.outcome")))


class ComplaintEvent(Table, table=True):
    """One line of a complaint's history. Rows are added, never changed."""

    __tablename__ = "complaint_event"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    complaint_id: UUID = Field(foreign_key="complaint.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    action: str
    status: Status = Field(sa_type=string_enum(Status))
    note: str | None = Field(default=None, sa_column=Column(EncryptedText("complaint_event.note")))
