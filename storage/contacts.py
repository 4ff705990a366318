"""People and rooms: found by a keyed hash of their address, and forgotten on request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy import select as columns
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, delete, select, update
from sqlmodel.sql.expression import SelectOfScalar
from uuid_utils.compat import uuid7

from bot.complaints.terms import Department, Role
from storage import inbox, subscriptions
from storage.erasures.journal import Change, note
from storage.fingerprints import fingerprint
from storage.prepared import Prepared
from storage.statements import insert_ignore, is_written
from storage.tables import (
    Complaint,
    ComplaintEvent,
    Contact,
    ContactKind,
    Conversation,
    DeliveryStatus,
    Involved,
    Measure,
    Outbox,
    Praise,
    Response,
    Staff,
    Subscription,
    Visit,
)

_IS_THERE = (
    col(Contact.channel) == bindparam("on_channel"),
    col(Contact.address_hash) == bindparam("at_hash"),
)
_FIND = select(Contact).where(*_IS_THERE)
_HOLD = Prepared[tuple[UUID, str, datetime | None, datetime | None, bool]](
    columns(
        col(Contact.id),
        col(Contact.locale),
        col(Contact.withdrawn_at),
        col(Contact.blocked_at),
        col(Contact.forget),
    )
    .where(*_IS_THERE)
    .with_for_update(key_share=True)
)
_ROOM = Prepared[tuple[UUID, str]](columns(col(Contact.id), col(Contact.locale)).where(*_IS_THERE))
_PLACE = Prepared[tuple[str, str]](
    columns(col(Contact.channel), col(Contact.address)).where(col(Contact.id) == bindparam("who"))
)
_IS_TO_BE_FORGOTTEN = Prepared[tuple[bool]](select(Contact.forget).where(Contact.id == bindparam("who")))


@dataclass(frozen=True, slots=True)
class Held:
    """What a turn needs to know of a contact, as it was when the turn began."""

    id: UUID
    channel: str
    locale: str
    withdrawn_at: datetime | None
    blocked_at: datetime | None
    forget: bool


def find(session: Session, channel: str, address: str) -> Contact | None:
    """The contact at `address`, if it is known."""
    return session.exec(_FIND, params=_place(session, channel, address)).one_or_none()


def held(session: Session, channel: str, address: str) -> Held | None:
    """As `find`; nobody else changes or forgets the contact until this transaction ends."""
    row = _HOLD.first(session, **_place(session, channel, address))
    if row is None:
        return None
    contact_id, locale, withdrawn_at, blocked_at, forget = row
    return Held(contact_id, channel, locale, withdrawn_at, blocked_at, forget)


def _place(session: Session, channel: str, address: str) -> dict[str, object]:
    return {
        "on_channel": channel,
        "at_hash": fingerprint(session, "contact.address", f"{channel}:{address}"),
    }


def find_or_add(
    session: Session, channel: str, address: str, kind: ContactKind, locale: str, now: datetime
) -> Contact:
    """The contact at `address`, added when it is new."""
    known = find(session, channel, address)
    if known is None:
        meet(session, channel, address, kind, locale, now)
        known = session.exec(_FIND, params=_place(session, channel, address)).one()
    return known


def meet(session: Session, channel: str, address: str, kind: ContactKind, locale: str, now: datetime) -> None:
    """Add the contact at `address` unless it is known."""
    values = {
        "id": uuid7(),
        "channel": channel,
        "kind": kind,
        "address_hash": fingerprint(session, "contact.address", f"{channel}:{address}"),
        "address": address,
        "locale": locale,
        "created_at": now,
        "forget": False,
    }
    insert_ignore(session, Contact, values)


def room(session: Session, channel: str, address: str, locale: str, now: datetime) -> tuple[UUID, str]:
    """The id and locale of a room, added when it is new. Nobody is kept waiting for it."""
    known = _ROOM.first(session, **_place(session, channel, address))
    if known is None:
        meet(session, channel, address, ContactKind.ROOM, locale, now)
        return room(session, channel, address, locale, now)
    return known


class Place(NamedTuple):
    """Where a contact is reached."""

    channel: str
    address: str


def place_of(session: Session, contact_id: UUID) -> Place | None:
    """Where the contact is reached; None when nobody has that id any more."""
    row = _PLACE.first(session, who=contact_id)
    return Place(*row) if row else None


def move(session: Session, channel: str, old: str, new: str) -> None:
    """The contact at `old` is reached at `new` from now on, as when a group is given a new id.

    Does nothing when `old` is not known, or `new` is somebody else's already.
    """
    contact = find(session, channel, old)
    if contact is not None and find(session, channel, new) is None:
        contact.address = new
        contact.address_hash = fingerprint(session, "contact.address", f"{channel}:{new}")


def role_of(session: Session, contact_id: UUID) -> Role | None:
    """What the contact may do in the laboratory; None for everybody else."""
    staff = member(session, contact_id)
    return staff.role if staff else None


def department_of(session: Session, contact_id: UUID) -> Department | None:
    """Where the contact works in the laboratory, if they do and it is known."""
    staff = session.get(Staff, contact_id)
    return staff.department if staff else None


def with_role(session: Session, role: Role) -> Sequence[Contact]:
    """Everybody who has the role, those who have it longest first."""
    query = select(Staff.contact_id).where(Staff.role == role)
    found = session.exec(query.order_by(col(Staff.added_at), col(Staff.contact_id))).all()
    # Few have a role; joined, PostgreSQL may read all who are known to find them.
    return [session.get_one(Contact, contact_id) for contact_id in found]


def member(session: Session, contact_id: UUID) -> Staff | None:
    """What the laboratory knows of the contact as one of its own; None for everybody else."""
    return session.get(Staff, contact_id)


def for_quality(session: Session) -> Sequence[Contact]:
    """Those who answer for quality: who has nobody for it has a manager who does."""
    return with_role(session, Role.QUALITY) or with_role(session, Role.MANAGER)


def appoint(
    session: Session, contact_id: UUID, role: Role, now: datetime, department: Department | None = None
) -> None:
    """Give the contact a role and, where it is told, a department, in place of any it had."""
    note(session, Change.APPOINTED, contact_id, now)
    staff = session.get(Staff, contact_id)
    if staff is None:
        session.add(Staff(contact_id=contact_id, role=role, department=department, added_at=now))
    else:
        staff.role, staff.department = role, department


def dismiss(session: Session, contact_id: UUID, now: datetime) -> bool:
    """Take the contact's role away, and its own digest with it; False when it had no role."""
    note(session, Change.DISMISSED, contact_id, now)
    subscriptions.unsubscribe(session, contact_id)
    return session.exec(delete(Staff).where(col(Staff.contact_id) == contact_id)).rowcount > 0


