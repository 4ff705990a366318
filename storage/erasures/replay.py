"""Doing again, in a database that was restored, what had been done to people since."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from storage import contacts, conversations, follow_ups, outbox, responses
from storage.erasures.journal import GIVES_BACK, Change, Entry, noted
from storage.tables import Contact

_WISHES = frozenset({Change.WITHDRAWN, Change.RETURNED})
_ROLES = frozenset({Change.DISMISSED, Change.APPOINTED})


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many people the database did not yet know to be forgotten, withdrawn, or no longer of the staff."""

    forgotten: int
    withdrawn: int
    dismissed: int


def replay(session: Session, entries: Sequence[Entry], now: datetime) -> Replayed:
    """Do again what `entries`, in the order it happened, tell of contacts; doing it twice changes nothing.

    Of a wish and of a role the last word counts, but nothing is given back by a line of an earlier moment
    than that of the line that took it: it was written late. Nobody is forgotten whom something ties to the
    laboratory: forgetting is for those alone who agreed to nothing and reported nothing.
    """
    known = [one for one in entries if session.get(Contact, one.contact_id) is not None]
    wishes, roles = _last(known, _WISHES), _last(known, _ROLES)
    dismissed = [
        contacts.dismiss(session, one.contact_id, now) for one in roles if one.change is Change.DISMISSED
    ]
    withdrawn = [_wish(session, one, now) for one in wishes]
    forgotten = [
        _forget(session, one, now) for one in {o.contact_id for o in known if o.change is Change.FORGOTTEN}
    ]
    noted(session)  # it is in the journal already
    return Replayed(sum(forgotten), sum(withdrawn), sum(dismissed))


def _last(entries: Sequence[Entry], changes: Collection[Change]) -> Collection[Entry]:
    """The word that counts of each contact."""
    last: dict[UUID, Entry] = {}
    for one in entries:
        earlier = last.get(one.contact_id, one)
        if one.change in changes and (one.change not in GIVES_BACK or one.at >= earlier.at):
            last[one.contact_id] = one
    return last.values()


def _wish(session: Session, last: Entry, now: datetime) -> bool:
    contact = session.get_one(Contact, last.contact_id)
    if last.change is Change.RETURNED:
        contact.withdrawn_at = None
        return False
    if contact.withdrawn_at is not None:
        return False
    contacts.withdraw(session, contact.id, last.at)
    follow_ups.cancel_for_contact(session, contact.id, now)
    outbox.cancel_for(session, contact.id)
    responses.stop_all(session, contact.id, last.at)
    conversations.end(session, contact.id)
    return True


def _forget(session: Session, contact_id: UUID, now: datetime) -> bool:
    if not contacts.let_go(session, contact_id, now):
        return False
    outbox.cancel_for(session, contact_id)
    return contacts.forget_if_done(session, contact_id)
