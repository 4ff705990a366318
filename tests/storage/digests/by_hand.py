"""The figures of a digest, counted row by row: what the counting of `storage.digests` has to come to."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from bot.dialog.effect import Ending
from bot.dialog.event import Due
from storage.digests import Asked, Favourable, SiteTally, Tally, Uptake
from storage.tables import Answer, FollowUp, FollowUpStatus, Response, Visit

Counted = tuple[tuple[Uptake, ...], set[Tally], set[SiteTally]]


def figures(session: Session, asked: Sequence[Asked], start: datetime, end: datetime) -> Counted:
    """Uptake, tallies and sites, of every completed response and every answer there is."""
    session.expire_all()
    complete = [one for one in session.exec(select(Response)) if one.status is Ending.COMPLETED]
    given: defaultdict[UUID, dict[str, int | str]] = defaultdict(dict)
    for answer in session.exec(select(Answer)):
        value = answer.number if answer.number is not None else answer.choice
        if value is not None:
            given[answer.response_id][answer.item] = value
    tallies: Counter[tuple[str, str, int | str]] = Counter()
    sites: defaultdict[str | None, list[bool]] = defaultdict(list)
    for survey in asked:
        for one in _within(complete, survey, start, end):
            tallies.update((survey.survey, item, value) for item, value in given[one.id].items())
            rated = {item: value for item, value in given[one.id].items() if item in survey.rated}
            if rated and not survey.by_follow_up:
                sites[one.site].append(_is_favourable(rated, survey.rated))
    return (
        tuple(_uptake(session, survey, complete, start, end) for survey in asked),
        {Tally(*about, count) for about, count in tallies.items()},
        {SiteTally(site, len(found), sum(found)) for site, found in sites.items()},
    )


def _within(complete: Sequence[Response], asked: Asked, start: datetime, end: datetime) -> list[Response]:
    return [
        one
        for one in complete
        if one.questionnaire == asked.survey and one.ended_at is not None and start <= one.ended_at < end
    ]


def _is_favourable(rated: Mapping[str, int | str], rule: Mapping[str, Favourable]) -> bool:
    for item, value in rated.items():
        wanted = rule[item]
        if isinstance(wanted, int) and isinstance(value, int) and value < wanted:
            return False
        if isinstance(wanted, tuple) and isinstance(value, str) and value not in wanted:
            return False
    return True


def _uptake(
    session: Session, asked: Asked, complete: Sequence[Response], start: datetime, end: datetime
) -> Uptake:
    if asked.by_follow_up:
        invited = {
            one.visit_id
            for one in session.exec(select(FollowUp))
            if one.questionnaire == asked.survey
            and (one.due, one.status) == (Due.ASK, FollowUpStatus.DONE)
            and one.done_at is not None
            and start <= one.done_at < end
        }
    else:
        invited = {one.id for one in session.exec(select(Visit)) if start <= one.collected_at < end}
    answered = {
        one.visit_id
        for one in complete
        if one.questionnaire == asked.survey and one.ended_at is not None and one.ended_at < end
    }
    responses = len(_within(complete, asked, start, end))
    return Uptake(asked.survey, len(invited), len(invited & answered), responses)
