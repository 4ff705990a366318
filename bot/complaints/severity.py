"""How severe a complaint is: its consequence times its recurrence, from 1 to 9, as in OpenELIS Global 2."""

from enum import StrEnum

from bot.complaints.terms import Consequence, Recurrence

_YEARLY = {0: Recurrence.FIRST, 1: Recurrence.AGAIN, 2: Recurrence.AGAIN}


class Band(StrEnum):
    """What a severity calls for: 1 to 3, 4 to 6, 7 to 9. Safety is high whatever the figure, and what is
    serious is never low, even if it never happened before.
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


def factor(grade: Consequence | Recurrence) -> int:
    """The grade as a figure, from 1 to 3."""
    return list(type(grade)).index(grade) + 1


def severity(consequence: Consequence, recurrence: Recurrence) -> int:
    """Consequence times recurrence: 1, 2, 3, 4, 6 or 9."""
    return factor(consequence) * factor(recurrence)


def band(consequence: Consequence, recurrence: Recurrence, *, safety: bool) -> Band:
    """What the severity calls for."""
    figure = severity(consequence, recurrence)
    if safety or figure >= 7:
        return Band.HIGH
    return Band.MEDIUM if figure >= 4 or consequence is Consequence.SERIOUS else Band.LOW


def recurrence(like_it: int) -> Recurrence:
    """The recurrence, given how many like it were reported in the year before."""
    return _YEARLY.get(like_it, Recurrence.OFTEN)
