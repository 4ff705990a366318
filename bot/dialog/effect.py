"""What a step of the dialog asks to be done. The turn carries these out in order, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.complaints.terms import Rating
from bot.dialog.answer import Value
from bot.dialog.event import Due
from bot.dialog.message import Phrase, Text


class Ending(StrEnum):
    """How a response ended, or that it has not."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    STOPPED = "stopped"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Option:
    """A button to show; `code` comes back in the event that presses it."""

    label: Text
    code: str


@dataclass(frozen=True, slots=True)
class Send:
    """Say something; the texts become paragraphs.

    `place` is where in the chat it stands: among the questions, be it the next one or the word that ends
    them, or where the language is chosen. The buttons of what stood there before are then past.
    `replace` edits what stands there instead of writing below it.
    """

    texts: tuple[Text, ...]
    options: tuple[tuple[Option, ...], ...] = ()
    replace: bool = False
    place: Literal["", "question", "language"] = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A passing word to the one who pressed a button; not kept."""

    text: Phrase


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """The person agreed to be asked about this visit."""

    visit: str


@dataclass(frozen=True, slots=True)
class RefuseConsent:
    """The person declined: only the refusal is kept, the person is forgotten."""

    visit: str


@dataclass(frozen=True, slots=True)
class StartResponse:
    """A response begins."""

    response: str
    questionnaire: str
    version: int
    visit: str | None


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """An item of a questionnaire has a value, new or changed."""

    response: str
    item: str
    value: Value
    questionnaire: str
    version: int


@dataclass(frozen=True, slots=True)
class RetractAnswer:
    """An item has no value any more: it was passed over, or no longer applies."""

    response: str
    item: str


@dataclass(frozen=True, slots=True)
class EndResponse:
    """A response ends; its reminder and expiry are cancelled."""

    response: str
    ending: Ending


@dataclass(frozen=True, slots=True)
class OpenComplaint:
    """A complaint is opened from a response. `fields` are the complaint's, by name; `audience` is the form's.

    `confirm` is said with the value `number` added to every phrase.
    """

    response: str
    fields: Mapping[str, Value]
    confirm: Send
    visit: str | None = None
    audience: str = "patient"


@dataclass(frozen=True, slots=True)
class GivePraise:
    """Thanks are passed on from a response. `fields` are the praise's, by name."""

    response: str
    fields: Mapping[str, Value]
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class ScheduleFollowUp:
    """One dated future contact, at most one of its `due` per visit and questionnaire."""

    visit: str
    questionnaire: str
    due: Due
    at: datetime
    response: str | None = None


@dataclass(frozen=True, slots=True)
class PostponeFollowUp:
    """The person is in the middle of something: come back at `at`, or when the window opens after it."""

    follow_up: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Withdraw:
    """No more messages to this person: pending follow-ups and undelivered messages are cancelled."""


@dataclass(frozen=True, slots=True)
class TellStatus:
    """Say where each of the person's complaints stands."""


@dataclass(frozen=True, slots=True)
class AddWords:
    """The reporter of a complaint wrote to the laboratory about it."""

    complaint: str
    words: str


@dataclass(frozen=True, slots=True)
class RateComplaint:
    """The reporter said whether it was put right; unless it was, the complaint is opened again."""

    complaint: str
    rating: Rating


@dataclass(frozen=True, slots=True)
class TellRelayed:
    """Say where the complaint stands whose code the person sent, and what the laboratory wrote about it."""

    complaint: str


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Speak `locale` with this person from now on."""

    locale: str


@dataclass(frozen=True, slots=True)
class RejectForm:
    """A form cannot be taken as it is: what to mend, by item."""

    errors: Mapping[str, Text]


Effect = (
    Send
    | Notice
    | GiveConsent
    | RefuseConsent
    | StartResponse
    | RecordAnswer
    | RetractAnswer
    | EndResponse
    | OpenComplaint
    | GivePraise
    | ScheduleFollowUp
    | PostponeFollowUp
    | Withdraw
    | TellStatus
    | AddWords
    | RateComplaint
    | TellRelayed
    | SetLanguage
    | RejectForm
)
