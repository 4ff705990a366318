"""What everybody outside the bot was told, written down as they saw it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.complaints.lifecycle import Action
from storage.tables import ResultStatus

Answers = dict[tuple[str, str], int | str]
"""What was answered, by questionnaire and item."""


class Parting(StrEnum):
    """How a person and the bot parted."""

    THANKED = "thanked"
    STOPPED = "stopped"
    REFUSED = "refused"
    BLOCKED = "blocked"


@dataclass(slots=True)
class Told:
    """What one patient gave and was then shown as taken: the first valid tap, never a later one.

    `unsure` was given, but the person did not stay to see it taken. `complaints` has their words by number.
    """

    chat_id: int
    visit_id: str
    answers: Answers = field(default_factory=dict)
    unsure: Answers = field(default_factory=dict)
    complaints: dict[str, str] = field(default_factory=dict)
    parting: Parting | None = None
    farewell: str = ""


@dataclass(slots=True)
class Ledger:
    """All of it. `results` is the newest word acknowledged to the laboratory system, by visit.

    `issues` has the number each physician was told with their words, `steps` what staff were shown as done,
    `managers` the accounts whose digest is due, `homes` what App Home showed each physician in the end.
    """

    patients: list[Told] = field(default_factory=list)
    visits: set[str] = field(default_factory=set)
    results: dict[str, tuple[ResultStatus, datetime]] = field(default_factory=dict)
    issues: list[tuple[str, str]] = field(default_factory=list)
    steps: set[tuple[str, Action]] = field(default_factory=set)
    managers: list[str] = field(default_factory=list)
    homes: dict[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> int:
        """How many answers people were shown as taken; an issue form counts as one."""
        return sum(len(one.answers) for one in self.patients) + len(self.issues)

    @property
    def complaints(self) -> list[tuple[str, str]]:
        """Every number somebody was told, with their words."""
        return self.issues + [told for one in self.patients for told in one.complaints.items()]


@dataclass(frozen=True, slots=True)
class Life:
    """One process from its start to its being killed: which calls it made, by their place in the record."""

    telegram: Sequence[int]
    slack: Sequence[int]
