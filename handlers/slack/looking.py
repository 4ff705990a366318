"""What one complaint looks like to whoever opens it: to staff whole, to its reporter what they were told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.catalog import Catalog
from bot.complaints.lifecycle import Action
from bot.complaints.terms import Department, Role
from bot.dialog.message import Button, Field, Message
from bot.turns import Lab
from bot.turns.desk.card import card
from bot.turns.desk.telling import answer_button, rating_buttons
from bot.turns.lab import SLACK, Transaction
from handlers.slack.text import mention
from storage import complaints, contacts, conversations, history
from storage.complaints import OPENED
from storage.database import Session
from storage.history import RATED, SAID, TELL
from storage.subscriptions import READERS
from storage.tables import Complaint, ComplaintEvent, Contact

_SAID_BY_THEM = frozenset({OPENED, SAID, RATED})
_SHOWN = frozenset({OPENED, TELL, SAID, RATED, *Action})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a complaint's history; `who` and `to` are mentions or words, `note` is as it was written."""

    at: datetime
    done: str
    who: str = ""
    to: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """A complaint before somebody: the essentials with what they can do now, and its history."""

    number: str
    essentials: Message
    lines: tuple[Line, ...]


def look(
    session: Session, catalog: Catalog, lab: Lab, now: datetime, account: str, named: str, locale: str
) -> Look | str:
    """The complaint as this person may see it, or the key of why not. Nothing is written.

    To everybody else but its reporter and staff there is no such complaint.
    """
    viewer = contacts.find(session, SLACK, account)
    complaint = complaints.named(session, named)
    role = contacts.role_of(session, viewer.id) if viewer else None
    if viewer is None or complaint is None or (role is None and complaint.reporter_id != viewer.id):
        return "desk.unknown"
    transaction = Transaction(session, catalog, lab, now)
    lines = history.lines(session, complaint.id)
    if role is None:
        told = [one for one in lines if one.action == TELL]
        said = tuple(Line(one.at, catalog.say("history.tell", locale), note=one.note or "") for one in told)
        return Look(complaint.number, _to_reporter(transaction, complaint, viewer, locale), said)
    essentials = card(transaction, complaint, locale, replace=False)
    if complaint.reporter_name and _may_know(complaint, viewer, role):
        named_as = Field(catalog.say("card.name", locale), complaint.reporter_name)
        essentials = Message(
            essentials.text,
            essentials.buttons,
            title=essentials.title,
            fields=(*essentials.fields, named_as),
            quotes=essentials.quotes,
        )
    theirs = complaint.reporter_id
    seen = (_line(session, catalog, one, locale, theirs) for one in lines if one.action in _SHOWN)
    return Look(complaint.number, essentials, tuple(seen))


def _may_know(complaint: Complaint, viewer: Contact, role: Role) -> bool:
    """Whether somebody needs the reporter's name: who looks after the complaint, or after all of them."""
    return not complaint.confidential or role in READERS or complaint.assignee_id == viewer.id


def _to_reporter(transaction: Transaction, complaint: Complaint, viewer: Contact, locale: str) -> Message:
    say = transaction.catalog.say
    state = "waiting" if complaint.waiting_since is not None else complaint.status
    buttons: list[tuple[Button, ...]] = []
    if conversations.is_begun(transaction.session, viewer.id):
        if complaints.is_rateable(transaction.session, complaint):
            buttons.append(rating_buttons(transaction, complaint, viewer.id, locale))
        buttons.append((answer_button(transaction, complaint, viewer.id, locale),))
    return Message(
        say(f"status.next.{state}", locale),
        tuple(buttons),
        title=f"{complaint.number}: {say(f'category.{complaint.category}', locale)}",
        fields=(Field(say("card.status", locale), say(f"status.{complaint.status}", locale)),),
        quotes=(complaint.words,),
    )


def _line(
    session: Session, catalog: Catalog, event: ComplaintEvent, locale: str, reporter_id: UUID | None
) -> Line:
    say = catalog.say
    reopened_by_them = event.action == Action.REOPEN and event.actor_id == reporter_id
    is_theirs = event.action in _SAID_BY_THEM or reopened_by_them
    key = f"history.{event.action}" if event.action in (OPENED, TELL) else f"thread.{event.action}"
    place = None
    if event.actor_id is not None and not is_theirs:
        place = contacts.place_of(session, event.actor_id)
    who = (mention(place.address) if place is not None and place.channel == SLACK else None) or ""
    note, to = event.note or "", ""
    match event.action:
        case Action.HAND_OVER:
            named, _, note = note.partition("\n")
            to = "→ " + ", ".join(_successors(named, catalog, locale))
        case "rated":
            note = say(f"rating.{note}", locale) if note else ""
        case Action.RECORD if event.changes:
            fields = (say(f"record.field.{name}", locale) for name in json.loads(event.changes))
            note = ", ".join(fields)
    return Line(event.at, say(key, locale), who, to, note)


def _successors(named: str, catalog: Catalog, locale: str) -> Iterator[str]:
    for one in named.split(","):
        yield catalog.say(f"department.{one}", locale) if one in list(Department) else mention(one) or one
