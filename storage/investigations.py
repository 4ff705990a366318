"""What is found about a complaint: the investigation, who was involved, and the measures taken."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session, col, delete, select

from storage.tables import Investigation, Involved, Measure


def of(session: Session, complaint_id: UUID) -> Investigation:
    """The complaint's investigation, begun if there is none; what is set on it is written."""
    found = session.get(Investigation, complaint_id)
    if found is None:
        found = Investigation(complaint_id=complaint_id)
        session.add(found)
    return found


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
