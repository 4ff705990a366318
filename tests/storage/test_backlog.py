"""How much work waits."""

from datetime import UTC, datetime, timedelta

from bot.dialog.event import Due
from bot.dialog.message import Message
from storage import backlog, contacts, follow_ups, inbox, outbox, visits
from storage.backlog import Backlog
from storage.database import Database, Session
from storage.tables import ContactKind

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def leave_work(session: Session) -> None:
    patient = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
    physician = contacts.find_or_add(session, "slack", "U0DOC", ContactKind.PERSON, "en", NOW)
    sent = outbox.enqueue(session, patient.id, Message("Hello"), NOW - 8 * HOUR)
    for contact, age in ((patient, 2 * HOUR), (patient, HOUR), (physician, 9 * HOUR)):
        outbox.enqueue(session, contact.id, Message("Hello"), NOW - age)
    session.flush()
    outbox.record_sent(session, sent, "1", NOW)
    inbox.keep(session, "1", b"{}", "RuntimeError", NOW, NOW + HOUR)
    visit = visits.add(session, "LAB-1", "North", NOW, NOW).visit_id
    follow_ups.plan(session, visit, "after_collection", Due.ASK, NOW - HOUR)
    follow_ups.plan(session, visit, "after_results", Due.ASK, NOW + HOUR)


async def test_nothing_waits_in_a_new_laboratory(database: Database) -> None:
    assert await database.read(backlog.count, ["telegram"], NOW) == Backlog(0, timedelta(), 0, 0)


async def test_what_waits_is_counted_messages_on_connected_channels_alone(database: Database) -> None:
    await database.run(leave_work)
    assert await database.read(backlog.count, ["telegram"], NOW) == Backlog(2, 2 * HOUR, 1, 1)
