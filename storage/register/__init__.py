"""The register as it is read: every field of a complaint, whom it names, and its history with the seals.

Who works here is named by account. Who reported is a group, and no more, unless identities are asked for.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from storage.register.gathering import gather
from storage.register.shapes import Changed, Chosen, Entry, Line, Planned, Progress, Reporter
from storage.tables import Complaint

__all__ = [
    "Changed",
    "Chosen",
    "Entry",
    "Line",
    "Planned",
    "Progress",
    "Reporter",
    "count",
    "entry",
    "page",
]


def count(session: Session, chosen: Chosen) -> int:
    """How many complaints are chosen."""
    return session.exec(select(func.count()).select_from(Complaint).where(*_where(chosen))).one()


def page(
    session: Session, chosen: Chosen, after: UUID | None, limit: int, *, identities: bool = False
) -> Sequence[Entry]:
    """The next of those chosen by id, which is the order they were received in."""
    query = select(Complaint).where(*_where(chosen)).order_by(col(Complaint.id)).limit(limit)
    found = session.exec(query.where(col(Complaint.id) > after) if after else query).all()
    return gather(session, found, identities=identities)


def entry(session: Session, number: str, *, identities: bool = False) -> Entry | None:
    """The complaint with that number."""
    found = session.exec(select(Complaint).where(Complaint.number == number)).all()
    return next(iter(gather(session, found, identities=identities)), None)


def _where(chosen: Chosen) -> tuple[ColumnElement[bool], ...]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.received_from is not None:
        conditions.append(col(Complaint.received_at) >= chosen.received_from)
    if chosen.received_before is not None:
        conditions.append(col(Complaint.received_at) < chosen.received_before)
    if chosen.statuses:
        conditions.append(col(Complaint.status).in_(chosen.statuses))
    if chosen.departments:
        conditions.append(col(Complaint.department).in_(chosen.departments))
    if chosen.categories:
        conditions.append(col(Complaint.category).in_(chosen.categories))
    if chosen.overdue_at is not None:
        conditions.append(col(Complaint.due_at) < chosen.overdue_at)
    return tuple(conditions)
