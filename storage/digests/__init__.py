"""What a digest counts: a span of time, whatever is kept of others, and never a walk through its answers.

A span is [start, end). Only completed responses count, by the time they were completed.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func
from sqlmodel import Session, col, select

from bot.complaints.terms import OPEN, Consequence
from storage.digests.shapes import (
    Asked,
    Counted,
    Favourable,
    Figures,
    Overdue,
    SiteTally,
    Tally,
    Uptake,
)
from storage.digests.tallies import completed, counts, give_up_outdated, tally_next
from storage.digests.uptake import uptake
from storage.statements import insert_ignore
from storage.tables import Answer, Complaint, DigestRun, Response

__all__ = [
    "Asked",
    "Counted",
    "Favourable",
    "Figures",
    "Overdue",
    "SiteTally",
    "Tally",
    "Uptake",
    "claim_run",
    "comments",
    "count",
    "figures",
    "give_up_outdated",
    "overdue",
    "tally_next",
]


def count(
    session: Session,
    asked: Sequence[Asked],
    before: datetime,
    start: datetime,
    end: datetime,
    now: datetime,
    comments_read: int,
) -> Counted:
    """Count [start, end) and [before, start); what is overdue is so at `now`."""
    return Counted(
        now=figures(session, asked, start, end),
        before=figures(session, asked, before, start),
        overdue=overdue(session, now),
        words=comments(session, asked, start, end, comments_read),
    )


def figures(session: Session, asked: Sequence[Asked], start: datetime, end: datetime) -> Figures:
    """Count everything in the span."""
    received = and_(col(Complaint.received_at) >= start, col(Complaint.received_at) < end)
    resolved = and_(col(Complaint.resolved_at) >= start, col(Complaint.resolved_at) < end)
    by_category = session.exec(
        select(col(Complaint.category), func.count()).where(received).group_by(col(Complaint.category))
    ).all()
    by_phase = session.exec(
        select(col(Complaint.phase), func.count()).where(received).group_by(col(Complaint.phase))
    ).all()
    counted = counts(session, asked, start, end)
    return Figures(
        uptake=tuple(uptake(session, one, counted.responses[one.survey], start, end) for one in asked),
        tallies=tuple(Tally(*about, count) for about, count in counted.answers.items()),
        sites=tuple(
            SiteTally(site, rated, counted.favourable[site])
            for site, rated in sorted(counted.rated.items(), key=lambda one: (one[0] is None, one[0]))
        ),
        opened=sum(count for _, count in by_category),
        closed=session.exec(select(func.count()).select_from(Complaint).where(resolved)).one(),
        by_category=dict(by_category),
        by_phase=dict(by_phase),
    )


def comments(
    session: Session, asked: Sequence[Asked], start: datetime, end: datetime, limit: int
) -> tuple[tuple[str, str], ...]:
    """The newest words people left in the span, each after its survey, whole and as written, newest first."""
    newest = [
        row
        for one in asked
        if one.comments
        for row in session.exec(
            select(Response.ended_at, Response.id, Response.questionnaire, Answer.words)
            .join(Answer, col(Answer.response_id) == col(Response.id))
            .where(
                completed(one.survey, start, end),
                col(Answer.item).in_(one.comments),
                col(Answer.words).is_not(None),
            )
            .order_by(col(Response.ended_at).desc(), col(Response.id).desc())
            .limit(limit)
        )
    ]
    newest.sort(key=lambda row: row[:2], reverse=True)
    return tuple((survey, words) for _, _, survey, words in newest[:limit] if words)


def overdue(session: Session, now: datetime) -> tuple[Overdue, ...]:
    """The complaints whose next step is overdue at `now`, the most serious and then the oldest first."""
    query = select(col(Complaint.number), col(Complaint.consequence), col(Complaint.received_at)).where(
        col(Complaint.status).in_(OPEN), col(Complaint.due_at) < now
    )
    gravity = list(Consequence)
    found = [Overdue(*row) for row in session.exec(query)]
    return tuple(sorted(found, key=lambda one: (-gravity.index(one.consequence), one.received_at)))


def claim_run(session: Session, subscription_id: UUID, local_date: date, now: datetime) -> bool:
    """Take the digest of a local date, once per subscription: False when it was taken before."""
    values = {"subscription_id": subscription_id, "local_date": local_date, "ran_at": now}
    return insert_ignore(session, DigestRun, values)
