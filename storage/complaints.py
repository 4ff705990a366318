"""The complaint register: gapless numbers, and one current row each."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Uuid, bindparam, literal, text, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select, update
from sqlmodel.sql.expression import SelectOfScalar
from uuid_utils.compat import uuid7

from bot.complaints.terms import Category, Complainant, Consequence, Department, Phase, Recurrence, Status
from storage import history
from storage.columns import UtcDateTime
from storage.fingerprints import fingerprint
from storage.prepared import Prepared
from storage.statements import insert_ignore, insert_row
from storage.tables import Complaint, Counter
from storage.visits import order_fingerprint

_COUNT = Prepared[tuple[int]](
    update(Counter)
    .where(col(Counter.name) == bindparam("which"))
    .values(value=col(Counter.value) + 1)
    .returning(col(Counter.value))
)
# As the partial indexes say it: a database uses them only for the condition it knows them by.
IS_OPEN = text("complaint.status IN ('received', 'acknowledged', 'investigating', 'reopened')")

OPENED = "open"
"""The first step in every history; who took it is the reporter, or who entered it for them."""


def next_number(session: Session, year: int) -> str:
    """The next number of the year, as C-2026-000123; an undone transaction leaves no gap."""
    name = f"complaint-{year}"
    counted = _COUNT.first(session, which=name)
    if counted is None:
        insert_ignore(session, Counter, {"name": name, "value": 0})
        return next_number(session, year)
    return f"C-{year}-{counted[0]:06d}"


def open_complaint(
    session: Session,
    *,
    number: str,
    category: Category,
    phase: Phase,
    consequence: Consequence,
    channel: str,
    words: str,
    now: datetime,
    department: Department = Department.FRONT_DESK,
    recurrence: Recurrence = Recurrence.FIRST,
    safety: bool = False,
    complainant: Complainant = Complainant.OTHER,
    confidential: bool = False,
    reporter_name: str | None = None,
    relay: str | None = None,
    entered_by_id: UUID | None = None,
    need: str | None = None,
    phone: str | None = None,
    best_time: str | None = None,
    order: str | None = None,
    may_contact: bool = True,
    site: str | None = None,
    reporter_id: UUID | None = None,
    visit_id: UUID | None = None,
    response_id: UUID | None = None,
) -> Complaint:
    """Enter a complaint and the first line of its history. The order number is kept hashed and masked.

    With `relay`, the code that stands for an anonymous reporter, there is no `reporter_id`.
    """
    complaint = Complaint(
        id=uuid4() if relay else uuid7(),  # the usual ids tell the moment they were made
        number=number,
        status=Status.RECEIVED,
        category=category,
        phase=phase,
        department=department,
        recurrence=recurrence,
        safety=safety,
        complainant=complainant,
        confidential=confidential,
        reporter_name=reporter_name,
        relay_hash=relay_hash(session, relay) if relay else None,
        entered_by_id=entered_by_id,
        consequence=consequence,
        channel=channel,
        site=site,
        words=words,
        need=need,
        phone=phone,
        best_time=best_time,
        order_hash=order_fingerprint(session, order) if order else None,
        order_masked=masked(order) if order else None,
        may_contact=may_contact,
        reporter_id=reporter_id,
        visit_id=visit_id,
        response_id=response_id,
        received_at=now,
    )
    insert_row(session, complaint)
    history.record(session, complaint, OPENED, entered_by_id or reporter_id, now)
    return complaint


def masked(order: str) -> str:
    """An order number with all but its last three characters hidden; short ones are hidden whole."""
    shown = order[-3:] if len(order) >= 6 else ""
    return "•" * 4 + shown


def locked(session: Session, complaint_id: UUID) -> Complaint | None:
    """The complaint, held for this transaction; messages about it can be left meanwhile."""
    return _held(session, select(Complaint).where(Complaint.id == complaint_id))


def is_rateable(session: Session, own: Complaint) -> bool:
    """Whether its reporter is asked if it was put right, and has not said yet."""
    head = session.get(Complaint, own.merged_into_id) if own.merged_into_id else own
    return own.rating is None and head is not None and head.status is Status.CLOSED


def lead(session: Session, complaint: Complaint) -> Complaint:
    """The complaint that stands for this one, held for this transaction: the one it was found to repeat."""
    return (locked(session, complaint.merged_into_id) if complaint.merged_into_id else None) or complaint


def numbered(session: Session, number: str) -> Complaint | None:
    """The complaint with that number, held for this transaction."""
    return _held(session, select(Complaint).where(Complaint.number == number))


def _held(session: Session, query: SelectOfScalar[Complaint]) -> Complaint | None:
    """What the query finds, as it stands once it is held: it may have been looked at before that."""
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.exec(held).one_or_none()


def named(session: Session, name: str) -> Complaint | None:
    """The complaint with that id or number, to be looked at."""
    try:
        return session.get(Complaint, UUID(name))
    except ValueError:
        return session.exec(select(Complaint).where(Complaint.number == name)).one_or_none()


def by_relay(session: Session, code: str) -> Complaint | None:
    """The complaint of a reporter who stayed anonymous, found by the code that they alone were given."""
    return session.exec(
        select(Complaint).where(Complaint.relay_hash == relay_hash(session, code))
    ).one_or_none()


def relay_hash(session: Session, code: str) -> bytes:
    """What is kept of a relay code."""
    return fingerprint(session, "relay", code)


def awaited(session: Session, contact_id: UUID) -> Complaint | None:
    """The complaint about which this person was asked something last and has not answered."""
    asked = aliased(Complaint)
    query = (
        select(Complaint)
        .join(asked, col(asked.id) == func.coalesce(Complaint.merged_into_id, Complaint.id))
        .where(Complaint.reporter_id == contact_id, col(asked.waiting_since).is_not(None))
    )
    return session.exec(query.order_by(col(asked.waiting_since).desc()).limit(1)).one_or_none()


def like_it(
    session: Session, category: Category, department: Department, site: str | None, since: datetime
) -> int:
    """How many of the same category, department and site were received since then, up to three; those that
    were declined, or repeat another, do not count.
    """
    query = select(Complaint.id).where(
        Complaint.category == category,
        Complaint.department == department,
        Complaint.received_at >= since,
        col(Complaint.status).not_in((Status.DECLINED, Status.MERGED)),
    )
    if site is not None:
        query = query.where(Complaint.site == site)
    return len(session.exec(query.limit(3)).all())


def open_like(session: Session, complaint: Complaint, limit: int) -> Sequence[Complaint]:
    """The other open complaints of its category, newest first: what it may be a repetition of."""
    query = select(Complaint).where(
        Complaint.category == complaint.category, Complaint.id != complaint.id, IS_OPEN
    )
    return session.exec(query.order_by(col(Complaint.id).desc()).limit(limit)).all()


def merged_into(session: Session, complaint_id: UUID) -> Sequence[Complaint]:
    """The complaints that were found to repeat this one, oldest first."""
    query = select(Complaint).where(Complaint.merged_into_id == complaint_id)
    return session.exec(query.order_by(col(Complaint.id))).all()


def reported_by(session: Session, contact_id: UUID, limit: int) -> Sequence[Complaint]:
    """What a person reported, newest first."""
    query = select(Complaint).where(Complaint.reporter_id == contact_id)
    return session.exec(query.order_by(col(Complaint.id).desc()).limit(limit)).all()


def assigned_to(session: Session, contact_id: UUID, limit: int) -> Sequence[Complaint]:
    """What a member of staff has taken on and not resolved, oldest first."""
    query = select(Complaint).where(Complaint.assignee_id == contact_id, IS_OPEN)
    return session.exec(query.order_by(col(Complaint.id)).limit(limit)).all()


def unassigned(session: Session, limit: int) -> Sequence[Complaint]:
    """What nobody has taken on yet, oldest first."""
    query = select(Complaint).where(col(Complaint.assignee_id).is_(None), IS_OPEN)
    return session.exec(query.order_by(col(Complaint.id)).limit(limit)).all()


class ToLookAt(NamedTuple):
    """A complaint whose clock is to be looked at, and when."""

    id: UUID
    look_at: datetime


def to_look_at(
    session: Session, now: datetime, limit: int, after: ToLookAt | None = None
) -> Sequence[ToLookAt]:
    """The next complaints to be looked at by `now`, the earliest first, after `after`: at most `limit`."""
    query = select(Complaint.id, Complaint.look_at).where(col(Complaint.look_at) <= now)
    if after is not None:
        at, last = literal(after.look_at, UtcDateTime), literal(after.id, Uuid)
        query = query.where(tuple_(col(Complaint.look_at), col(Complaint.id)) > tuple_(at, last))
    found = session.exec(query.order_by(col(Complaint.look_at), col(Complaint.id)).limit(limit))
    return [ToLookAt(complaint_id, look_at) for complaint_id, look_at in found if look_at is not None]
