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
    COLLECTION = "collection"
    REGISTRATION = "registration"
    SAFETY = "safety"
    CALL_BACK = "call_back"
    OTHER = "other"


class Phase(StrEnum):
    """The phase of testing a complaint is about (ISO 15189:2022, clause 7)."""

    PRE_EXAMINATION = "pre_examination"
    EXAMINATION = "examination"
    POST_EXAMINATION = "post_examination"
    GENERAL = "general"


class Consequence(StrEnum):
    """What came of it, or could have: as the reporter says, until staff assess it."""

    MINOR = "minor"
    MODERATE = "moderate"
    SERIOUS = "serious"


class Recurrence(StrEnum):
    """How often the like has been reported: not before, once or twice, or three times and more in a year."""

    FIRST = "first"
    AGAIN = "again"
    OFTEN = "often"


class Status(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    DECLINED = "declined"
    MERGED = "merged"


OPEN = frozenset({Status.RECEIVED, Status.ACKNOWLEDGED, Status.INVESTIGATING, Status.REOPENED})
"""Something is still owed to the reporter."""


class Complainant(StrEnum):
    """Whom a complaint comes from."""

    PATIENT = "patient"
    CARE_TEAM = "care_team"
    PUBLIC_HEALTH = "public_health"
    COMMUNITY = "community"
    STAFF = "staff"
    OTHER = "other"


class Via(StrEnum):
    """How a complaint reached the laboratory."""

    TELEGRAM = "telegram"
    SLACK = "slack"
    COUNTER = "counter"
    PHONE = "phone"
    PAPER = "paper"
    PUBLIC_REVIEW = "public_review"


class Department(StrEnum):
    """Who looks after a complaint first."""

    REGISTRATION = "registration"
    BILLING = "billing"
    COURIER = "courier"
    SUPPLIES = "supplies"
    IT = "it"
    BENCH = "bench"
    PHLEBOTOMY = "phlebotomy"
    FRONT_DESK = "front_desk"


class Substantiated(StrEnum):
    """Whether what was reported turned out to be so."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    UNDETERMINED = "undetermined"


class Cause(StrEnum):
    """The root cause, as far as one was found."""

    TRAINING = "training"
    COACHING = "coaching"
    COMMUNICATION = "communication"
    HANDOVER = "handover"
    WORKLOAD = "workload"
    ENVIRONMENT = "environment"
    EQUIPMENT = "equipment"
    SUPPLIER = "supplier"
    IT = "it"
    PROCEDURE = "procedure"
    EXTERNAL = "external"
    NOT_FOUND = "not_found"


class MeasureKind(StrEnum):
    """What an action is for: to end the cause of what happened, or of what might."""

    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"


class Effective(StrEnum):
    """What the review of effectiveness found."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Rating(StrEnum):
    """The reporter's answer to the question whether it was put right."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Means(StrEnum):
    """How the reporter was told something."""

    MESSAGE = "message"
    PHONE = "phone"
    IN_PERSON = "in_person"
    LETTER = "letter"


class Role(StrEnum):
    """What a member of the laboratory may do."""

    STAFF = "staff"
    QUALITY = "quality"
    MANAGER = "manager"
