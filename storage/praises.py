"""Thanks that were passed on."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session
from uuid_utils.compat import uuid7

from storage.statements import insert_row
from storage.tables import Praise


def add(
    session: Session,
    *,
    words: str,
    about: str | None,
    site: str | None,
    channel: str,
    giver_id: UUID,
    response_id: UUID,
    now: datetime,
) -> None:
    """Keep what somebody was thanked for."""
    insert_row(
        session,
        Praise(
            id=uuid7(),
            words=words,
            about=about,
            site=site,
            channel=channel,
            giver_id=giver_id,
            response_id=response_id,
            at=now,
        ),
    )
