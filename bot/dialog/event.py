"""What can happen: everything a conversation reacts to, with the channel's details taken off.

`event_id` is unique per happening and the same when the platform repeats it. `account` is the platform's
address of the person (a Telegram chat id, a Slack user id).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Command(StrEnum):
    """What a person can ask for at any time."""

    HELP = "help"
    LANGUAGE = "language"
    COMPLAINT = "complaint"
    STATUS = "status"
    CANCEL = "cancel"


class Due(StrEnum):
    """What a follow-up does when its time comes."""

    ASK = "ask"
    REMIND = "remind"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Happening:
    event_id: str
    channel: str
    account: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(_Happening):
    """The person opened the chat, with the token of a visit or without."""

    token: str | None = None
    kind: Literal["started"] = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded(_Happening):
    """The person used a command."""

    command: Command
    kind: Literal["commanded"] = "commanded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(_Happening):
    """The person typed words. `on` is the platform's reference of the message they answer, if any."""

    text: str
    on: str | None = None
    kind: Literal["said"] = "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chose(_Happening):
    """The person pressed a button; `data` is what the button carried, not yet trusted.

    `on` is the platform's reference of the message it is under.
    """

    data: str
    on: str | None = None
    kind: Literal["chose"] = "chose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached(_Happening):
    """The person sent a photo, voice note or file."""

    what: Literal["photo", "voice", "other"]
    kind: Literal["attached"] = "attached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(_Happening):
    """The person withdraws: no more messages. `blocked` when they did it by blocking the bot."""

    blocked: bool = False
    kind: Literal["stopped"] = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSubmitted(_Happening):
    """A whole questionnaire filled in at once. `values` are raw, by item id."""

    questionnaire: str
    version: int
    values: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["form_submitted"] = "form_submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpDue(_Happening):
    """The time of a follow-up has come."""

    follow_up: str
    due: Due
    questionnaire: str
    visit: str
    response: str | None = None
    kind: Literal["follow_up_due"] = "follow_up_due"


Event = Started | Commanded | Said | Chose | Attached | Stopped | FormSubmitted | FollowUpDue
