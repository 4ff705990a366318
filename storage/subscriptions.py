"""Who gets a digest, how often and when: one subscription per person or room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, delete, select

from bot.complaints.terms import Role
from storage.tables import Contact, ContactKind, DigestRun, Period, Staff, Subscription

READERS = frozenset({Role.MANAGER, Role.QUALITY})


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription with the last local date it fired on."""

    id: UUID
    contact_id: UUID
    period: Period
    weekday: int | None
    at: str
    timezone: str
    locale: str
    created_at: datetime
    last_date: date | None


class Terms(TypedDict):
    """What was subscribed to; `at` is "HH:MM", `timezone` an IANA name."""

    period: Period
    weekday: int | None
    at: str
    timezone: str
    locale: str


def terms_of(session: Session, contact_id: UUID) -> Terms | None:
    """What the contact is subscribed to, if it is."""
    found = session.exec(select(Subscription).where(Subscription.contact_id == contact_id)).one_or_none()
    if found is None:
        return None
    return Terms(
        period=found.period,
        weekday=found.weekday,
        at=found.at,
        timezone=found.timezone,
        locale=found.locale,
    )


def subscribe(
    session: Session,
    contact_id: UUID,
    *,
    period: Period,
    weekday: int | None,
    at: str,
    timezone: str,
    locale: str,
    now: datetime,
) -> None:
    """Subscribe the contact in place of any subscription it had; `at` is "HH:MM", `timezone` an IANA name.

    A changed subscription is a new one: it first fires at its next time after `now`.
    """
    unsubscribe(session, contact_id)
    session.add(
        Subscription(
            contact_id=contact_id,
            period=period,
            weekday=weekday,
            at=at,
            timezone=timezone,
            locale=locale,
            created_at=now,
        )
    )


def unsubscribe(session: Session, contact_id: UUID) -> bool:
    """End the contact's subscription, and forget when it fired; False when it had none."""
    return session.exec(delete(Subscription).where(col(Subscription.contact_id) == contact_id)).rowcount > 0


def exists(session: Session, subscription_id: UUID) -> bool:
    """Whether the subscription is still there, held for this transaction: it may have ended meanwhile."""
    query = select(Subscription.id).where(Subscription.id == subscription_id).with_for_update()
    return session.exec(query).one_or_none() is not None


def standing(session: Session) -> Sequence[Standing]:
    """Every subscription that may fire.

    Left out are contacts that blocked us or withdrew, and people who may no longer read digests; they are
    kept, and fire again when that changes. A room stays subscribed until somebody ends it.
    """
    last = (
        select(func.max(DigestRun.local_date))
        .where(col(DigestRun.subscription_id) == col(Subscription.id))
        .scalar_subquery()
    )
    query = (
        select(Subscription, last)
        .join(Contact, col(Contact.id) == col(Subscription.contact_id))
        .outerjoin(Staff, col(Staff.contact_id) == col(Contact.id))
        .where(
            and_(col(Contact.blocked_at).is_(None), col(Contact.withdrawn_at).is_(None)),
            or_(col(Contact.kind) == ContactKind.ROOM, col(Staff.role).in_(READERS)),
        )
        .order_by(col(Subscription.id))
    )
    return [
        Standing(
            id=row.id,
            contact_id=row.contact_id,
            period=row.period,
            weekday=row.weekday,
            at=row.at,
            timezone=row.timezone,
            locale=row.locale,
            created_at=row.created_at,
            last_date=last_date,
        )
        for row, last_date in session.exec(query)
    ]
