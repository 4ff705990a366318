"""Responses and their answers: written as they are given, one value per item."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, case, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, select, update

from bot.dialog.answer import Value
from bot.dialog.effect import Ending
from bot.dialog.event import Due
from storage.prepared import Prepared
from storage.statements import insert_or_update, insert_row
from storage.tables import Answer, FollowUp, FollowUpStatus, Response, Visit

_EARLIER = aliased(Response)
_IS_FIRST = ~(
    select(_EARLIER.id)
    .where(
        _EARLIER.visit_id == Response.visit_id,
        _EARLIER.questionnaire == Response.questionnaire,
        _EARLIER.status == Ending.COMPLETED,
    )
    .exists()
)
_ASKED_AT = case(
    (
        _IS_FIRST,
        func.coalesce(
            select(FollowUp.done_at)
            .where(
                FollowUp.visit_id == Response.visit_id,
                FollowUp.questionnaire == Response.questionnaire,
                FollowUp.due == Due.ASK,
                FollowUp.status == FollowUpStatus.DONE,
            )
            .scalar_subquery(),
            select(Visit.collected_at).where(Visit.id == Response.visit_id).scalar_subquery(),
        ),
    )
)
"""When a visit's first complete response to a questionnaire was asked for: what rates are made of."""

_RUNNING = update(Response).where(
    col(Response.id) == bindparam("which"), col(Response.status) == Ending.IN_PROGRESS
)
_COMPLETE = Prepared[tuple[()]](
    _RUNNING.values(status=Ending.COMPLETED, ended_at=bindparam("at"), asked_at=_ASKED_AT)
)
_END = Prepared[tuple[()]](_RUNNING.values(status=bindparam("how"), ended_at=bindparam("at")))


def start(
    session: Session,
    response_id: UUID,
    *,
    questionnaire: str,
    version: int,
    contact_id: UUID,
    visit_id: UUID | None,
    site: str | None,
    channel: str,
    locale: str,
    now: datetime,
) -> None:
    """A response begins."""
    insert_row(
        session,
        Response(
            id=response_id,
            questionnaire=questionnaire,
            version=version,
            contact_id=contact_id,
            visit_id=visit_id,
            site=site,
            channel=channel,
            locale=locale,
            status=Ending.IN_PROGRESS,
            started_at=now,
        ),
    )


def record_answer(
    session: Session, response_id: UUID, item: str, value: Value, now: datetime, *, is_words: bool
) -> None:
    """Set an item's value, in place of an earlier one. Words are encrypted, choices and figures plain."""
    values = {
        "response_id": response_id,
        "item": item,
        "number": value if isinstance(value, int) else None,
        "choice": value if isinstance(value, str) and not is_words else None,
        "words": value if isinstance(value, str) and is_words else None,
        "answered_at": now,
    }
    insert_or_update(session, Answer, values)


def retract_answer(session: Session, response_id: UUID, item: str) -> None:
    """The item has no value any more."""
    session.exec(delete(Answer).where(col(Answer.response_id) == response_id, col(Answer.item) == item))


def end(session: Session, response_id: UUID, ending: Ending, now: datetime) -> None:
    """A running response ends; one that has ended stays as it is."""
    if ending is Ending.COMPLETED:
        _COMPLETE.run(session, which=response_id, at=now)
    else:
        _END.run(session, which=response_id, how=ending, at=now)


def drop(session: Session, response_id: UUID) -> None:
    """Take a response and its answers out again: who gave them wishes to stay unknown."""
    session.exec(delete(Answer).where(col(Answer.response_id) == response_id))
    session.exec(delete(Response).where(col(Response.id) == response_id))


def stop_all(session: Session, contact_id: UUID, now: datetime) -> None:
    """End every running response of a person who withdrew."""
    session.exec(
        update(Response)
        .where(col(Response.contact_id) == contact_id, col(Response.status) == Ending.IN_PROGRESS)
        .values(status=Ending.STOPPED, ended_at=now)
    )
