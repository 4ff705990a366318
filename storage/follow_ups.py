"""Dated future contacts: planned once per visit, moved, cancelled, and found when they are due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Uuid, bindparam, tuple_
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select, update
from uuid_utils.compat import uuid7

from bot.dialog.event import Due
from storage.columns import UtcDateTime
from storage.prepared import Prepared
from storage.statements import insert_ignore, is_written
from storage.tables import Contact, FollowUp, FollowUpStatus, Visit

_IS_PENDING = is_written(col(FollowUp.status), FollowUpStatus.PENDING)
_ENDS = is_written(col(FollowUp.due), Due.EXPIRE)
_IS_DUE = col(FollowUp.due_at) <= bindparam("now", type_=UtcDateTime)
_DUE = (
    columns(
        col(FollowUp.id),
        col(FollowUp.visit_id),
        col(FollowUp.questionnaire),
        col(FollowUp.due),
        col(FollowUp.due_at),
        col(FollowUp.response_id),
        col(Contact.channel),
        col(Contact.address),
    )
    .join(Visit, col(Visit.id) == FollowUp.visit_id)
    .join(Contact, col(Contact.id) == Visit.contact_id)
    .where(
        _IS_PENDING,
        _IS_DUE,
        tuple_(col(FollowUp.due_at), col(FollowUp.id))
        > tuple_(bindparam("after", type_=UtcDateTime), bindparam("after_id", type_=Uuid)),
    )
    .order_by(col(FollowUp.due_at), col(FollowUp.id))
    .limit(bindparam("limit"))
)
# Each by an index of its own; ordered in one statement, everything due would be sorted for every page.
_ENDING, _OTHERS = _DUE.where(_ENDS), _DUE.where(~_ENDS)
# Needed for every follow-up or every survey, so they are put together once.
_IS_IT = col(FollowUp.id) == bindparam("which")
_AT = bindparam("at", type_=UtcDateTime)
_STILL = Prepared[tuple[UUID]](select(FollowUp.id).where(_IS_IT, _IS_PENDING))
_FINISH = Prepared[tuple[()]](
    update(FollowUp).where(_IS_IT, _IS_PENDING).values(status=FollowUpStatus.DONE, done_at=_AT)
)
_POSTPONE = Prepared[tuple[()]](
    update(FollowUp).where(_IS_IT).values(status=FollowUpStatus.PENDING, due_at=_AT, done_at=None)
)
_CANCEL = Prepared[tuple[()]](
    update(FollowUp)
    .where(col(FollowUp.response_id) == bindparam("response"), _IS_PENDING)
    .values(status=FollowUpStatus.CANCELLED, done_at=_AT)
)
_FROM_THE_BEGINNING = (datetime.min.replace(tzinfo=UTC), UUID(int=0))


@dataclass(frozen=True, slots=True)
class DueFollowUp:
    """A follow-up whose time has come, and whom it concerns."""

    id: UUID
    visit_id: UUID
    questionnaire: str
    due: Due
    due_at: datetime
    response_id: UUID | None
    channel: str
    address: str


def plan(
    session: Session,
    visit_id: UUID,
    questionnaire: str,
    due: Due,
    due_at: datetime,
    response_id: UUID | None = None,
) -> None:
    """Schedule a follow-up unless this visit already has, or had, the same.

    One that asks and was taken back is planned again: the results it belongs to were given back, too.
    """
    values = {
        "id": uuid7(),
        "visit_id": visit_id,
        "questionnaire": questionnaire,
        "due": due,
        "response_id": response_id,
        "due_at": due_at,
        "status": FollowUpStatus.PENDING,
    }
    if insert_ignore(session, FollowUp, values) or due is not Due.ASK:
        return
    session.exec(
        update(FollowUp)
        .where(
            col(FollowUp.visit_id) == visit_id,
            col(FollowUp.questionnaire) == questionnaire,
            col(FollowUp.due) == due,
            col(FollowUp.status) == FollowUpStatus.CANCELLED,
        )
        .values(status=FollowUpStatus.PENDING, due_at=due_at, done_at=None)
    )


def due(
    session: Session, now: datetime, limit: int, after: DueFollowUp | None = None
) -> Sequence[DueFollowUp]:
    """The next follow-ups due by `now`, after `after`, with the person each goes to: at most `limit`.

    What ends comes first, then the earliest. Where one page stopped the next goes on, so that none is looked
    at twice, whether or not those before were carried out.
    """
    found: list[DueFollowUp] = []
    if after is None or after.due is Due.EXPIRE:
        found = _page(session, _ENDING, now, limit, after)
        after = None
    if len(found) < limit:
        found += _page(session, _OTHERS, now, limit - len(found), after)
    return found


def _page(
    session: Session,
    which: Executable,
    now: datetime,
    limit: int,
    after: DueFollowUp | None,
) -> list[DueFollowUp]:
    at, follow_up_id = (after.due_at, after.id) if after else _FROM_THE_BEGINNING
    values = {"now": now, "limit": limit, "after": at, "after_id": follow_up_id}
    return [DueFollowUp(*row) for row in session.connection().execute(which, values)]


def count_due(session: Session, now: datetime) -> int:
    """How many follow-ups are due by `now`."""
    due = select(func.count()).select_from(FollowUp).where(_IS_PENDING, _IS_DUE)
    return sum(session.exec(due.where(kind), params={"now": now}).one() for kind in (_ENDS, ~_ENDS))


def is_pending(session: Session, follow_up_id: UUID) -> bool:
    """Whether the follow-up is still to come: it may have been cancelled since it was found due."""
    return _STILL.first(session, which=follow_up_id) is not None


def finish(session: Session, follow_up_id: UUID, now: datetime) -> None:
    """The follow-up has been carried out."""
    _FINISH.run(session, which=follow_up_id, at=now)


def postpone(session: Session, follow_up_id: UUID, due_at: datetime) -> None:
    """Come back at `due_at`."""
    _POSTPONE.run(session, which=follow_up_id, at=due_at)


def cancel_for_response(session: Session, response_id: UUID, now: datetime) -> None:
    """The response ended: neither reminder nor expiry is needed."""
    _CANCEL.run(session, response=response_id, at=now)


def cancel_asking(session: Session, visit_id: UUID, questionnaires: Sequence[str], now: datetime) -> None:
    """The visit's results were cancelled: what would have been asked about them is not, nor reminded of."""
    _cancel(
        session,
        now,
        (col(FollowUp.visit_id) == visit_id)
        & col(FollowUp.due).in_([Due.ASK, Due.REMIND])
        & col(FollowUp.questionnaire).in_(questionnaires),
    )


def cancel_for_contact(session: Session, contact_id: UUID, now: datetime) -> None:
    """The person wants, or can get, no more messages."""
    visits = select(Visit.id).where(Visit.contact_id == contact_id)
    _cancel(session, now, col(FollowUp.visit_id).in_(visits))


def _cancel(session: Session, now: datetime, which: ColumnElement[bool]) -> None:
    ended = {"status": FollowUpStatus.CANCELLED, "done_at": now}
    session.exec(update(FollowUp).where(which, _IS_PENDING).values(**ended))
