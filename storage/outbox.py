"""Messages committed but not yet accepted by their platform, and what became of them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import bindparam, insert
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, or_, select, update
from uuid_utils.compat import uuid7

from bot.complaints import slots
from bot.complaints.terms import Status
from bot.dialog.message import Message
from storage import contacts, follow_ups
from storage.documents import UnreadableDocument, document
from storage.encryption import DecryptionError
from storage.fingerprints import fingerprint
from storage.prepared import Prepared
from storage.statements import is_written
from storage.tables import Complaint, Contact, DeliveryStatus, Outbox

_MESSAGE = TypeAdapter(Message)
_ENDED = (Status.CLOSED, Status.DECLINED, Status.MERGED)
_IS_PENDING = is_written(col(Outbox.status), DeliveryStatus.PENDING)
# Asked of each message that waits: joined, SQLite asks every contact of the channel for its messages.
_CHANNEL = select(Contact.channel).where(Contact.id == Outbox.contact_id).scalar_subquery()

# Needed for every message, so they are put together once.
_IS_THEIRS = col(Outbox.contact_id) == bindparam("who")
_ENQUEUE = Prepared[tuple[()]](
    insert(Outbox),
    "id",
    "contact_id",
    "slot",
    "complaint_id",
    "status",
    "body",
    "image",
    "created_at",
    "due_at",
    "attempts",
)
_NEXT = Prepared[tuple[UUID, str, bytes, bytes | None, datetime, int, str, str, datetime | None]](
    columns(
        col(Outbox.id),
        col(Outbox.slot),
        col(Outbox.body),
        col(Outbox.image),
        col(Outbox.due_at),
        col(Outbox.attempts),
        col(Contact.channel),
        col(Contact.address),
        col(Contact.blocked_at),
    )
    .join(Contact)
    .where(_IS_THEIRS, _IS_PENDING)
    .order_by(col(Outbox.id))
    .limit(1)
)
_LAST = Prepared[tuple[str]](
    select(Outbox.reference)
    .where(_IS_THEIRS, Outbox.slot == bindparam("place"), Outbox.status == DeliveryStatus.SENT)
    .order_by(col(Outbox.id).desc())
    .limit(1)
)
_RECORD_SENT = Prepared[tuple[UUID, UUID | None]](
    update(Outbox)
    .where(col(Outbox.id) == bindparam("which"), col(Outbox.status) != DeliveryStatus.SENT)
    .values(
        status=DeliveryStatus.SENT,
        sent_at=bindparam("at"),
        reference=bindparam("known_as"),
        body=None,
        image=None,
        error=None,
        attempts=col(Outbox.attempts) + 1,
    )
    .returning(col(Outbox.contact_id), col(Outbox.complaint_id))
)
_MAKE_FINDABLE = Prepared[tuple[()]](
    update(Outbox).where(col(Outbox.id) == bindparam("which")).values(reference_hash=bindparam("hashed"))
)
_FOUND = Prepared[tuple[str, UUID]](
    columns(col(Outbox.slot), col(Outbox.complaint_id))
    .where(_IS_THEIRS, col(Outbox.reference_hash) == bindparam("hashed"))
    .order_by(col(Outbox.id).desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message to be delivered, and where to.

    `replaces` is the platform's id of the message to edit; `supersedes` that of one whose buttons are past;
    `under` that of the one it stands below.
    `blocked_at` is the contact's mark of being out of reach; an answer to what it did is tried all the same.
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
    under: str | None
    blocked_at: datetime | None


def enqueue(
    session: Session, contact_id: UUID, message: Message, now: datetime, image: bytes | None = None
) -> UUID:
    """Commit to delivering `message`; it leaves once the transaction is through. Returns the row's id."""
    row_id = uuid7()
    _ENQUEUE.run(
        session,
        id=row_id,
        contact_id=contact_id,
        slot=message.slot,
        complaint_id=slots.complaint_in(message.slot) or slots.complaint_in(message.under),
        status=DeliveryStatus.PENDING,
        body=_MESSAGE.dump_json(message),
        image=image,
        created_at=now,
        due_at=now,
        attempts=0,
    )
    return row_id


def message_of(body: bytes) -> Message:
    """The message a row's body holds; UnreadableDocument when another version wrote it in another form."""
    return document(_MESSAGE, body)


def waiting_contacts(session: Session, now: datetime, channels: Sequence[str], limit: int) -> Sequence[UUID]:
    """Contacts on `channels` whose next message is due by `now`, longest due first, each of them once.

    Of one person's many messages the first alone counts, so that nobody keeps the others out.
    """
    earlier = aliased(Outbox)
    is_behind = select(earlier.id).where(
        earlier.contact_id == Outbox.contact_id,
        col(earlier.id) < col(Outbox.id),
        is_written(col(earlier.status), DeliveryStatus.PENDING),
    )
    query = select(Outbox.contact_id).where(
        _IS_PENDING, Outbox.due_at <= now, _CHANNEL.in_(channels), ~is_behind.exists()
    )
    return tuple(session.exec(query.order_by(col(Outbox.due_at)).limit(limit)))


