"""Completed responses counted beforehand: those of one survey that ended in one hour, together.

The turn that completes a response commits it as one that is in no tally, which an index of its own finds at
once; when the hour is over it is put into a tally, and refers to it from then on. Whoever reads tallies and
the rest in one snapshot counts every response once, whenever and however often that is done. Changing what
was counted gives its tally up, in the same transaction and by the database itself (migration 0004).
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import Session, col, delete, select, update

from bot.dialog.effect import Ending
from storage.digests.shapes import Asked, Favourable
from storage.statements import is_written
from storage.tables import Answer, HourTally, Response

HOUR = timedelta(hours=1)
_GIVEN_UP_AT_ONCE = 50
_READ_AT_ONCE = 500

_IS_COMPLETED = is_written(col(Response.status), Ending.COMPLETED)
_About: TypeAlias = tuple[UUID, str | None]
"""A response and its site."""


@dataclass(slots=True)
class Counts:
    """Completed responses by survey; their answers by survey, item and value; and of the surveys that every
    visit gets, responses with a rating by site, and those of them favourable on every item they rate.
    """

    responses: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, str, int | str]] = field(default_factory=Counter)
    rated: Counter[str | None] = field(default_factory=Counter)
    favourable: Counter[str | None] = field(default_factory=Counter)


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
    first, last = _hour(start + HOUR - timedelta.resolution), _hour(end)
    for one in asked:
        outdated = _add_tallies(session, one, first, last, found)
        _add(session, one, _rest(session, one, (start, first, last, end), outdated), found)
    return found


def _add_tallies(
    session: Session, asked: Asked, first: datetime, last: datetime, to: Counts
) -> Sequence[UUID]:
    """Add the tallies of the hours in [first, last), but not those by another rule, which are returned."""
    survey, rule = asked.survey, _rule(asked)
    of_hours = HourTally.survey == survey, HourTally.hour >= first, HourTally.hour < last
    tallies = select(HourTally.responses, HourTally.answers, HourTally.sites)
    for responses, answers, sites in session.exec(tallies.where(*of_hours, HourTally.rule == rule)):
        to.responses[survey] += responses
        for item, value, count in answers:
            to.answers[survey, item, value] += count
        for site, rated, favourable in sites:
            to.rated[site] += rated
            to.favourable[site] += favourable
    return session.exec(select(HourTally.id).where(*of_hours, HourTally.rule != rule)).all()


def _rest(
    session: Session,
    asked: Asked,
    borders: tuple[datetime, datetime, datetime, datetime],
    outdated: Sequence[UUID],
) -> Sequence[_About]:
    """The responses of the span that no tally of today's rule tells of; hours are whole between the borders
    in the middle.
    """
    survey, (start, first, last, end) = asked.survey, borders
    if first >= last:
        parts = [completed(survey, start, end)]
    else:
        parts = [
            completed(survey, start, first),
            completed(survey, last, end),
            completed(survey, first, last) & col(Response.tally_id).is_(None),
            col(Response.tally_id).in_(outdated),
        ]
    # Each from an index of its own, which neither database finds for all of them at once.
    return [row for part in parts for row in session.exec(select(Response.id, Response.site).where(part))]


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
        .returning(col(Response.id), col(Response.site))
    )
    its = [(response, site) for response, site in session.connection().execute(taken)]
    if not its:  # another process was faster
        session.delete(tally)
        return
    found = Counts()
    _add(session, asked, its, found)
    tally.responses = len(its)
    tally.answers = [(item, value, count) for (_, item, value), count in found.answers.items()]
    tally.sites = [(site, rated, found.favourable[site]) for site, rated in found.rated.items()]


def _add(session: Session, asked: Asked, responses: Sequence[_About], to: Counts) -> None:
    """Add what the rows of these responses to a survey say."""
    survey, rules = asked.survey, _rules(asked)
    to.responses[survey] += len(responses)
    for begin in range(0, len(responses), _READ_AT_ONCE):
        sites = dict(responses[begin : begin + _READ_AT_ONCE])
        given = select(Answer.response_id, Answer.item, Answer.number, Answer.choice).where(
            col(Answer.response_id).in_(sites),
            or_(col(Answer.number).is_not(None), col(Answer.choice).is_not(None)),
        )
        favourable: dict[UUID, bool] = {}
        for response, item, number, choice in session.exec(given):
            value = number if number is not None else choice or ""
            to.answers[survey, item, value] += 1
            if item in rules:
                favourable[response] = favourable.get(response, True) and _is_favourable(value, rules[item])
        to.rated.update(sites[response] for response in favourable)
        to.favourable.update(sites[response] for response, is_good in favourable.items() if is_good)


def _is_favourable(value: int | str, rule: Favourable) -> bool:
    """Whether it does not fall short; a value of another kind than the rule's cannot."""
    if isinstance(rule, int):
        return not isinstance(value, int) or value >= rule
    return not isinstance(value, str) or value in rule


def _rules(asked: Asked) -> Mapping[str, Favourable]:
    """How to tell a favourable answer to an item: of surveys that every visit gets, for sites are compared
    by those alone.
    """
    return {} if asked.by_follow_up else asked.rated


def _rule(asked: Asked) -> str:
    """All of that as one text, kept with each tally: one by another rule is not read."""
    return json.dumps(sorted(_rules(asked).items()))


def _hour(moment: datetime) -> datetime:
    """The beginning of the hour of UTC that `moment` is in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
