"""Everything people said and reported, batch by batch, for the files a laboratory takes away.

Each batch is one short read, found by the id the last one ended with, so an export of any size neither holds
a snapshot open nor keeps more than a batch in memory. What arrives meanwhile comes at the end.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, func, select

from storage.tables import Answer, Complaint, ComplaintEvent, Response


def count_responses(session: Session) -> int:
    """How many responses there are."""
    return session.exec(select(func.count()).select_from(Response)).one()


def responses_after(
    session: Session, after: UUID | None, limit: int
) -> Sequence[tuple[Response, Sequence[Answer]]]:
    """The next responses by id, each with its answers in the order they were given."""
    query = select(Response).order_by(col(Response.id)).limit(limit)
    found = session.exec(query.where(col(Response.id) > after) if after else query).all()
    given = select(Answer).where(col(Answer.response_id).in_([one.id for one in found]))
    answers: defaultdict[UUID, list[Answer]] = defaultdict(list)
    for answer in session.exec(given.order_by(col(Answer.answered_at), col(Answer.item))):
        answers[answer.response_id].append(answer)
    return [(one, answers[one.id]) for one in found]


def count_complaints(session: Session) -> int:
    """How many complaints the register has."""
    return session.exec(select(func.count()).select_from(Complaint)).one()


def complaints_after(session: Session, after: UUID | None, limit: int) -> Sequence[Complaint]:
    """The next complaints by id."""
    query = select(Complaint).order_by(col(Complaint.id)).limit(limit)
    return session.exec(query.where(col(Complaint.id) > after) if after else query).all()


def count_steps(session: Session) -> int:
    """How many lines the histories of all complaints have together."""
    return session.exec(select(func.count()).select_from(ComplaintEvent)).one()


def steps_after(session: Session, after: UUID | None, limit: int) -> Sequence[tuple[ComplaintEvent, str]]:
    """The next lines of all histories by id, each with its complaint's number."""
    query = (
        select(ComplaintEvent, Complaint.number).join(Complaint).order_by(col(ComplaintEvent.id)).limit(limit)
    )
    return session.exec(query.where(col(ComplaintEvent.id) > after) if after else query).all()
