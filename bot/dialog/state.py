"""Where one conversation stands. Immutable; small enough to be one encrypted column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class State:
    """A conversation. `revision` grows whenever something else is in front of the person, and is what makes
    an old button old.

    `running` is a stack: a complaint begun in the middle of a survey lies on top of it. `consent_for` is the
    visit whose consent question is open.
    """

    revision: int = 0
    consent_for: str | None = None
    running: tuple[Running, ...] = ()
    touched: datetime | None = None

    @property
    def in_front(self) -> str | Running | None:
        """What the person is asked now: for consent to a visit, or the next item of a response."""
        return self.consent_for or self.current

    @property
    def current(self) -> Running | None:
        """The response on top of the stack."""
        return self.running[-1] if self.running else None
