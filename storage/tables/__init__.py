"""The tables: ids are UUIDv7, times UTC, enums their values; personal columns are encrypted."""

from storage.tables.base import Table
from storage.tables.digests import DigestRun, HourTally, Period, Subscription
from storage.tables.people import Contact, ContactKind, Conversation, Staff
from storage.tables.register import (
    Chain,
    Complaint,
    ComplaintEvent,
    Counter,
    Investigation,
    Involved,
    Measure,
)
from storage.tables.seal import Seal
from storage.tables.surveys import (
    Answer,
    Consent,
    FollowUp,
    FollowUpStatus,
    Praise,
    QuestionnaireVersion,
    Response,
    ResultStatus,
    Visit,
)
from storage.tables.traffic import DeliveryStatus, Inbox, KeptEvent, Outbox

__all__ = [
    "Answer",
    "Chain",
    "Complaint",
    "ComplaintEvent",
    "Consent",
    "Contact",
    "ContactKind",
    "Conversation",
    "Counter",
    "DeliveryStatus",
    "DigestRun",
    "FollowUp",
    "FollowUpStatus",
    "HourTally",
    "Inbox",
    "Investigation",
    "Involved",
    "KeptEvent",
    "Measure",
    "Outbox",
    "Period",
    "Praise",
    "QuestionnaireVersion",
    "Response",
    "ResultStatus",
    "Seal",
    "Staff",
    "Subscription",
    "Table",
    "Visit",
]
