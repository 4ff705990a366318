"""What a digest counts: every figure is one aggregate over a span of time, never a walk through the answers.

A span is [start, end). Only completed responses count, by the time they were completed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_
from sqlmodel import Session, col, select

from bot.complaints.sla import ACKNOWLEDGE_WITHIN, RESOLVE_WITHIN
from bot.complaints.terms import OPEN, Category, Phase, Severity, Status
from bot.dialog.effect import Ending
from bot.dialog.event import Due
from storage.statements import insert_ignore
from storage.tables import Answer, Complaint, DigestRun, FollowUp, FollowUpStatus, Response, Visit

Favourable = int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted of one survey.

    `rated` says, by item, what a favourable answer is: a number of at least so much, or one of these choices.
    `by_follow_up` is the survey's way to people: a follow-up, or else every visit as its sample is collected.
    """

    survey: str
    by_follow_up: bool
    rated: Mapping[str, Favourable]
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """`count` completed responses to `survey` answer `item` with `value`."""

    survey: str
    item: str
    value: int | str
    count: int


@dataclass(frozen=True, slots=True)
class Uptake:
    """Those `invited` in the span, those of them who had `answered` by its end, and the `responses` in it."""

    survey: str
    invited: int
    answered: int
    responses: int


@dataclass(frozen=True, slots=True)
class SiteTally:
    """Of `responses` about `site` with a rating, how many are favourable on every item they rate."""

    site: str | None
    responses: int
    favourable: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything counted in one span."""

    uptake: tuple[Uptake, ...]
    tallies: tuple[Tally, ...]
    sites: tuple[SiteTally, ...]
    opened: int
    closed: int
    by_category: Mapping[Category, int]
    by_phase: Mapping[Phase, int]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A complaint whose next step should have been taken."""

    number: str
    severity: Severity
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """All that goes into a digest. `words` are people's own, each after its survey, newest first."""

    now: Figures
    before: Figures
    overdue: tuple[Overdue, ...]
    words: tuple[tuple[str, str], ...]


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
    return Figures(
        uptake=tuple(_uptake(session, one, start, end) for one in asked),
        tallies=tuple(tally for one in asked for tally in _tallies(session, one.survey, start, end)),
        sites=_sites(session, [one for one in asked if not one.by_follow_up], start, end),
        opened=sum(count for _, count in by_category),
        closed=session.exec(select(func.count()).select_from(Complaint).where(resolved)).one(),
        by_category=dict(by_category),
        by_phase=dict(by_phase),
    )


def comments(
    session: Session, asked: Sequence[Asked], start: datetime, end: datetime, limit: int
) -> tuple[tuple[str, str], ...]:
    """The newest words people left in the span, each after its survey, whole and as written, newest first."""
    left = [
        and_(col(Response.questionnaire) == one.survey, col(Answer.item).in_(one.comments))
        for one in asked
        if one.comments
    ]
    if not left:
        return ()
    query = (
        select(Response.questionnaire, Answer.words)
        .join(Response, col(Response.id) == col(Answer.response_id))
        .where(_completed(start, end), or_(*left), col(Answer.words).is_not(None))
        .order_by(col(Response.ended_at).desc(), col(Response.id).desc())
        .limit(limit)
    )
    return tuple((survey, words) for survey, words in session.exec(query) if words)


def overdue(session: Session, now: datetime) -> tuple[Overdue, ...]:
    """The complaints whose next step is overdue at `now`, the most serious and then the oldest first."""
    late = [
        and_(
            col(Complaint.severity) == severity,
            or_(
                and_(
                    col(Complaint.status) == Status.RECEIVED,
                    col(Complaint.received_at) < now - ACKNOWLEDGE_WITHIN[severity],
                ),
                and_(
                    col(Complaint.status).in_(OPEN - {Status.RECEIVED}),
                    col(Complaint.received_at) < now - RESOLVE_WITHIN[severity],
                ),
            ),
        )
        for severity in Severity
    ]
    query = select(col(Complaint.number), col(Complaint.severity), col(Complaint.received_at)).where(
        col(Complaint.status).in_(OPEN), or_(*late)
    )
    gravity = list(Severity)
    found = [Overdue(*row) for row in session.exec(query)]
    return tuple(sorted(found, key=lambda one: (-gravity.index(one.severity), one.received_at)))