def set_locale(session: Session, contact_id: UUID, locale: str) -> None:
    """Speak `locale` with this contact from now on."""
    _set(session, contact_id, locale=locale)


def withdraw(session: Session, contact_id: UUID, now: datetime) -> None:
    """Note that the person wants no more messages."""
    note(session, Change.WITHDRAWN, contact_id, now)
    _set(session, contact_id, withdrawn_at=now)


def welcome_back(session: Session, contact: Contact | Held, now: datetime) -> None:
    """The person came back of their own accord: earlier withdrawal or blocking no longer holds."""
    if contact.withdrawn_at is not None:
        note(session, Change.RETURNED, contact.id, now)
    _set(session, contact.id, withdrawn_at=None, blocked_at=None, forget=False)


def remember(session: Session, contact_id: UUID) -> None:
    """The contact is not to be forgotten after all: there is something open with it."""
    _set(session, contact_id, forget=False)


def mark_blocked(session: Session, contact_id: UUID, now: datetime) -> None:
    """Note that the platform refuses messages to this contact."""
    _set(session, contact_id, blocked_at=now)


def mark_reachable(session: Session, contact_id: UUID, blocked_at: datetime) -> None:
    """Note that the platform takes messages to this contact again, unless it was marked anew since."""
    marked = col(Contact.id) == contact_id, col(Contact.blocked_at) == blocked_at
    session.exec(update(Contact).where(*marked).values(blocked_at=None))


