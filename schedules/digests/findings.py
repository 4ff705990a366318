"""What a digest can tell: one type per indicator, with nothing in it that must not be shown.

A figure that is None belongs to a group of 1-10 people, or to nobody, and is not to be shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.complaints.terms import Category, Phase
from schedules.digests.intervals import Estimate, Share
from storage.digests import Overdue


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between two groups; `clear` when chance alone would hardly make it."""

    value: float
    clear: bool

    @property
    def direction(self) -> Literal["up", "down", "none"]:
        """Which way it clearly goes; "none" for no clear change, however large it looks."""
        if not self.clear:
            return "none"
        return "up" if self.value > 0 else "down"


@dataclass(frozen=True, slots=True)
class Responses:
    """How many responses came in, and which part of those invited had answered by the period's end.

    `few` says that there were 1-10 responses: some, but no number is shown.
    """

    survey: str
    invited: int
    responses: int | None
    few: bool
    rate: float | None
    rate_before: float | None


@dataclass(frozen=True, slots=True)
class Favourable:
    """One item's share of favourable answers."""

    survey: str
    item: str
    now: Share | None
    before: Share | None
    change: Change | None


@dataclass(frozen=True, slots=True)
class Recommend:
    """The recommend score: the share who answer 9-10 minus the share who answer 0-6, with its interval."""

    survey: str
    now: Estimate | None
    before: Estimate | None
    change: Change | None


@dataclass(frozen=True, slots=True)
class Complaints:
    """The complaint register in the period; overdue is as it stands at the time of the digest.

    Closed means resolved within the period. These are the laboratory's own entries, not answers, and counted
    in full: managers work from the register itself.
    """

    opened: int
    opened_before: int
    closed: int
    closed_before: int
    overdue: tuple[Overdue, ...]
    by_category: Mapping[Category, int]
    by_phase: Mapping[Phase, int]


@dataclass(frozen=True, slots=True)
class Site:
    """The share of people at one site who were favourable on every item they rated.

    `against` compares it with all other sites taken together, in the same period.
    """

    name: str | None
    favourable: Share | None
    against: Change | None


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites side by side, the best first and those not shown last; never fewer than two."""

    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class Comments:
    """The newest comments, personal data taken out by rule, newest first."""

    quotes: tuple[str, ...]


Finding = Responses | Favourable | Recommend | Complaints | Sites | Comments