def claim_run(session: Session, subscription_id: UUID, local_date: date, now: datetime) -> bool:
    """Take the digest of a local date, once per subscription: False when it was taken before."""
    values = {"subscription_id": subscription_id, "local_date": local_date, "ran_at": now}
    return insert_ignore(session, DigestRun, values)


def _completed(start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(
        col(Response.status) == Ending.COMPLETED,
        col(Response.ended_at) >= start,
        col(Response.ended_at) < end,
    )


def _uptake(session: Session, asked: Asked, start: datetime, end: datetime) -> Uptake:
    """Response rate as AAPOR's RR1 counts it: complete responses over everybody asked.

    Everybody asked is every visit collected in the span or, for a survey that comes by follow-up, every visit
    whose follow-up was sent in it. A response counts if it was completed by the span's end, so that a past
    digest can be worked out again, and the period before is cut off alike.
    """
    if asked.by_follow_up:
        visit_id, came = col(FollowUp.visit_id), _asked_by_follow_up(asked.survey, start, end)
    else:
        visit_id = col(Visit.id)
        came = and_(col(Visit.collected_at) >= start, col(Visit.collected_at) < end)
    completed = and_(col(Response.questionnaire) == asked.survey, _completed(start, end))
    # Joined, not looked up visit by visit: SQLite would go through the span's responses for each of them.
    answered = select(func.count(col(Response.visit_id).distinct())).where(
        visit_id == col(Response.visit_id), completed, came
    )
    return Uptake(
        survey=asked.survey,
        invited=session.exec(select(func.count(visit_id)).where(came)).one(),
        answered=session.exec(answered).one(),
        responses=session.exec(select(func.count()).select_from(Response).where(completed)).one(),
    )


def _asked_by_follow_up(survey: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(
        col(FollowUp.questionnaire) == survey,
        col(FollowUp.due) == Due.ASK,
        col(FollowUp.status) == FollowUpStatus.DONE,
        col(FollowUp.done_at) >= start,
        col(FollowUp.done_at) < end,
    )


def _tallies(session: Session, survey: str, start: datetime, end: datetime) -> tuple[Tally, ...]:
    query = (
        select(col(Answer.item), col(Answer.number), col(Answer.choice), func.count())
        .join(Response, col(Response.id) == col(Answer.response_id))
        .where(
            col(Response.questionnaire) == survey,
            _completed(start, end),
            or_(col(Answer.number).is_not(None), col(Answer.choice).is_not(None)),
        )
        .group_by(col(Answer.item), col(Answer.number), col(Answer.choice))
    )
    return tuple(
        Tally(survey, item, number if number is not None else choice or "", count)
        for item, number, choice, count in session.exec(query)
    )


def _sites(session: Session, asked: Sequence[Asked], start: datetime, end: datetime) -> tuple[SiteTally, ...]:
    rated = [
        (and_(col(Response.questionnaire) == one.survey, col(Answer.item) == item), _falls_short(favourable))
        for one in asked
        for item, favourable in one.rated.items()
    ]
    if not rated:
        return ()
    short = case((or_(*(and_(about, falls_short) for about, falls_short in rated)), 1), else_=0)
    each = (
        select(col(Response.site).label("site"), func.sum(short).label("short"))
        .join(Answer, col(Answer.response_id) == col(Response.id))
        .where(_completed(start, end), or_(*(about for about, _ in rated)))
        .group_by(col(Response.id), col(Response.site))
        .subquery()
    )
    favourable = func.sum(case((each.c.short == 0, 1), else_=0))
    query = select(each.c.site, func.count(), favourable).group_by(each.c.site).order_by(each.c.site)
    return tuple(SiteTally(site, count, good) for site, count, good in session.exec(query))


def _falls_short(favourable: Favourable) -> ColumnElement[bool]:
    if isinstance(favourable, int):
        return col(Answer.number) < favourable
    return col(Answer.choice).not_in(favourable)
