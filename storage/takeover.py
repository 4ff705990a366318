"""What a former database knows to be done, so that the one restored in its place does not do it again."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import StaticPool, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from bot.dialog.event import Due
from storage import digests
from storage.columns import install_keyring, keyring_of
from storage.encryption import DecryptionError
from storage.tables import (
    Contact,
    Counter,
    DeliveryStatus,
    DigestRun,
    FollowUp,
    FollowUpStatus,
    Outbox,
    Subscription,
)


class FormerUnreadable(Exception):
    """The former database is empty, damaged, of another version or sealed with other keys."""


@dataclass(frozen=True, slots=True)
class TakenOver:
    """How many messages and follow-ups are not done a second time."""

    messages: int
    follow_ups: int


def take_over(session: Session, former: sqlite3.Connection, kept_since: datetime) -> TakenOver:
    """Note as done what the former database has done of what is still to be done in this one.

    Digests it has sent are not sent again, and complaints are numbered on from its last one. It keeps what
    became of messages written since `kept_since`, but not of those to people it forgot. What else it does
    not know of stays as it is. FormerUnreadable when nothing can be learned from it.
    """
    engine = create_engine("sqlite://", creator=lambda: former, poolclass=StaticPool, hide_parameters=True)
    install_keyring(engine.dialect, keyring_of(session.get_bind().dialect))
    with Session(engine) as known:
        try:
            messages = _messages(session, known, kept_since)
            follow_ups = _follow_ups(session, known)
            _digests(session, known)
            _numbers(session, known)
        except (SQLAlchemyError, DecryptionError) as error:
            raise FormerUnreadable(type(error).__name__) from None
    return TakenOver(messages, follow_ups)


def _messages(session: Session, known: Session, kept_since: datetime) -> int:
    done = 0
    contacts = set(known.exec(select(Contact.id)).all())
    is_later = not contacts.isdisjoint(session.exec(select(Contact.id)).all())  # not one begun anew
    for row in session.exec(select(Outbox).where(Outbox.status == DeliveryStatus.PENDING)).all():
        theirs = known.get(Outbox, row.id)
        if theirs is not None and theirs.status is not DeliveryStatus.PENDING:
            row.status, row.sent_at = theirs.status, theirs.sent_at
            row.reference, row.reference_hash = theirs.reference, theirs.reference_hash
        elif theirs is None and is_later and (row.contact_id not in contacts or row.created_at < kept_since):
            row.status = DeliveryStatus.CANCELLED
        else:
            continue
        row.body = row.image = None
        done += 1
    return done


def _follow_ups(session: Session, known: Session) -> int:
    """Those that ask alone: what reminds of a response, or ends it, belongs to the response as it is here."""
    done = 0
    asking = select(FollowUp).where(FollowUp.status == FollowUpStatus.PENDING, FollowUp.due == Due.ASK)
    for row in session.exec(asking).all():
        theirs = known.get(FollowUp, row.id)
        if theirs is not None:
            row.status, row.due_at, row.done_at = theirs.status, theirs.due_at, theirs.done_at
            done += theirs.status is not FollowUpStatus.PENDING
    return done


def _digests(session: Session, known: Session) -> None:
    for subscription_id in session.exec(select(Subscription.id)).all():
        runs = select(DigestRun).where(DigestRun.subscription_id == subscription_id)
        for run in known.exec(runs.order_by(col(DigestRun.local_date).desc()).limit(1)):
            digests.claim_run(session, subscription_id, run.local_date, run.ran_at)


def _numbers(session: Session, known: Session) -> None:
    for theirs in known.exec(select(Counter)).all():
        ours = session.get(Counter, theirs.name)
        session.merge(Counter(name=theirs.name, value=max(theirs.value, ours.value if ours else 0)))
