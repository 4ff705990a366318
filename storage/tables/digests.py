"""Who gets digests, which have been sent, and what was counted for them beforehand."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field
from uuid_utils.compat import uuid7

from storage.columns import UtcDateTime, string_enum
from storage.tables.base import Table


class Period(StrEnum):
    """What span of time a digest covers, and how often it comes."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


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


class HourTally(Table, table=True):
    """Completed responses to one survey that ended in one hour of UTC, counted: those that refer to it.

    There may be several of an hour. When one is deleted, its responses are as if they had never been counted.
    `answers` are item, value and count; `sites` are site, responses with a rating, and those of them that are
    favourable, as `rule` tells.
    """

    __tablename__ = "hour_tally"
    __table_args__ = (Index(None, "survey", "hour", "rule"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    survey: str
    hour: datetime = Field(sa_type=UtcDateTime)
    rule: str
    responses: int
    answers: list[tuple[str, int | str, int]] = Field(sa_column=Column(JSON, nullable=False))
    sites: list[tuple[str | None, int, int]] = Field(sa_column=Column(JSON, nullable=False))
