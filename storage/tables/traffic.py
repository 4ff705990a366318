"""Events taken, events kept for another try, and messages on their way."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, Index, text
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
    """A message committed but not yet accepted by its platform; its body is dropped once it is."""

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
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    contact_id: UUID = Field(foreign_key="contact.id")
    slot: str
    status: DeliveryStatus = Field(sa_type=string_enum(DeliveryStatus))
    body: bytes | None = Field(default=None, sa_column=Column(EncryptedBytes("outbox.body")))
    image: bytes | None = Field(default=None, sa_column=Column(EncryptedBytes("outbox.image")))
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reference: str | None = Field(default=None, sa_column=Column(EncryptedText("outbox.reference")))
    error: str | None = None
