"""Who hears of what: the department a category belongs to, its room and head, and the rooms of all. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from bot.complaints.terms import Category, Department

DEPARTMENT_OF: Mapping[Category, Department] = {
    Category.TURNAROUND: Department.BENCH,
    Category.RESULT_ACCURACY: Department.BENCH,
    Category.CRITICAL_VALUE: Department.BENCH,
    Category.SPECIMEN: Department.BENCH,
    Category.REPORT_FORMAT: Department.IT,
    Category.COURIER: Department.COURIER,
    Category.SUPPLIES: Department.SUPPLIES,
    Category.BILLING: Department.BILLING,
    Category.IT: Department.IT,
    Category.COURTESY: Department.FRONT_DESK,
    Category.COLLECTION: Department.PHLEBOTOMY,
    Category.REGISTRATION: Department.REGISTRATION,
    Category.SAFETY: Department.FRONT_DESK,
    Category.CALL_BACK: Department.FRONT_DESK,
    Category.OTHER: Department.FRONT_DESK,
}
"""Where a category goes unless the laboratory's routing file says otherwise."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Rooms and heads are addresses in Slack. A department without a room shares the triage room.

    `safety_words` are whole words or phrases of every language; one of them in a complaint makes it one of
    safety. `kudos_at` has the rooms of sites that have one of their own.
    """

    departments: Mapping[Category, Department] = field(default_factory=lambda: DEPARTMENT_OF)
    rooms: Mapping[Department, str] = field(default_factory=dict)
    heads: Mapping[Department, str] = field(default_factory=dict)
    on_call: str | None = None
    kudos: str | None = None
    kudos_at: Mapping[str, str] = field(default_factory=dict)
    safety_words: tuple[str, ...] = ()

    def department(self, category: Category) -> Department:
        """The department that looks after complaints of this category first."""
        return self.departments.get(category) or DEPARTMENT_OF[category]

    def without_rooms(self) -> "Routing":
        """The same for a laboratory without Slack: no address leads anywhere."""
        return Routing(self.departments, safety_words=self.safety_words)

    @property
    def is_complete(self) -> bool:
        """Whether every department has a room of its own."""
        return all(one in self.rooms for one in Department)

    @property
    def rooms_that_matter(self) -> frozenset[str]:
        """Every address from which nothing may be lost: what it does not take waits until that is mended."""
        found = (*self.rooms.values(), *self.kudos_at.values(), self.kudos, self.on_call)
        return frozenset(one for one in found if one is not None)

    def is_about_safety(self, words: str) -> bool:
        """Whether one of the safety words stands in `words`, by itself, in whatever case and accents."""
        return bool(self.safety_words) and _any_of(self.safety_words).search(_plain(words)) is not None

    def kudos_room(self, site: str | None) -> str | None:
        """The room in which praise for a site is shown; a site's name is the same in whatever case."""
        wanted = (site or "").strip().casefold()
        own = (room for name, room in self.kudos_at.items() if name.casefold() == wanted)
        return next(own, self.kudos)


@cache
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(re.escape(_plain(one)) for one in phrases)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")


def _plain(words: str) -> str:
    """`words` as they are compared: people leave out accents and hyphens, and phones have own apostrophes."""
    apart = unicodedata.normalize("NFKD", words.casefold().replace("’", "'").replace("-", " "))
    return " ".join("".join(mark for mark in apart if not unicodedata.combining(mark)).split())
