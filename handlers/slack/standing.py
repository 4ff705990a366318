"""What a person may see of the complaint register: their own, and for staff theirs and what waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.catalog import Catalog
from bot.complaints.terms import OPEN, Category, Role, Status
from bot.turns import Lab
from storage import complaints, contacts
from storage.database import Session
from storage.tables import Complaint

_READ = 200
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One complaint at a glance, without a word of anybody's."""

    number: str
    category: Category
    status: Status
    due: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Who somebody is to the laboratory, and the complaints they have to do with, most urgent first.

    `assigned` and `waiting` are empty for people without a role.
    """

    role: Role | None = None
    mine: tuple[Entry, ...] = ()
    assigned: tuple[Entry, ...] = ()
    waiting: tuple[Entry, ...] = ()


def role_of(session: Session, channel: str, account: str) -> Role | None:
    """What the person may do; None for everybody who is not of the laboratory."""
    contact = contacts.find(session, channel, account)
    return contacts.role_of(session, contact.id) if contact else None


def standing_of(session: Session, channel: str, account: str, now: datetime) -> Standing:
    """Read what the person may see."""
    contact = contacts.find(session, channel, account)
    if contact is None:
        return Standing()
    role = contacts.role_of(session, contact.id)
    reported = complaints.reported_by(session, contact.id, _READ)
    mine = _entries((one for one in reported if one.status in OPEN), now)
    if role is None:
        return Standing(mine=mine)
    assigned = _entries(complaints.assigned_to(session, contact.id, _READ), now)
    return Standing(role, mine, assigned, _entries(complaints.unassigned(session, _READ), now))


def lines(entries: Iterable[Entry], catalog: Catalog, lab: Lab, locale: str) -> str:
    """One line for each of the first entries, and how many more there are."""
    every = list(entries)
    said = [_line(entry, catalog, lab, locale) for entry in every[:SHOWN]]
    if len(every) > SHOWN:
        said.append(catalog.say("slack.more", locale, count=len(every) - SHOWN))
    return "\n".join(said)


def _line(entry: Entry, catalog: Catalog, lab: Lab, locale: str) -> str:
    say = catalog.say
    due = f"{entry.due.astimezone(lab.zone):%Y-%m-%d %H:%M}" if entry.due else ""
    key = "slack.line.overdue" if entry.overdue else "slack.line"
    return say(
        key,
        locale,
        number=entry.number,
        category=say(f"category.{entry.category}", locale),
        state=say(f"status.{entry.status}", locale),
        due=due,
    )


def _entries(found: Iterable[Complaint], now: datetime) -> tuple[Entry, ...]:
    entries = (
        Entry(
            one.number,
            one.category,
            one.status,
            one.due_at,
            one.due_at is not None and one.due_at < now,
        )
        for one in found
    )
    return tuple(sorted(entries, key=lambda one: (not one.overdue, one.due or now, one.number)))
