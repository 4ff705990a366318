"""Completed responses counted beforehand: those of one survey that ended in one hour, together.

The turn that completes a response commits it as one that is in no tally, which an index of its own finds at
once; when the hour is over it is put into a tally, and refers to it from then on. Whoever reads tallies and
the rest in one snapshot counts every response once, whenever and however often that is done. Changing what
was counted gives its tally up, in the same transaction and by the database itself (migration 0004).
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, case, false, func, or_, union_all
from sqlmodel import Session, col, delete, select, update

from bot.dialog.effect import Ending
from storage.digests.shapes import Asked, Favourable
from storage.statements import is_written
from storage.tables import Answer, HourTally, Response

HOUR = timedelta(hours=1)
_GIVEN_UP_AT_ONCE = 50

_IS_COMPLETED = is_written(col(Response.status), Ending.COMPLETED)


@dataclass(slots=True)
class Counts:
    """Completed responses by survey; their answers by survey, item and value; and of the surveys that every
    visit gets, responses with a rating by site, and those of them favourable on every item they rate.
    """

    responses: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, str, int | str]] = field(default_factory=Counter)
    rated: Counter[str | None] = field(default_factory=Counter)
    favourable: Counter[str | None] = field(default_factory=Counter)

    def add_sites(self, sites: Iterable[tuple[str | None, int, int]]) -> None:
        """Add responses with a rating, and the favourable ones of them, by site."""
        for site, rated, favourable in sites:
            self.rated[site] += rated
            self.favourable[site] += favourable


def completed(survey: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    """Responses to the survey that were completed in [start, end)."""
    return and_(
        _IS_COMPLETED,
        col(Response.questionnaire) == survey,
        col(Response.ended_at) >= start,
        col(Response.ended_at) < end,
    )


def tally_next(session: Session, asked: Sequence[Asked], before: datetime) -> bool:
    """Put what is in no tally, of one survey and the newest hour that was over by `before`, into one.

    False when nothing is left.
    """
    waiting = [(ended_at, one) for one in asked if (ended_at := _newest(session, one, _hour(before)))]
    if not waiting:
        return False
    ended_at, one = max(waiting, key=lambda found: found[0])
    _tally(session, one, _hour(ended_at))
    return True


def give_up_outdated(session: Session, asked: Sequence[Asked]) -> bool:
    """Give up some of the tallies by another rule than today's; whether there were any."""
    outdated = (and_(col(HourTally.survey) == one.survey, col(HourTally.rule) != _rule(one)) for one in asked)
    query = select(HourTally.id).where(or_(false(), *outdated))
    found = session.exec(query.limit(_GIVEN_UP_AT_ONCE)).all()
    session.exec(delete(HourTally).where(col(HourTally.id).in_(found)))
    return bool(found)


def counts(session: Session, asked: Sequence[Asked], start: datetime, end: datetime) -> Counts:
    """What was completed in [start, end): whole hours by their tallies, the rest by its rows."""
    found = Counts()
    rules = {one.survey: _rule(one) for one in asked}
    by_visit = {one.survey: one for one in asked if not one.by_follow_up}
    first, last = _hour(start + HOUR - timedelta.resolution), _hour(end)
    whole_hours = select(HourTally).where(
        col(HourTally.survey).in_(rules), HourTally.hour >= first, HourTally.hour < last
    )
    outdated = []
    for tally in session.exec(whole_hours):
        survey = tally.survey
        if tally.rule != rules[survey]:
            outdated.append(tally.id)
            continue
        found.responses[survey] += tally.responses
        for item, value, count in tally.answers:
            found.answers[survey, item, value] += count
        if survey in by_visit:
            found.add_sites(tally.sites)
    if not asked:
        return found
    rest = _rest(rules, start, end, (first, last), outdated)
    responses = select(rest.c.questionnaire, func.count()).group_by(rest.c.questionnaire)
    found.responses.update(dict(session.exec(responses).all()))
    for survey, item, value, count in _answers(session, rest):
        found.answers[survey, item, value] += count
    found.add_sites(_sites(session, rest, by_visit.values()))
    return found


