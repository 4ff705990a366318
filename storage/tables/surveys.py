"""Visits, what is asked about them, and what was answered."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

from bot.dialog.effect import Ending
from bot.dialog.event import Due
from storage.columns import EncryptedText, UtcDateTime, string_enum
from storage.tables.base import Table


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


class Visit(Table, table=True):
    """One collection at one site, tied to an order by pseudonym."""

    __tablename__ = "visit"
    __table_args__ = (UniqueConstraint("order_hash", "collected_at"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    order_hash: bytes = Field(sa_type=LargeBinary)
    site: str
    collected_at: datetime = Field(sa_type=UtcDateTime, index=True)
    link_made_at: datetime = Field(sa_type=UtcDateTime)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
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
    """One person's filling-in of one questionnaire.

    `asked_at` is known of the first complete one to its visit: when that was collected or, of what comes by
    follow-up, asked about. `tally_id` is known of complete ones that were counted.
    """

    __tablename__ = "response"
    __table_args__ = (
        Index(None, "visit_id", "questionnaire"),
        Index(
            "ix_response_tallied",
            "tally_id",
            sqlite_where=text("tally_id IS NOT NULL"),
            postgresql_where=text("tally_id IS NOT NULL"),
        ),
        # With `tally_id` in it, SQLite takes this one rather than the next.
        Index(
            "ix_response_untallied",
            "questionnaire",
            "tally_id",
            "ended_at",
            sqlite_where=text("status = 'completed' AND tally_id IS NULL"),
            postgresql_where=text("status = 'completed' AND tally_id IS NULL"),
        ),
        Index(
            "ix_response_completed",
            "questionnaire",
            "ended_at",
            "id",
            sqlite_where=text("status = 'completed'"),
            postgresql_where=text("status = 'completed'"),
        ),
        Index(
            "ix_response_asked",
            "questionnaire",
            "asked_at",
            "ended_at",
            sqlite_where=text("status = 'completed'"),
            postgresql_where=text("status = 'completed'"),
        ),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    questionnaire: str
    version: int
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id")
    site: str | None = None
    channel: str
    locale: str
    status: Ending = Field(sa_type=string_enum(Ending))
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tally_id: UUID | None = Field(default=None, foreign_key="hour_tally.id", ondelete="SET NULL")


class Answer(Table, table=True):
    """One item's value: a number, a choice, or words."""

    __tablename__ = "answer"

    response_id: UUID = Field(primary_key=True, foreign_key="response.id")
    item: str = Field(primary_key=True)
    number: int | None = None
    choice: str | None = None
    words: str | None = Field(default=None, sa_column=Column(EncryptedText("answer.words")))
    answered_at: datetime = Field(sa_type=UtcDateTime)


class Praise(Table, table=True):
    """Thanks that were passed on. `about` is who is thanked: a name or team in words, an account, or both."""

    __tablename__ = "praise"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    words: str = Field(sa_column=Column(EncryptedText("praise.words"), nullable=False))
    about: str | None = Field(default=None, sa_column=Column(EncryptedText("praise.about")))
    site: str | None = None
    channel: str
    giver_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    response_id: UUID | None = Field(default=None, foreign_key="response.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)


def _pending(name: str, kind: str) -> Index:
    """An index over those still to come, of one kind, in the order they are due."""
    where = text(f"status = 'pending' AND {kind}")
    return Index(name, "due_at", "id", sqlite_where=where, postgresql_where=where)


class FollowUp(Table, table=True):
    """One dated future contact about one visit."""

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("visit_id", "questionnaire", "due"),
        Index(
            "ix_follow_up_asked",
            "questionnaire",
            "done_at",
            sqlite_where=text("due = 'ask' AND status = 'done'"),
            postgresql_where=text("due = 'ask' AND status = 'done'"),
        ),
        _pending("ix_follow_up_ending", "due = 'expire'"),
        _pending("ix_follow_up_other", "due <> 'expire'"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id")
    questionnaire: str
    due: Due = Field(sa_type=string_enum(Due))
    response_id: UUID | None = Field(default=None, foreign_key="response.id", index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)
    status: FollowUpStatus = Field(sa_type=string_enum(FollowUpStatus))
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
