"""People and rooms, staff, and where each conversation stands."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, LargeBinary, UniqueConstraint
from sqlmodel import Field
from uuid_utils.compat import uuid7

from bot.complaints.terms import Department, Role
from storage.columns import EncryptedBytes, EncryptedText, UtcDateTime, string_enum
from storage.tables.base import Table


class ContactKind(StrEnum):
    """Whether an address is a person's or a room's."""

    PERSON = "person"
    ROOM = "room"


class Contact(Table, table=True):
    """One address on one channel: a person or a room."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("channel", "address_hash"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    channel: str
    kind: ContactKind = Field(sa_type=string_enum(ContactKind))
    address_hash: bytes = Field(sa_type=LargeBinary)
    address: str = Field(sa_column=Column(EncryptedText("contact.address"), nullable=False))
    locale: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    blocked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    forget: bool = False


class Staff(Table, table=True):
    """A member of the laboratory, what they may do, and the department they work in, if it was told."""

    __tablename__ = "staff"

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id")
    role: Role = Field(sa_type=string_enum(Role))
    department: Department | None = Field(default=None, sa_type=string_enum(Department))
    added_at: datetime = Field(sa_type=UtcDateTime)


class Conversation(Table, table=True):
    """One person on one channel in one dialog. `token` is what their buttons carry."""

    __tablename__ = "conversation"

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id")
    token: str
    state: bytes = Field(sa_column=Column(EncryptedBytes("conversation.state"), nullable=False))
