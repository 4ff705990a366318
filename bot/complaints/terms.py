"""The words a complaint is described with. Values are stored; what people read comes from `bot/locales/`."""

from enum import StrEnum


class Category(StrEnum):
    """What a complaint is about."""

    TURNAROUND = "turnaround"
    RESULT_ACCURACY = "result_accuracy"
    CRITICAL_VALUE = "critical_value"
    SPECIMEN = "specimen"
    REPORT_FORMAT = "report_format"
    COURIER = "courier"
    SUPPLIES = "supplies"
    BILLING = "billing"
    IT = "it"
    COURTESY = "courtesy"
    CALL_BACK = "call_back"
    OTHER = "other"


class Phase(StrEnum):
    """The phase of testing a complaint is about (ISO 15189:2022, clause 7)."""

    PRE_EXAMINATION = "pre_examination"
    EXAMINATION = "examination"
    POST_EXAMINATION = "post_examination"
    GENERAL = "general"


class Severity(StrEnum):
    """How serious the reporter says it is."""

    MINOR = "minor"
    MODERATE = "moderate"
    SERIOUS = "serious"


class Status(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    RESOLVED = "resolved"


OPEN = frozenset({Status.RECEIVED, Status.ACKNOWLEDGED, Status.INVESTIGATING})


class Role(StrEnum):
    """What a member of the laboratory may do."""

    STAFF = "staff"
    QUALITY = "quality"
    MANAGER = "manager"
