"""A complaint comes in: where it goes, how severe it is, and what its reporter is told at once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from bot.complaints.relay import ALPHABET, HALF, relay_code
from bot.complaints.severity import recurrence
from bot.complaints.terms import Category, Complainant, Consequence, Phase, Via
from bot.turns.clocks import wind
from bot.turns.desk.card import show_card
from bot.turns.lab import Transaction
from storage import complaints
from storage.tables import Complaint, Visit

_A_YEAR = timedelta(days=365)
_OF_AUDIENCE: Mapping[str, Complainant] = {
    "patient": Complainant.PATIENT,
    "care_team": Complainant.CARE_TEAM,
    "public": Complainant.COMMUNITY,
}

_SAY_LITTLE = frozenset({Category.OTHER, Category.CALL_BACK})
"""Two of these need not be alike: whether it happened before is for staff to say."""
_HARMFUL: Mapping[Category, tuple[Consequence, ...]] = {
    Category.SAFETY: (Consequence.MODERATE, Consequence.SERIOUS),
    Category.CRITICAL_VALUE: (Consequence.SERIOUS,),
}


@dataclass(frozen=True, slots=True)
class Came:
    """How a complaint came: the audience of the form it was told in, and who filled that in.

    `by` is the reporter, or, in a form for staff, who enters it for somebody else.
    """

    audience: str
    channel: str
    by: UUID | None
    visit: Visit | None = None
    response: UUID | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A complaint just entered. `relay` is the code by which an anonymous reporter comes back to it."""

    complaint: Complaint
    relay: str | None


def open_complaint(transaction: Transaction, fields: Mapping[str, str], came: Came) -> Opened:
    """Enter a complaint from what a form says, start its clock, and show it to those who look after it.

    An anonymous one is tied to nobody: neither to the reporter's contact, nor to a visit or response.
    """
    lab, now, session = transaction.lab, transaction.now, transaction.session
    category = Category(fields.get("category", Category.OTHER))
    consequence = Consequence(fields.get("severity", Consequence.MODERATE))
    department, site = lab.routing.department(category), fields.get("site")
    if site is None and came.visit is not None:
        site = came.visit.site
    anonymous, entered = fields.get("anonymous") == "yes", came.audience == "staff"
    relay = _relay() if anonymous and not entered else None
    like_it = 0
    if category not in _SAY_LITTLE:
        like_it = complaints.like_it(session, category, department, site, now - _A_YEAR)
    words = "\n".join(part for part in (fields.get("words", ""), fields.get("need", "")) if part)
    # To the hour alone, so that no message sent at the same moment tells who it was.
    received_at = now.replace(minute=0, second=0, microsecond=0) if relay else now
    complaint = complaints.open_complaint(
        session,
        number=complaints.next_number(session, now.astimezone(lab.zone).year),
        category=category,
        phase=Phase(fields.get("phase", Phase.GENERAL)),
        consequence=consequence,
        recurrence=recurrence(like_it),
        safety=_is_about_safety(transaction, category, consequence, words),
        department=department,
        channel=Via(fields["channel"]) if "channel" in fields else came.channel,
        complainant=_complainant(fields, came),
        confidential=anonymous or fields.get("confidential") == "yes",
        reporter_name=fields.get("name"),
        words=fields.get("words", ""),
        need=fields.get("need"),
        phone=fields.get("phone"),
        best_time=fields.get("best_time"),
        order=fields.get("order"),
        may_contact=fields.get("contact", "yes") == "yes",
        relay=relay,
        site=site,
        reporter_id=None if relay or entered else came.by,
        entered_by_id=came.by if entered else None,
        visit_id=came.visit.id if came.visit and not relay else None,
        response_id=None if relay else came.response,
        now=received_at,
    )
    complaint = complaints.locked(session, complaint.id) or complaint
    wind(transaction, complaint)
    show_card(transaction, complaint, replace=False)
    return Opened(complaint, relay)


def _complainant(fields: Mapping[str, str], came: Came) -> Complainant:
    if "complainant" in fields:
        return Complainant(fields["complainant"])
    return _OF_AUDIENCE.get(came.audience, Complainant.OTHER)


def _is_about_safety(
    transaction: Transaction, category: Category, consequence: Consequence, words: str
) -> bool:
    """Whether somebody was or could be harmed: by what it is about, or by what it says."""
    if transaction.lab.routing.is_about_safety(words):
        return True
    return consequence in _HARMFUL.get(category, ())


def _relay() -> str:
    """A code nobody guesses, easily read out: 48 bits in letters and digits that are not mistaken."""
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(HALF)) for _ in range(2))
    return code if relay_code(code) else _relay()
