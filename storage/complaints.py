"""The complaint register: gapless numbers, one current row each, and a history that only grows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import Session, col, select, update
from uuid_utils.compat import uuid7

from bot.complaints.terms import Category, Consequence, Phase, Status
from storage.prepared import Prepared
from storage.statements import insert_ignore, insert_row, is_written
from storage.tables import Complaint, ComplaintEvent, Counter
from storage.visits import order_fingerprint

_COUNT = Prepared[tuple[int]](
    update(Counter)
    .where(col(Counter.name) == bindparam("which"))
    .values(value=col(Counter.value) + 1)
    .returning(col(Counter.value))
)
_IS_OPEN = ~is_written(col(Complaint.status), Status.RESOLVED)

OPENED = "open"
"""The first step in every history; who took it is the reporter."""


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
    """Enter a complaint and the first line of its history. The order number is kept hashed and masked."""
    complaint = Complaint(
        id=uuid7(),
        number=number,
        status=Status.RECEIVED,
        category=category,
        phase=phase,
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
    record(session, complaint, OPENED, reporter_id, now)
    return complaint


def masked(order: str) -> str:
    """An order number with all but its last three characters hidden; short ones are hidden whole."""
    shown = order[-3:] if len(order) >= 6 else ""
    return "•" * 4 + shown


def record(
    session: Session,
    complaint: Complaint,
    action: str,
    actor_id: UUID | None,
    now: datetime,
    note: str | None = None,
) -> None:
    """Add a line to the complaint's history."""
    insert_row(
        session,
        ComplaintEvent(
            id=uuid7(),
            complaint_id=complaint.id,
            at=now,
            actor_id=actor_id,
            action=action,
            status=complaint.status,
            note=note,
        ),
    )


def locked(session: Session, complaint_id: UUID) -> Complaint | None:
    """The complaint, held for this transaction."""
    return session.exec(select(Complaint).where(Complaint.id == complaint_id).with_for_update()).one_or_none()


def history(session: Session, complaint_id: UUID) -> Sequence[ComplaintEvent]:
    """The complaint's history, oldest first."""
    query = select(ComplaintEvent).where(ComplaintEvent.complaint_id == complaint_id)
    return session.exec(query.order_by(col(ComplaintEvent.id))).all()


def reported_by(session: Session, contact_id: UUID, limit: int) -> Sequence[Complaint]:
    """What a person reported, newest first."""
    query = select(Complaint).where(Complaint.reporter_id == contact_id)
    return session.exec(query.order_by(col(Complaint.id).desc()).limit(limit)).all()


def assigned_to(session: Session, contact_id: UUID, limit: int) -> Sequence[Complaint]:
    """What a member of staff has taken on and not resolved, oldest first."""
    query = select(Complaint).where(Complaint.assignee_id == contact_id, _IS_OPEN)
    return session.exec(query.order_by(col(Complaint.id)).limit(limit)).all()


def unassigned(session: Session, limit: int) -> Sequence[Complaint]:
    """What nobody has taken on yet, oldest first."""
    query = select(Complaint).where(col(Complaint.assignee_id).is_(None), _IS_OPEN)
    return session.exec(query.order_by(col(Complaint.id)).limit(limit)).all()
