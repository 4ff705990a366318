"""Comparing what people were told with what the database holds, from outside the bot."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlmodel import col, func, select

from storage.database import Session
from storage.tables import Answer, DeliveryStatus, Outbox, Response
from tests.faults.people import Ledger


def violations(session: Session, ledgers: Sequence[Ledger]) -> list[str]:
    """Every broken promise, in words; empty when all were kept. The ledgers are of people who finished."""
    return [
        *(words for ledger in ledgers for words in _answers(session, ledger)),
        *_undelivered(session),
    ]


def _answers(session: Session, ledger: Ledger) -> Iterator[str]:
    responses = session.exec(select(Response).where(Response.visit_id == UUID(ledger.visit_id))).all()
    if len(responses) != 1:
        yield f"visit {ledger.visit_id} has {len(responses)} responses instead of one"
        return
    given = session.exec(select(Answer).where(Answer.response_id == responses[0].id)).all()
    kept = {one.item: one.number if one.words is None else one.words for one in given}
    for item in ledger.answers.keys() | kept.keys():
        if kept.get(item) != ledger.answers.get(item):
            yield (
                f"visit {ledger.visit_id}: {item} was answered {ledger.answers.get(item)!r}, "
                f"kept is {kept.get(item)!r}"
            )


def pending(session: Session) -> int:
    """How many messages have not left yet."""
    return session.exec(select(func.count()).where(col(Outbox.status) == DeliveryStatus.PENDING)).one()


def _undelivered(session: Session) -> Iterator[str]:
    unsent = (DeliveryStatus.PENDING, DeliveryStatus.UNDELIVERABLE)
    found = session.exec(select(func.count()).where(col(Outbox.status).in_(unsent))).one()
    if found:
        yield f"{found} messages were never delivered"