def let_go(session: Session, contact_id: UUID, now: datetime) -> bool:
    """Forget the contact once nothing is left to be delivered to it; False when something ties it to the
    laboratory.

    Its events kept for another try are dropped: they would bring it back. What it sends from now on is not.
    """
    if not _is_stranger(session, contact_id):
        return False
    contact = session.get_one(Contact, contact_id)
    _set(session, contact_id, forget=True)
    inbox.drop_of(session, {(contact.channel, contact.address)})
    if contact.created_at != now:  # met before this transaction: a backup may hold it unmarked
        note(session, Change.FORGOTTEN, contact_id, now)
    return True


def strangers(session: Session, before: datetime, limit: int) -> Sequence[UUID]:
    """People last written to before `before` whom nothing ties to the laboratory, at most `limit`.

    Everybody known is looked at, so this is for `Database.read`.
    """
    return session.exec(select(Contact.id).where(*_strange(before)).limit(limit)).all()


def forget_strangers(session: Session, found: Sequence[UUID], before: datetime) -> int:
    """Forget those of `found` who are still strangers, and events kept of them; how many people."""
    still = session.exec(select(Contact).where(col(Contact.id).in_(found), *_strange(before))).all()
    session.exec(update(Contact).where(col(Contact.id).in_([one.id for one in still])).values(forget=True))
    forgotten = {(one.channel, one.address) for one in still if forget_if_done(session, one.id)}
    if forgotten:
        inbox.drop_of(session, forgotten)
    return len(forgotten)


def _set(session: Session, contact_id: UUID, **values: object) -> None:
    session.exec(update(Contact).where(col(Contact.id) == contact_id).values(**values))


def _strange(before: datetime) -> tuple[ColumnElement[bool], ...]:
    """What is true of a contact that is a stranger last written to before `before`."""
    spoken_to = select(Outbox.id).where(Outbox.contact_id == Contact.id, Outbox.created_at >= before)
    return (
        col(Contact.kind) == ContactKind.PERSON,
        col(Contact.created_at) < before,
        ~spoken_to.exists(),
        *(~tie.exists() for tie in _ties(col(Contact.id))),
    )


def _is_stranger(session: Session, contact_id: UUID) -> bool:
    return all(session.exec(tie.limit(1)).first() is None for tie in _ties(contact_id))


def _ties(contact_id: UUID | Mapped[UUID]) -> tuple[SelectOfScalar[UUID], ...]:
    """What makes a contact more than a stranger."""
    return (
        select(Visit.id).where(Visit.contact_id == contact_id),
        select(Response.id).where(Response.contact_id == contact_id),
        select(Praise.id).where(Praise.giver_id == contact_id),
        select(Complaint.id).where(Complaint.reporter_id == contact_id),
        select(Staff.contact_id).where(Staff.contact_id == contact_id),
        select(Complaint.id).where(Complaint.assignee_id == contact_id),
        select(ComplaintEvent.id).where(ComplaintEvent.actor_id == contact_id),
        select(Involved.contact_id).where(Involved.contact_id == contact_id),
        select(Measure.id).where(Measure.owner_id == contact_id),
        select(Subscription.id).where(Subscription.contact_id == contact_id),
    )


def forget_if_done(session: Session, contact_id: UUID) -> bool:
    """Delete a contact marked to be forgotten once its last message is out; True when it was deleted."""
    if _IS_TO_BE_FORGOTTEN.first(session, who=contact_id) != (True,):
        return False
    # What was read may be old: whoever holds the contact may be about to remember it.
    contact = session.get(Contact, contact_id, with_for_update=True)
    if contact is None or not contact.forget:
        return False
    if not _is_stranger(session, contact_id):  # any more: it complained before the last message was out
        remember(session, contact_id)
        return False
    waiting = select(Outbox.id).where(
        Outbox.contact_id == contact_id, is_written(col(Outbox.status), DeliveryStatus.PENDING)
    )
    if session.exec(waiting.limit(1)).first() is not None:
        return False
    session.exec(delete(Outbox).where(col(Outbox.contact_id) == contact_id))
    session.exec(delete(Conversation).where(col(Conversation.contact_id) == contact_id))
    session.exec(delete(Contact).where(col(Contact.id) == contact_id))
    return True
