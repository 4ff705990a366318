"""Visits: created by the laboratory, joined by one person, told that results were delivered."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select
from uuid_utils.compat import uuid7

from bot.dialog.engine import Standing
from storage.contacts import Held
from storage.fingerprints import fingerprint
from storage.statements import insert_ignore
from storage.tables import Consent, ResultStatus, Visit

TOKEN_BYTES = 16
TOKEN_VALID = timedelta(days=30)


class VisitTaken(Exception):
    """Somebody has already joined this visit, so no further link is given out for it."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A visit and the token that opens it, which is stored as a keyed hash only.

    `created` tells a new visit from one that was there and whose token is the one it had.
    """

    visit_id: UUID
    token: str
    created: bool


def add(session: Session, order: str, site: str, collected_at: datetime, now: datetime) -> Enrolment:
    """Create the visit of this order and collection time, or find it: its token is the same however often.

    The token is good for TOKEN_VALID from the last call. Raises VisitTaken when a person has already answered
    the link of that visit.
    """
    order_hash = order_fingerprint(session, order)
    visit_id = uuid7()
    values = {
        "id": visit_id,
        "order_hash": order_hash,
        "site": site,
        "collected_at": collected_at,
        "link_made_at": now,
        "token_hash": fingerprint(session, "visit.token", _token(session, visit_id)),
    }
    created = insert_ignore(session, Visit, values)
    query = select(Visit).where(Visit.order_hash == order_hash, Visit.collected_at == collected_at)
    visit = session.exec(query.with_for_update()).one()
    if visit.consent is not None:
        raise VisitTaken
    token = _token(session, visit.id)
    visit.token_hash = fingerprint(session, "visit.token", token)  # an earlier version drew tokens at random
    visit.link_made_at = now
    visit.site = site
    return Enrolment(visit.id, token, created)


def _token(session: Session, visit_id: UUID) -> str:
    derived = fingerprint(session, "visit.link", str(visit_id))[:TOKEN_BYTES]
    return base64.urlsafe_b64encode(derived).rstrip(b"=").decode()


def order_fingerprint(session: Session, order: str) -> bytes:
    """The keyed hash an order number is stored and found by; outer blanks and case do not matter."""
    return fingerprint(session, "order", order.strip().casefold())


def by_token(session: Session, token: str) -> Visit | None:
    """The visit a token belongs to."""
    hashed = fingerprint(session, "visit.token", token)
    return session.exec(select(Visit).where(Visit.token_hash == hashed)).one_or_none()


def standing(visit: Visit, contact: Held, now: datetime) -> Standing:
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
