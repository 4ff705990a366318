"""Dated future contacts: planned once per visit, moved, cancelled, and found when they are due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam
from sqlmodel import Session, col, func, select, update
from uuid_utils.compat import uuid7

from bot.dialog.event import Due
from storage.prepared import Prepared
from storage.statements import insert_ignore, is_written
from storage.tables import Contact, FollowUp, FollowUpStatus, Visit

_IS_PENDING = is_written(col(FollowUp.status), FollowUpStatus.PENDING)
_CANCEL_FOR_RESPONSE = Prepared[tuple[()]](
    update(FollowUp)
    .where(col(FollowUp.response_id) == bindparam("which"), _IS_PENDING)
    .values(status=FollowUpStatus.CANCELLED, done_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class DueFollowUp:
    """A follow-up whose time has come, and whom it concerns."""

    id: UUID
    visit_id: UUID
    questionnaire: str
    due: Due
    due_at: datetime
    response_id: UUID | None
    channel: str
    address: str


def plan(
    session: Session,
    visit_id: UUID,
    questionnaire: str,
    due: Due,
    due_at: datetime,
    response_id: UUID | None = None,
) -> None:
    """Schedule a follow-up unless this visit already has, or had, the same.

    One that asks and was taken back is planned again: the results it belongs to were given back, too.
    """
    values = {
        "id": uuid7(),
        "visit_id": visit_id,
        "questionnaire": questionnaire,
        "due": due,
        "response_id": response_id,
        "due_at": due_at,
        "status": FollowUpStatus.PENDING,
    }
    if insert_ignore(session, FollowUp, values) or due is not Due.ASK:
        return
    session.exec(
        update(FollowUp)
        .where(
            col(FollowUp.visit_id) == visit_id,
            col(FollowUp.questionnaire) == questionnaire,
            col(FollowUp.due) == due,
            col(FollowUp.status) == FollowUpStatus.CANCELLED,
        )
        .values(status=FollowUpStatus.PENDING, due_at=due_at, done_at=None)
    )


def due(session: Session, now: datetime, limit: int) -> Sequence[DueFollowUp]:
    """The follow-ups due by `now` with the person each goes to: what ends first, then the earliest."""
    query = (
        select(FollowUp, Contact)
        .join(Visit, col(Visit.id) == FollowUp.visit_id)
        .join(Contact, col(Contact.id) == Visit.contact_id)
        .where(_IS_PENDING, FollowUp.due_at <= now)
        .order_by(col(FollowUp.due) != Due.EXPIRE, col(FollowUp.due_at))
    )
    return [
        DueFollowUp(
            id=row.id,
            visit_id=row.visit_id,
            questionnaire=row.questionnaire,
            due=row.due,
            due_at=row.due_at,
            response_id=row.response_id,
            channel=contact.channel,
            address=contact.address,
        )
        for row, contact in session.exec(query.limit(limit)).all()
    ]


def count_due(session: Session, now: datetime) -> int:
    """How many follow-ups are due by `now`."""
    query = select(func.count()).select_from(FollowUp)
    return session.exec(query.where(_IS_PENDING, FollowUp.due_at <= now)).one()


def is_pending(session: Session, follow_up_id: UUID) -> bool:
    """Whether the follow-up is still to come: it may have been cancelled since it was found due."""
    row = session.get(FollowUp, follow_up_id)
    return row is not None and row.status is FollowUpStatus.PENDING


def finish(session: Session, follow_up_id: UUID, now: datetime) -> None:
    """The follow-up has been carried out."""
    _end(session, FollowUpStatus.DONE, now, col(FollowUp.id) == follow_up_id)


def postpone(session: Session, follow_up_id: UUID, due_at: datetime) -> None:
    """Come back at `due_at`."""
    session.exec(
        update(FollowUp)
        .where(col(FollowUp.id) == follow_up_id)
        .values(due_at=due_at, status=FollowUpStatus.PENDING, done_at=None)
    )


def cancel_for_response(session: Session, response_id: UUID, now: datetime) -> None:
    """The response ended: neither reminder nor expiry is needed."""
    _CANCEL_FOR_RESPONSE.run(session, which=response_id, at=now)


def cancel_asking(session: Session, visit_id: UUID, questionnaires: Sequence[str], now: datetime) -> None:
    """The visit's results were cancelled: what would have been asked about them is not, nor reminded of."""
    _end(
        session,
        FollowUpStatus.CANCELLED,
        now,
        (col(FollowUp.visit_id) == visit_id)
        & col(FollowUp.due).in_([Due.ASK, Due.REMIND])
        & col(FollowUp.questionnaire).in_(questionnaires),
    )


def cancel_for_contact(session: Session, contact_id: UUID, now: datetime) -> None:
    """The person wants, or can get, no more messages."""
    visits = select(Visit.id).where(Visit.contact_id == contact_id)
    _end(session, FollowUpStatus.CANCELLED, now, col(FollowUp.visit_id).in_(visits))


def _end(session: Session, status: FollowUpStatus, now: datetime, which: ColumnElement[bool]) -> None:
    session.exec(update(FollowUp).where(which, _IS_PENDING).values(status=status, done_at=now))