def _rest(
    surveys: Collection[str],
    start: datetime,
    end: datetime,
    whole_hours: tuple[datetime, datetime],
    outdated: Sequence[UUID],
) -> Subquery:
    """The responses completed in [start, end) that no tally counts: each from an index."""
    first, last = whole_hours
    parts = []
    for one in surveys:  # by itself: of several at once PostgreSQL expects too much, and takes another index
        if first >= last:
            parts.append(completed(one, start, end))
            continue
        parts += [
            completed(one, start, first),
            completed(one, last, end),
            completed(one, first, last) & col(Response.tally_id).is_(None),
        ]
    if outdated:
        parts.append(col(Response.tally_id).in_(outdated))
    chosen = [select(Response.id, Response.questionnaire, Response.site).where(part) for part in parts]
    return union_all(*chosen).subquery()


def _newest(session: Session, asked: Asked, before: datetime) -> datetime | None:
    """When the last response that is in no tally was completed before `before`."""
    last = (
        select(Response.ended_at)
        .where(
            _IS_COMPLETED,
            Response.questionnaire == asked.survey,
            col(Response.tally_id).is_(None),
            col(Response.ended_at) < before,
        )
        # By a column that is always NULL, too: only the index of what is in no tally has this order.
        .order_by(col(Response.tally_id).desc(), col(Response.ended_at).desc())
    )
    return session.exec(last.limit(1)).first()


def _tally(session: Session, asked: Asked, hour: datetime) -> None:
    tally = HourTally(survey=asked.survey, hour=hour, rule=_rule(asked), responses=0, answers=[], sites=[])
    session.add(tally)
    session.flush()
    taken = (
        update(Response)
        .where(completed(asked.survey, hour, hour + HOUR), col(Response.tally_id).is_(None))
        .values(tally_id=tally.id)
    )
    tally.responses = session.exec(taken).rowcount
    if not tally.responses:  # another process was faster
        session.delete(tally)
        return
    its = (
        select(Response.id, Response.questionnaire, Response.site)
        .where(Response.tally_id == tally.id)
        .subquery()
    )
    tally.answers = [(item, value, count) for _, item, value, count in _answers(session, its)]
    tally.sites = list(_sites(session, its, [asked]))


def _answers(session: Session, chosen: Subquery) -> Iterator[tuple[str, str, int | str, int]]:
    """How often each value was given, by survey and item, in the chosen responses."""
    given = (chosen.c.questionnaire, col(Answer.item), col(Answer.number), col(Answer.choice))
    query = (
        select(*given)
        .add_columns(func.count())  # mypy knows no select of five
        .join(chosen, chosen.c.id == col(Answer.response_id))
        .where(or_(col(Answer.number).is_not(None), col(Answer.choice).is_not(None)))
        .group_by(*given)
    )
    for survey, item, number, choice, count in session.connection().execute(query):
        yield survey, item, number if number is not None else choice, count


def _sites(
    session: Session, chosen: Subquery, asked: Iterable[Asked]
) -> Iterator[tuple[str | None, int, int]]:
    """The sites of the chosen responses: how many have a rating, how many are favourable throughout."""
    rated = [
        (and_(chosen.c.questionnaire == one.survey, col(Answer.item) == item), _falls_short(favourable))
        for one in asked
        for item, favourable in one.rated.items()
    ]
    if not rated:
        return
    short = case((or_(*(and_(about, falls_short) for about, falls_short in rated)), 1), else_=0)
    each = (
        select(chosen.c.site.label("site"), func.sum(short).label("short"))
        .join(Answer, col(Answer.response_id) == chosen.c.id)
        .where(or_(*(about for about, _ in rated)))
        .group_by(chosen.c.id, chosen.c.site)
        .subquery()
    )
    favourable = func.sum(case((each.c.short == 0, 1), else_=0))
    for site, count, good in session.exec(
        select(each.c.site, func.count(), favourable).group_by(each.c.site)
    ):
        yield site, count, int(good)


def _falls_short(favourable: Favourable) -> ColumnElement[bool]:
    if isinstance(favourable, int):
        return col(Answer.number) < favourable
    return col(Answer.choice).not_in(favourable)


def _rule(asked: Asked) -> str:
    """What tells favourable answers from others: a tally by another rule is not read."""
    return json.dumps(sorted(asked.rated.items()))


def _hour(moment: datetime) -> datetime:
    """The beginning of the hour of UTC that `moment` is in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
