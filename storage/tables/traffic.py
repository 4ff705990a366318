"""Events taken, events kept for another try, and messages on their way."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

from storage.columns import EncryptedBytes, EncryptedText, UtcDateTime, string_enum
from storage.tables.base import Table


class DeliveryStatus(StrEnum):
    """Whether a message has been accepted by its platform."""

    PENDING = "pending"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"
    CANCELLED = "cancelled"


class Inbox(Table, table=True):
    """Every event already taken: a repeat changes nothing."""

    __tablename__ = "inbox"

    event_id: str = Field(primary_key=True)
    taken_at: datetime = Field(sa_type=UtcDateTime, index=True)


class KeptEvent(Table, table=True):
    """An event whose turn failed unexpectedly: kept for another try."""

    __tablename__ = "kept_event"

    event_id: str = Field(primary_key=True)
    event: bytes = Field(sa_column=Column(EncryptedBytes("kept_event.event"), nullable=False))
    kept_at: datetime = Field(sa_type=UtcDateTime)
    retry_at: datetime = Field(sa_type=UtcDateTime, index=True)
    attempts: int
    error: str


class Outbox(Table, table=True):
    """A message committed but not yet accepted by its platform; its body is dropped once it is.

    `complaint_id` is the complaint whose slot it has, or below which it stands. Such a message is found again
    by `reference_hash`, the keyed hash of its reference, when somebody answers it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_pending",
            "due_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_outbox_next",
            "contact_id",
            "id",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(None, "contact_id", "slot", "id"),
        Index(
            "ix_outbox_reference",
            "contact_id",
            "reference_hash",
            sqlite_where=text("reference_hash IS NOT NULL"),
            postgresql_where=text("reference_hash IS NOT NULL"),
        ),
        Index(
            "ix_outbox_complaint",
            "complaint_id",
            sqlite_where=text("complaint_id IS NOT NULL"),
            postgresql_where=text("complaint_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    contact_id: UUID = Field(foreign_key="contact.id")
    slot: str
    complaint_id: UUID | None = Field(default=None, foreign_key="complaint.id")
    status: DeliveryStatus = Field(sa_type=string_enum(DeliveryStatus))
    body: bytes | None = Field(default=None, sa_column=Column(EncryptedBytes("outbox.body")))
    image: bytes | None = Field(default=None, sa_column=Column(EncryptedBytes("outbox.image")))
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reference: str | None = Field(default=None, sa_column=Column(EncryptedText("outbox.reference")))
    reference_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    error: str | None = None
