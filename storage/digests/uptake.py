"""How many of those who were asked have answered."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from bot.dialog.effect import Ending
from bot.dialog.event import Due
from storage.digests.shapes import Asked, Uptake
from storage.statements import is_written
from storage.tables import FollowUp, FollowUpStatus, Response, Visit


def uptake(session: Session, asked: Asked, responses: int, start: datetime, end: datetime) -> Uptake:
    """Response rate as AAPOR's RR1 counts it: complete responses over everybody asked.

    Everybody asked is every visit collected in the span or, for a survey that comes by follow-up, every visit
    whose follow-up was sent in it. A visit counts as answered if it was by the span's end, so that a past
    digest can be worked out again, and the period before is cut off alike.
    """
    if asked.by_follow_up:
        invited = select(func.count()).where(
            FollowUp.questionnaire == asked.survey,
            is_written(col(FollowUp.due), Due.ASK),
            is_written(col(FollowUp.status), FollowUpStatus.DONE),
            col(FollowUp.done_at) >= start,
            col(FollowUp.done_at) < end,
        )
    else:
        invited = select(func.count()).where(Visit.collected_at >= start, Visit.collected_at < end)
    answered = select(func.count()).where(
        is_written(col(Response.status), Ending.COMPLETED),
        Response.questionnaire == asked.survey,
        col(Response.asked_at) >= start,
        col(Response.asked_at) < end,
        col(Response.ended_at) < end,
    )
    return Uptake(asked.survey, session.exec(invited).one(), session.exec(answered).one(), responses)
