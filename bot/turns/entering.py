"""A complaint entered by hand, outside of any chat: said by phone or at the counter, or written on paper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from bot.catalog import Catalog
from bot.complaints.terms import Via
from bot.dialog.effect import OpenComplaint, RejectForm
from bot.dialog.event import FormSubmitted
from bot.dialog.form import take_form
from bot.turns.desk import Came, open_complaint
from bot.turns.lab import SLACK, Lab, Transaction
from storage import contacts, history
from storage.database import Session

FORM = "on_behalf"
"""The questionnaire whose questions are answered."""
ENTERED = "enter"
"""The line of the history which says that it was entered this way."""


class NotStaff(Exception):
    """Nobody with that account in Slack has a role."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The number it has now; or nothing was entered, and what is wrong by item."""

    number: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


def enter(
    session: Session,
    catalog: Catalog,
    lab: Lab,
    values: Mapping[str, str],
    account: str | None,
    now: datetime,
) -> Entered:
    """Open a complaint from the form for staff, in the name of a member of staff or of nobody in particular.

    The form is checked, and the complaint shown in its rooms, as if it had been filled in in Slack. NotStaff
    when `account` has no role.
    """
    by = _member(session, account) if account is not None else None
    form = catalog.newest(FORM)
    event = FormSubmitted(
        event_id=str(uuid7()),
        channel=SLACK,
        account=account or "",
        questionnaire=form.id,
        version=form.version,
        values=values,
    )
    opening = None
    for effect in take_form(catalog, event, str(uuid7())):
        if isinstance(effect, RejectForm):
            return Entered(
                errors={item: catalog.render(why, lab.locale) for item, why in effect.errors.items()}
            )
        if isinstance(effect, OpenComplaint):
            opening = effect
    if opening is None:
        raise TypeError(f"{FORM} opens no complaint")
    transaction = Transaction(session, catalog, lab, now)
    fields = {name: str(value) for name, value in opening.fields.items()}
    complaint = open_complaint(transaction, fields, Came(opening.audience, Via.COUNTER, by)).complaint
    history.record(session, complaint, ENTERED, by, now)
    return Entered(complaint.number)


def _member(session: Session, account: str) -> UUID:
    found = contacts.held(session, SLACK, account)
    if found is None or contacts.role_of(session, found.id) is None:
        raise NotStaff(account)
    return found.id
