"""The complaint register: its history is added to and never changed."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select, text

from bot.complaints.terms import Category, Consequence, Phase
from storage import complaints, contacts
from storage.database import Database, Session
from storage.tables import ComplaintEvent, ContactKind

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def received(session: Session) -> None:
    reporter = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
    complaints.open_complaint(
        session,
        number="C-2026-000001",
        category=Category.OTHER,
        phase=Phase.GENERAL,
        consequence=Consequence.MODERATE,
        channel="telegram",
        words="Nobody came",
        reporter_id=reporter.id,
        now=NOW,
    )


@pytest.mark.parametrize(
    "change", ["UPDATE complaint_event SET action = 'other'", "DELETE FROM complaint_event"]
)
async def test_nobody_can_change_the_history(database: Database, change: str) -> None:
    await database.run(received)
    with pytest.raises(DBAPIError, match="only added to"):
        await database.run(lambda session: session.connection().execute(text(change)))
    kept = await database.read(lambda session: session.exec(select(ComplaintEvent)).all())
    assert [one.action for one in kept] == ["open"]
