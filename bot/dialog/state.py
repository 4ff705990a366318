"""Where one conversation stands. Immutable; small enough to be one encrypted column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.dialog.answer import Value


@dataclass(frozen=True, slots=True)
class Running:
    """A response being filled in: which version of which questionnaire, and the item asked now."""

    questionnaire: str
    version: int
    response: str
    item: str
    visit: str | None = None
    answers: Mapping[str, Value] = field(default_factory=dict)
    kind: Literal["running"] = "running"


@dataclass(frozen=True, slots=True)
class Asking:
    """The question whether answers about a visit may be kept."""

    about: str
    kind: Literal["asking"] = "asking"


@dataclass(frozen=True, slots=True)
class Replying:
    """What the reporter of a complaint is about to write to the laboratory."""

    complaint: str
    number: str
    kind: Literal["replying"] = "replying"


@dataclass(frozen=True, slots=True)
class Talk:
    """The complaint that words were last passed on about, and when."""

    complaint: str
    number: str
    at: datetime


Open = Asking | Running | Replying
"""Something the person has been asked and not answered."""


@dataclass(frozen=True, slots=True)
class State:
    """A conversation. `revision` grows whenever something else is in front of the person, and is what makes
    an old button old.

    What is last in the `stack` is in front: a complaint begun in the middle of a survey, or of the consent
    question, lies on top of it. `cut_at` is when words last came that were too many for their question.
    `relayed` is the complaint whose code the person sent last: they stay anonymous and it is theirs.
    """

    revision: int = 0
    stack: tuple[Open, ...] = ()
    touched: datetime | None = None
    cut_at: datetime | None = None
    talk: Talk | None = None
    relayed: str | None = None

    @property
    def in_front(self) -> Open | None:
        """What the person is asked now: for consent to a visit, the next item of a response, or a reply."""
        return self.stack[-1] if self.stack else None

    @property
    def current(self) -> Running | None:
        """The response in front of the person."""
        return self.in_front if isinstance(self.in_front, Running) else None

    @property
    def consent_for(self) -> str | None:
        """The visit whose consent question is in front of the person."""
        return self.in_front.about if isinstance(self.in_front, Asking) else None

    @property
    def replying(self) -> Replying | None:
        """The complaint that the person is about to write about."""
        return self.in_front if isinstance(self.in_front, Replying) else None

    @property
    def running(self) -> tuple[Running, ...]:
        """Every response that has not ended."""
        return tuple(one for one in self.stack if isinstance(one, Running))
