"""The promises of Database, on SQLite and PostgreSQL alike."""

from datetime import UTC, datetime

from sqlmodel import Session, select

from storage.database import Database
from storage.tables import Inbox

NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)


def take(session: Session, event_id: str) -> Inbox:
    row = Inbox(event_id=event_id, taken_at=NOW)
    session.add(row)
    return row


def taken(session: Session) -> list[str]:
    return list(session.exec(select(Inbox.event_id).order_by(Inbox.event_id)))


async def test_run_returns_after_the_commit(database: Database) -> None:
    row = await database.run(take, "a")
    assert row.event_id == "a"
    assert row.taken_at == NOW
    assert await database.read(taken) == ["a"]
