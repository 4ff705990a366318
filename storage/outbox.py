"""Messages committed but not yet accepted by their platform, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session, col, delete, func, select, update
from uuid_utils.compat import uuid7

from bot.dialog.message import Message
from storage import contacts, follow_ups
from storage.columns import UtcDateTime
from storage.documents import document
from storage.statements import is_written
from storage.tables import Contact, DeliveryStatus, Outbox

_MESSAGE = TypeAdapter(Message)
_IS_PENDING = is_written(col(Outbox.status), DeliveryStatus.PENDING)
# Asked of each message that waits: joined, SQLite asks every contact of the channel for its messages.
_CHANNEL = select(Contact.channel).where(Contact.id == Outbox.contact_id).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message to be delivered, and where to.

    `replaces` is the platform's id of the message to edit; `supersedes` that of one whose buttons are past.
    `blocked` says that the contact is marked as out of reach; an answer to what it did is tried all the same.
    """

    id: UUID
    contact_id: UUID
    channel: str
    address: str
    message: Message
    image: bytes | None
    due_at: datetime
    attempts: int
    replaces: str | None
    supersedes: str | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages still pending: how many, when the oldest was written, and since when the next try is owed.

    A message behind another of its contact is not owed a try of its own. None when nothing is pending.
    """

    count: int
    written_at: datetime | None
    due_at: datetime | None


def enqueue(
    session: Session, contact_id: UUID, message: Message, now: datetime, image: bytes | None = None
) -> UUID:
    """Commit to delivering `message`; it leaves once the transaction is through. Returns the row's id."""
    row = Outbox(
        id=uuid7(),
        contact_id=contact_id,
        slot=message.slot,
        status=DeliveryStatus.PENDING,
        body=_MESSAGE.dump_json(message),
        image=image,
        created_at=now,
        due_at=now,
    )
    session.add(row)
    return row.id


def message_of(body: bytes) -> Message:
    """The message a row's body holds; UnreadableDocument when another version wrote it in another form."""
    return document(_MESSAGE, body)


def waiting_contacts(session: Session, now: datetime, channels: Sequence[str], limit: int) -> Sequence[UUID]:
    """Contacts on `channels` with a message due by `now`, longest due first."""
    query = select(Outbox.contact_id, Outbox.id).where(
        _IS_PENDING, Outbox.due_at <= now, _CHANNEL.in_(channels)
    )
    rows = session.exec(query.order_by(col(Outbox.due_at)).limit(limit)).all()
    return tuple(dict.fromkeys(contact_id for contact_id, _ in rows))


def waiting(session: Session, channels: Sequence[str]) -> Waiting:
    """How the messages pending on `channels` stand."""
    first_due = func.first_value(Outbox.due_at, type_=UtcDateTime())
    pending = (
        select(
            Outbox.created_at,
            first_due.over(partition_by=col(Outbox.contact_id), order_by=col(Outbox.id)).label("due_at"),
        )
        .where(_IS_PENDING, _CHANNEL.in_(channels))
        .subquery()
    )
    found = select(func.count(), func.min(pending.c.created_at), func.min(pending.c.due_at))
    return Waiting(*session.exec(found.select_from(pending)).one())


def next_for(session: Session, contact_id: UUID) -> Parcel | None:
    """The contact's oldest pending message, due or not: one chat's messages keep their order."""
    query = select(Outbox, Contact).join(Contact).where(Outbox.contact_id == contact_id, _IS_PENDING)
    found = session.exec(query.order_by(col(Outbox.id)).limit(1)).first()
    if found is None:
        return None
    row, contact = found
    message = message_of(row.body or b"")
    earlier = _last_in_slot(session, contact_id, row.slot) if row.slot else None
    return Parcel(
        id=row.id,
        contact_id=contact_id,
        channel=contact.channel,
        address=contact.address,
        message=message,
        image=row.image,
        due_at=row.due_at,
        attempts=row.attempts,
        replaces=_later(message.onto, earlier) if message.replace else None,
        supersedes=None if message.replace else earlier,
        blocked=contact.blocked_at is not None,
    )


def _later(pressed: str | None, recorded: str | None) -> str | None:
    """The later of two messages in one chat: on every platform references grow, in length and then in order.

    After a crash people may press a copy that was never recorded, or one below which another was sent since.
    """
    return max(filter(None, (pressed, recorded)), key=lambda one: (len(one), one), default=None)


def _last_in_slot(session: Session, contact_id: UUID, slot: str) -> str | None:
    query = select(Outbox.reference).where(
        Outbox.contact_id == contact_id, Outbox.slot == slot, Outbox.status == DeliveryStatus.SENT
    )
    return session.exec(query.order_by(col(Outbox.id).desc()).limit(1)).first()


def record_sent(
    session: Session, parcel_id: UUID, reference: str, now: datetime, *, was_blocked: bool = False
) -> None:
    """The platform accepted the message: its words are dropped, its place in the chat is kept.

    That lifts the mark of a contact that `was_blocked` when the message set out.
    """
    row = session.get(Outbox, parcel_id)
    if row is None:
        return
    row.status = DeliveryStatus.SENT
    row.sent_at = now
    row.reference = reference
    row.body = row.image = row.error = None
    row.attempts += 1
    session.flush()
    if was_blocked:
        contacts.mark_reachable(session, row.contact_id)
    contacts.forget_if_done(session, row.contact_id)


def record_retry(session: Session, parcel_id: UUID, due_at: datetime, error: str) -> None:
    """The platform did not take it: try again at `due_at`."""
    row = session.get(Outbox, parcel_id)
    if row is not None:
        row.due_at = due_at
        row.error = error
        row.attempts += 1


def record_undeliverable(session: Session, parcel_id: UUID, error: str) -> None:
    """The platform will never take this message."""
    row = session.get(Outbox, parcel_id)
    if row is not None:
        row.status = DeliveryStatus.UNDELIVERABLE
        row.error = error
        row.body = row.image = None
        session.flush()
        contacts.forget_if_done(session, row.contact_id)


def record_gone(session: Session, contact_id: UUID, error: str, now: datetime) -> None:
    """The contact cannot be reached any more: nothing else is sent, nothing more is scheduled."""
    contacts.mark_blocked(session, contact_id, now)
    _end_pending(session, contact_id, DeliveryStatus.UNDELIVERABLE, error)
    follow_ups.cancel_for_contact(session, contact_id, now)
    contacts.forget_if_done(session, contact_id)


def cancel_for(session: Session, contact_id: UUID) -> None:
    """Take back what has not left yet."""
    _end_pending(session, contact_id, DeliveryStatus.CANCELLED, None)


def _end_pending(session: Session, contact_id: UUID, status: DeliveryStatus, error: str | None) -> None:
    session.exec(
        update(Outbox)
        .where(col(Outbox.contact_id) == contact_id, _IS_PENDING)
        .values(status=status, error=error, body=None, image=None)
    )


def prune(session: Session, before: datetime) -> int:
    """Drop what was settled before `before`; how many rows. What is dropped cannot be edited in place."""
    return session.exec(
        delete(Outbox).where(col(Outbox.status) != DeliveryStatus.PENDING, col(Outbox.created_at) < before)
    ).rowcount