def next_for(session: Session, contact_id: UUID) -> Parcel | None:
    """The contact's oldest pending message, due or not: one chat's messages keep their order."""
    row = _NEXT.first(session, who=contact_id)
    if row is None:
        return None
    parcel_id, slot, body, image, due_at, attempts, channel, address, blocked_at = row
    message = message_of(body or b"")
    earlier = _last_in_slot(session, contact_id, slot) if slot else None
    return Parcel(
        id=parcel_id,
        contact_id=contact_id,
        channel=channel,
        address=address,
        message=message,
        image=image,
        due_at=due_at,
        attempts=attempts,
        replaces=_later(message.onto, earlier) if message.replace else None,
        supersedes=None if message.replace else earlier,
        under=_last_in_slot(session, contact_id, message.under) if message.under else None,
        blocked_at=blocked_at,
    )


def at_hand(session: Session, contact_id: UUID) -> Parcel | None:
    """As `next_for`, where it is not asked for: one that cannot be read is left to who asks."""
    with suppress(UnreadableDocument, DecryptionError):
        return next_for(session, contact_id)
    return None


def _later(pressed: str | None, recorded: str | None) -> str | None:
    """The later of two messages in one chat: on every platform references grow, in length and then in order.

    After a crash people may press a copy that was never recorded, or one below which another was sent since.
    """
    return max(filter(None, (pressed, recorded)), key=lambda one: (len(one), one), default=None)


def _last_in_slot(session: Session, contact_id: UUID, slot: str) -> str | None:
    row = _LAST.first(session, who=contact_id, place=slot)
    return row[0] if row else None


def record_sent(
    session: Session, parcel_id: UUID, reference: str, now: datetime, *, blocked_at: datetime | None = None
) -> None:
    """The platform accepted the message: its words are dropped, its place in the chat is kept. So it is with
    one that was taken back too late; written down twice it counts once.

    That lifts the mark a contact had when the message set out.
    """
    recorded = _RECORD_SENT.first(session, which=parcel_id, at=now, known_as=reference)
    if recorded is None:
        return
    contact_id, complaint_id = recorded
    if complaint_id is not None:
        _MAKE_FINDABLE.run(session, which=parcel_id, hashed=_hash_of(session, reference))
    if blocked_at is not None:
        contacts.mark_reachable(session, contact_id, blocked_at)
    contacts.forget_if_done(session, contact_id)


def slot_of(session: Session, contact_id: UUID, reference: str) -> str | None:
    """The slot of the message the contact knows by `reference` or, if it has none, the one it stands below.

    None for what is not about a complaint, not known, or pruned.
    """
    found = _FOUND.first(session, who=contact_id, hashed=_hash_of(session, reference))
    if found is None:
        return None
    slot, complaint_id = found
    return slot or slots.slot(complaint_id)


def _hash_of(session: Session, reference: str) -> bytes:
    return fingerprint(session, "outbox.reference", reference)


def record_retry(session: Session, parcel_id: UUID, due_at: datetime, error: str) -> None:
    """The platform did not take it: try again at `due_at`, unless it was taken back or settled meanwhile."""
    row = session.get(Outbox, parcel_id)
    if row is not None and row.status is DeliveryStatus.PENDING:
        row.due_at = due_at
        row.error = error
        row.attempts += 1
        session.flush()


def record_undeliverable(session: Session, parcel_id: UUID, error: str) -> None:
    """The platform will never take this message; one taken back or settled meanwhile stays so."""
    row = session.get(Outbox, parcel_id)
    if row is not None and row.status is DeliveryStatus.PENDING:
        row.status = DeliveryStatus.UNDELIVERABLE
        row.error = error
        row.body = row.image = None
        session.flush()
        contacts.forget_if_done(session, row.contact_id)


def record_gone(session: Session, parcel_id: UUID, contact_id: UUID, error: str, now: datetime) -> None:
    """The contact cannot be reached any more: nothing else is sent, nothing more is scheduled.

    Written down twice it counts once: whoever came back in between is not cut off again.
    """
    row = session.get(Outbox, parcel_id)
    if row is None or row.status in (DeliveryStatus.SENT, DeliveryStatus.UNDELIVERABLE):
        return
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


def prune(session: Session, before: datetime, limit: int) -> int:
    """Drop what was settled before `before`; how many rows, at most `limit`. It cannot be edited any more.

    What is about a complaint that has not ended stays: it is still written below, answered and edited.
    """
    # Asked of each message, as the channel is: joined, PostgreSQL reads the whole register.
    stands = select(Complaint.status).where(Complaint.id == Outbox.complaint_id).scalar_subquery()
    is_done = or_(col(Outbox.complaint_id).is_(None), stands.in_(_ENDED))
    old = select(Outbox.id).where(
        Outbox.status != DeliveryStatus.PENDING, Outbox.created_at < before, is_done
    )
    return session.exec(delete(Outbox).where(col(Outbox.id).in_(old.limit(limit)))).rowcount
