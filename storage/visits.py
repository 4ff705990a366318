"""Visits: created by the laboratory, joined by one person, told that results were delivered."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select
from uuid_utils.compat import uuid7

from bot.dialog.engine import Standing
from storage.fingerprints import fingerprint
from storage.statements import insert_ignore
from storage.tables import Consent, Contact, ResultStatus, Visit

TOKEN_BYTES = 16
TOKEN_VALID = timedelta(days=30)


class VisitTaken(Exception):
    """Somebody has already joined this visit, so no further link is given out for it."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A visit and the token that opens it; the token is not stored and cannot be shown again.

    `created` tells a new visit from one that was given a fresh token in place of its former one.
    """

    visit_id: UUID
    token: str
    created: bool


def add(session: Session, order: str, site: str, collected_at: datetime, now: datetime) -> Enrolment:
    """Create the visit of this order and collection time, or give it a fresh token when it exists unused.

    Raises VisitTaken when a person has already answered the link of that visit.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    token_hash = fingerprint(session, "visit.token", token)
    order_hash = order_fingerprint(session, order)
    values = {
        "id": uuid7(),
        "order_hash": order_hash,
        "site": site,
        "collected_at": collected_at,
        "link_made_at": now,
        "token_hash": token_hash,
    }
    created = insert_ignore(session, Visit, values)
    query = select(Visit).where(Visit.order_hash == order_hash, Visit.collected_at == collected_at)
    visit = session.exec(query.with_for_update()).one()
    if visit.consent is not None:
        raise VisitTaken
    visit.token_hash = token_hash
    visit.link_made_at = now
    visit.site = site
    return Enrolment(visit.id, token, created)


def order_fingerprint(session: Session, order: str) -> bytes:
    """The keyed hash an order number is stored and found by; outer blanks and case do not matter."""
    return fingerprint(session, "order", order.strip().casefold())


def by_token(session: Session, token: str) -> Visit | None:
    """The visit a token belongs to."""
    hashed = fingerprint(session, "visit.token", token)
    return session.exec(select(Visit).where(Visit.token_hash == hashed)).one_or_none()


def standing(visit: Visit, contact: Contact, now: datetime) -> Standing:
    """What the token of this visit is worth to this contact; one who withdrew may agree again."""
    if visit.consent is Consent.GIVEN:
        if visit.contact_id != contact.id:
            return "used"
        return "again" if contact.withdrawn_at else "mine"
    if visit.consent is Consent.REFUSED:
        return "used"
    return "expired" if now - visit.link_made_at > TOKEN_VALID else "open"


def by_order(session: Session, order: str) -> Visit | None:
    """The latest visit of an order, held for this transaction."""
    query = select(Visit).where(Visit.order_hash == order_fingerprint(session, order))
    latest = query.order_by(col(Visit.collected_at).desc(), col(Visit.id).desc()).limit(1)
    return session.exec(latest.with_for_update()).first()


def record_consent(session: Session, visit: Visit, contact_id: UUID, now: datetime) -> None:
    """The person agreed: the visit is theirs."""
    visit.contact_id = contact_id
    visit.consent = Consent.GIVEN
    visit.consent_at = now


def record_refusal(session: Session, visit: Visit, now: datetime) -> None:
    """The person declined: that is all that is kept."""
    visit.consent = Consent.REFUSED
    visit.consent_at = now


def record_results(session: Session, visit: Visit, status: ResultStatus, delivered_at: datetime) -> None:
    """What the laboratory says of the visit's results now."""
    visit.result_status = status
    visit.delivered_at = delivered_at
