"""Responses as turns write them, for tests that only need some to be there."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from storage import contacts, responses
from storage.database import Session
from storage.tables import ContactKind


def begin(session: Session, now: datetime) -> UUID:
    """A response of the patient 1001 to the survey after collection, just begun; its id."""
    patient = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", now)
    response = uuid7()
    responses.start(
        session,
        response,
        questionnaire="after_collection",
        version=1,
        contact_id=patient.id,
        visit_id=None,
        site="North",
        channel="telegram",
        locale="en",
        now=now,
    )
    return response
