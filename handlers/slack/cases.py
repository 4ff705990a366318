"""What is read about a complaint before a form about it is shown, and whether the form is shown at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.catalog import Catalog
from bot.complaints.lifecycle import STEPS, Action, open_actions
from bot.complaints.terms import Role
from bot.turns.lab import SLACK
from storage import complaints, contacts, investigations
from storage.database import Session
from storage.tables import Complaint, Contact, Investigation, Measure

_MOST_LIKE_IT = 100


@dataclass(frozen=True, slots=True)
class Case:
    """A complaint before a member of staff, whom it involves or not.

    `language` is the reporter's, None for one who is not written to. `like` are other open complaints of its
    category, read for a merger alone; `involved` are Slack accounts.
    """

    complaint: Complaint
    role: Role
    is_involved: bool
    language: str | None
    investigation: Investigation | None
    like: Sequence[Complaint] = ()
    involved: Sequence[str] = ()
    measures: Sequence[Measure] = ()


def case_of(session: Session, account: str, named: str, action: Action) -> Case | str:
    """The complaint with that id or number as a form for `action` needs it, or the key of why not.

    Who is not of the laboratory is not told whether there is such a complaint.
    """
    actor = contacts.find(session, SLACK, account)
    role = contacts.role_of(session, actor.id) if actor else None
    if actor is None or role is None:
        return "desk.staff_only"
    complaint = complaints.named(session, named)
    if complaint is None:
        return "desk.unknown"
    reporter = session.get(Contact, complaint.reporter_id) if complaint.reporter_id else None
    is_record = action is Action.RECORD
    return Case(
        complaint,
        role,
        is_involved=investigations.is_involved(session, complaint.id, actor.id),
        language=reporter.locale if reporter else None,
        investigation=investigations.find(session, complaint.id),
        like=complaints.open_like(session, complaint, _MOST_LIKE_IT) if action is Action.MERGE else (),
        involved=_accounts(session, complaint) if is_record else (),
        measures=investigations.measures(session, complaint.id) if is_record else (),
    )


def why_not(case: Case, action: Action, catalog: Catalog, locale: str) -> str | None:
    """Why the form is not shown, in words; None when the step can be taken now."""
    number, status = case.complaint.number, case.complaint.status
    if case.role not in STEPS[action].roles:
        return catalog.say("desk.not_yours", locale)
    if action not in open_actions(status):
        return catalog.say(
            "desk.not_now", locale, number=number, state=catalog.say(f"status.{status}", locale)
        )
    return None


def _accounts(session: Session, complaint: Complaint) -> Sequence[str]:
    places = (contacts.place_of(session, one) for one in investigations.involved(session, complaint.id))
    return sorted(place.address for place in places if place is not None and place.channel == SLACK)
