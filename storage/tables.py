"""The tables: ids are UUIDv7, times UTC, enums their values; personal columns are encrypted."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from bot.complaints.terms import Category, Phase, Role, Severity, Status
from bot.dialog.effect import Ending
from bot.dialog.event import Due
from storage.columns import EncryptedBytes, EncryptedText, UtcDateTime, string_enum

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """The base of every table: named constraints, one metadata."""

    metadata = MetaData(naming_convention=NAMING)


class ContactKind(StrEnum):
    """Whether an address is a person's or a room's."""

    PERSON = "person"
    ROOM = "room"


class Consent(StrEnum):
    """What a person said when asked whether we may ask."""

    GIVEN = "given"
    REFUSED = "refused"


class ResultStatus(StrEnum):
    """What the laboratory information system last said of a visit's results."""

    FINAL = "final"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"


class FollowUpStatus(StrEnum):
    """Whether a follow-up is still to come."""

    PENDING = "pending"
    DONE = "done"
    CANCELLED = "cancelled"


class DeliveryStatus(StrEnum):
    """Whether a message has been accepted by its platform."""

    PENDING = "pending"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"
    CANCELLED = "cancelled"


class Period(StrEnum):
    """What span of time a digest covers, and how often it comes."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


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
    """A member of the laboratory and what they may do."""

    __tablename__ = "staff"

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id")
    role: Role = Field(sa_type=string_enum(Role))
    added_at: datetime = Field(sa_type=UtcDateTime)


class Conversation(Table, table=True):
    """One person on one channel in one dialog. `token` is what their buttons carry."""

    __tablename__ = "conversation"

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id")
    token: str
    revision: int
    state: bytes = Field(sa_column=Column(EncryptedBytes("conversation.state"), nullable=False))
    touched_at: datetime = Field(sa_type=UtcDateTime)


class Visit(Table, table=True):
    """One collection at one site, tied to an order by pseudonym."""

    __tablename__ = "visit"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    order_hash: bytes = Field(sa_type=LargeBinary, index=True)
    site: str
    collected_at: datetime = Field(sa_type=UtcDateTime, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    enrolled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    consent: Consent | None = Field(default=None, sa_type=string_enum(Consent))
    consent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    result_status: ResultStatus | None = Field(default=None, sa_type=string_enum(ResultStatus))
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class QuestionnaireVersion(Table, table=True):
    """The definition of every version ever used: a running response keeps the version it began with."""

    __tablename__ = "questionnaire_version"

    questionnaire: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    source: str
    kept_at: datetime = Field(sa_type=UtcDateTime)


class Response(Table, table=True):
    """One person's filling-in of one questionnaire."""

    __tablename__ = "response"
    __table_args__ = (Index(None, "questionnaire", "ended_at"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    questionnaire: str
    version: int
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id", index=True)
    site: str | None = None
    channel: str
    locale: str
    status: Ending = Field(sa_type=string_enum(Ending))
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Answer(Table, table=True):
    """One item's value: a number, a choice, or words."""

    __tablename__ = "answer"

    response_id: UUID = Field(primary_key=True, foreign_key="response.id")
    item: str = Field(primary_key=True)
    number: int | None = None
    choice: str | None = None
    words: str | None = Field(default=None, sa_column=Column(EncryptedText("answer.words")))
    answered_at: datetime = Field(sa_type=UtcDateTime)


class Counter(Table, table=True):
    """A sequence without gaps: it is raised in the transaction that uses it."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True)
    value: int


class Complaint(Table, table=True):
    """One entry of the complaint register."""

    __tablename__ = "complaint"

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


class FollowUp(Table, table=True):
    """One dated future contact about one visit."""

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("visit_id", "questionnaire", "due"),
        Index(None, "questionnaire", "done_at"),
        Index(
            "ix_follow_up_pending",
            "due_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id")
    questionnaire: str
    due: Due = Field(sa_type=string_enum(Due))
    response_id: UUID | None = Field(default=None, foreign_key="response.id", index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)
    status: FollowUpStatus = Field(sa_type=string_enum(FollowUpStatus))
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


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
        Index(None, "contact_id", "slot"),
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
    reference: str | None = None
    error: str | None = None


class Subscription(Table, table=True):
    """Who gets a digest, how often and when, in their own time zone."""

    __tablename__ = "subscription"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    contact_id: UUID = Field(foreign_key="contact.id", unique=True)
    period: Period = Field(sa_type=string_enum(Period))
    weekday: int | None = None
    at: str
    timezone: str
    locale: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class DigestRun(Table, table=True):
    """One digest sent: at most one per subscription and local date."""

    __tablename__ = "digest_run"

    subscription_id: UUID = Field(primary_key=True, foreign_key="subscription.id", ondelete="CASCADE")
    local_date: date = Field(primary_key=True)
    ran_at: datetime = Field(sa_type=UtcDateTime)
