"""Which of a person's complaints an event is about, found only where it is theirs."""

from datetime import datetime
from uuid import UUID

from bot.complaints import slots
from bot.complaints.relay import relay_code
from bot.dialog.event import Chose, Event, Said
from bot.dialog.state import State
from bot.dialog.talking import Regarding, is_fresh, read_about
from storage import complaints, outbox
from storage.contacts import Held
from storage.database import Session
from storage.tables import Complaint


def code_of(state: State, event: Event) -> str | None:
    """The relay code that the person sent, where nothing else is open that it could answer."""
    return relay_code(event.text) if isinstance(event, Said) and not state.stack else None


def regarding(
    session: Session, contact: Held, state: State, event: Event, code: str | None, now: datetime
) -> Regarding | None:
    """The complaint that the words or the button are about.

    Words answer the message they were written below; with nothing else open they are about what the person
    was asked last, or just wrote about. A code opens its complaint to whoever has it.
    """
    match event:
        case Chose(data=data):
            return _pressed(session, contact, state, data)
        case Said(on=str(message)) if (slot := outbox.slot_of(session, contact.id, message)) is not None:
            return _of(session, _theirs(session, contact, state, slots.complaint_in(slot)))
        case Said() if not state.stack:
            if code is not None and (found := complaints.by_relay(session, code)) is not None:
                return _of(session, found, by_code=True)
            asked = complaints.awaited(session, contact.id)
            if asked is None and state.talk is not None and is_fresh(state.talk, now):
                asked = _theirs(session, contact, state, UUID(state.talk.complaint))
            return _of(session, asked)
        case _:
            return None


def _pressed(session: Session, contact: Held, state: State, data: str) -> Regarding | None:
    """The complaint of a button, which carries its conversation and a revision before its code."""
    read = read_about(data.rpartition(".")[2])
    return _of(session, _theirs(session, contact, state, UUID(read[1]))) if read else None


def _theirs(session: Session, contact: Held, state: State, complaint_id: UUID | None) -> Complaint | None:
    """The complaint, if this person reported it or came back with its code."""
    found = session.get(Complaint, complaint_id) if complaint_id else None
    if found is None:
        return None
    return found if found.reporter_id == contact.id or str(found.id) == state.relayed else None


def _of(session: Session, found: Complaint | None, *, by_code: bool = False) -> Regarding | None:
    if found is None:
        return None
    rateable = complaints.is_rateable(session, found)
    return Regarding(str(found.id), found.number, by_code=by_code, rateable=rateable)
