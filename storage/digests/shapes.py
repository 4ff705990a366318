"""What a digest asks to be counted, and what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.complaints.terms import Category, Consequence, Phase

Favourable = int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted of one survey.

    `rated` says, by item, what a favourable answer is: a number of at least so much, or one of these choices.
    `by_follow_up` is the survey's way to people: a follow-up, or else every visit as its sample is collected.
    """

    survey: str
    by_follow_up: bool
    rated: Mapping[str, Favourable]
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """`count` completed responses to `survey` answer `item` with `value`."""

    survey: str
    item: str
    value: int | str
    count: int


@dataclass(frozen=True, slots=True)
class Uptake:
    """Those `invited` in the span, those of them who had `answered` by its end, and the `responses` in it."""

    survey: str
    invited: int
    answered: int
    responses: int


@dataclass(frozen=True, slots=True)
class SiteTally:
    """Of `responses` about `site` with a rating, how many are favourable on every item they rate."""

    site: str | None
    responses: int
    favourable: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything counted in one span."""

    uptake: tuple[Uptake, ...]
    tallies: tuple[Tally, ...]
    sites: tuple[SiteTally, ...]
    opened: int
    closed: int
    by_category: Mapping[Category, int]
    by_phase: Mapping[Phase, int]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A complaint whose next step should have been taken."""

    number: str
    consequence: Consequence
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """All that goes into a digest. `words` are people's own, each after its survey, newest first."""

    now: Figures
    before: Figures
    overdue: tuple[Overdue, ...]
    words: tuple[tuple[str, str], ...]
