"""What is found about a complaint: the investigation, who was involved, and the measures taken."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select as columns
from sqlmodel import Session, col, delete, func, select

from storage.tables import ComplaintEvent, Investigation, Involved, Measure

REVIEW = "review"
"""The line of history which says that the quality managers were told that a review is due."""


def of(session: Session, complaint_id: UUID) -> Investigation:
    """The complaint's investigation, begun if there is none; what is set on it is written."""
    found = session.get(Investigation, complaint_id)
    if found is None:
        found = Investigation(complaint_id=complaint_id)
        session.add(found)
    return found


def find(session: Session, complaint_id: UUID) -> Investigation | None:
    """The complaint's investigation; None when nothing is known of one yet."""
    return session.get(Investigation, complaint_id)


def involved(session: Session, complaint_id: UUID) -> Sequence[UUID]:
    """The members of the laboratory who are involved in what the complaint is about."""
    query = select(Involved.contact_id).where(Involved.complaint_id == complaint_id)
    return session.exec(query.order_by(col(Involved.contact_id))).all()


def is_involved(session: Session, complaint_id: UUID, contact_id: UUID) -> bool:
    """Whether the contact may not decide on this complaint."""
    return session.get(Involved, (complaint_id, contact_id)) is not None


def set_involved(session: Session, complaint_id: UUID, contact_ids: Collection[UUID]) -> None:
    """Let these, and nobody else, be those involved."""
    session.exec(delete(Involved).where(col(Involved.complaint_id) == complaint_id))
    session.add_all(Involved(complaint_id=complaint_id, contact_id=one) for one in sorted(set(contact_ids)))
    session.flush()


def measures(session: Session, complaint_id: UUID) -> Sequence[Measure]:
    """The corrective and preventive actions, oldest first."""
    query = select(Measure).where(Measure.complaint_id == complaint_id)
    return session.exec(query.order_by(col(Measure.id))).all()


def to_review(session: Session, now: datetime, zone: ZoneInfo) -> Mapping[UUID, date]:
    """The complaints whose review of effectiveness is due by the local date, with the date set for it.

    Not those of which the quality managers were told on that date, or after it.
    """
    told = (
        select(func.max(ComplaintEvent.at))
        .where(ComplaintEvent.complaint_id == Investigation.complaint_id, ComplaintEvent.action == REVIEW)
        .scalar_subquery()
    )
    today = now.astimezone(zone).date()
    waiting = columns(col(Investigation.complaint_id), col(Investigation.review_on), told).where(
        col(Investigation.review_on) <= today, col(Investigation.reviewed_at).is_(None)
    )
    return {
        complaint_id: review_on
        for complaint_id, review_on, at in session.connection().execute(waiting)
        if at is None or at.astimezone(zone).date() < review_on
    }
