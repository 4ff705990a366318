"""What a person may see of the complaint register: their own, and for staff theirs and what waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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
    """One complaint at a glance, without a word of anybody's. `due` is when the next step is owed."""

    id: UUID
    number: str
    category: Category
    status: Status
    due: datetime | None
    overdue: bool
    waiting: bool

    @classmethod
    def of(cls, one: Complaint, now: datetime) -> "Entry":
        """The complaint as it stands now."""
        is_open = one.status in OPEN
        return cls(
            one.id,
            one.number,
            one.category,
            one.status,
            due=one.due_at,
            overdue=is_open and one.due_at is not None and one.due_at < now,
            waiting=is_open and one.waiting_since is not None,
        )


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


def lines(entries: Iterable[Entry], catalog: Catalog, lab: Lab, locale: str, *, told: bool = False) -> str:
    """One line for each of the first entries, and how many more there are; see `line` for `told`."""
    every = list(entries)
    said = [line(entry, catalog, lab, locale, told=told) for entry in every[:SHOWN]]
    if len(every) > SHOWN:
        said.append(catalog.say("slack.more", locale, count=len(every) - SHOWN))
    return "\n".join(said)


def line(entry: Entry, catalog: Catalog, lab: Lab, locale: str, *, told: bool) -> str:
    """Number, category and state; for who reported it (`told`) what comes next, else when that is due."""
    say = catalog.say
    shown = {
        "number": entry.number,
        "category": say(f"category.{entry.category}", locale),
        "state": say("card.waiting" if entry.waiting and not told else f"status.{entry.status}", locale),
    }
    if told:
        following = say(f"status.next.{'waiting' if entry.waiting else entry.status}", locale)
        return say("slack.line.next", locale, **shown, following=following)
    if entry.due is None:
        return say("slack.line", locale, **shown)
    due = f"{entry.due.astimezone(lab.zone):%Y-%m-%d %H:%M}"
    return say("slack.line.overdue" if entry.overdue else "slack.line.due", locale, **shown, due=due)


def _entries(found: Iterable[Complaint], now: datetime) -> tuple[Entry, ...]:
    entries = (Entry.of(one, now) for one in found)
    return tuple(sorted(entries, key=lambda one: (not one.overdue, one.due or now, one.number)))
