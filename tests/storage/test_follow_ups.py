"""Follow-ups are found when they are due, page by page, in the order they are to be carried out."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlmodel import Session
from uuid_utils.compat import uuid7

from bot.dialog.event import Due
from storage import contacts, follow_ups, responses, visits
from storage.database import Database
from storage.follow_ups import DueFollowUp
from storage.tables import ContactKind

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def visit(session: Session, order: str) -> UUID:
    """A visit somebody has joined."""
    contact = contacts.find_or_add(session, "telegram", order, ContactKind.PERSON, "en", NOW)
    made = visits.by_token(session, visits.add(session, order, "North", NOW, NOW).token)
    assert made is not None
    visits.record_consent(session, made, contact.id, NOW)
    return made.id


def plan(session: Session, order: str, due: Due, minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)
    follow_ups.plan(session, visit(session, order), "after_results", due, at)


def several(session: Session) -> None:
    for minutes, due in enumerate((Due.ASK, Due.REMIND, Due.EXPIRE, Due.ASK, Due.EXPIRE, Due.REMIND)):
        plan(session, f"LAB-{minutes}", due, minutes)


def read(session: Session, now: datetime, limit: int) -> list[str]:
    """Whom all that is due concerns, read in pages."""
    seen: list[DueFollowUp] = []
    while page := follow_ups.due(session, now, limit, seen[-1] if seen else None):
        assert len(page) <= limit
        seen += page
    return [one.address[-1] for one in seen]


async def test_what_ends_comes_first_then_the_earliest(database: Database) -> None:
    await database.run(several)
    assert await database.read(read, NOW + timedelta(hours=1), 10) == list("240135")


async def test_pages_of_any_size_hold_each_once(database: Database) -> None:
    await database.run(several)
    for limit in range(1, 7):
        assert await database.read(read, NOW + timedelta(hours=1), limit) == list("240135")


async def test_those_due_at_the_same_moment_come_as_they_were_planned(database: Database) -> None:
    def at_once(session: Session) -> None:
        for number in range(5):
            plan(session, f"LAB-{number}", Due.ASK, 0)

    await database.run(at_once)
    assert await database.read(read, NOW, 2) == list("01234")


async def test_what_is_not_due_yet_stays(database: Database) -> None:
    await database.run(several)
    assert await database.read(read, NOW + timedelta(minutes=2), 10) == list("201")
    assert await database.read(follow_ups.count_due, NOW + timedelta(minutes=2)) == 3


async def test_what_is_done_or_cancelled_is_not_due(database: Database) -> None:
    def plan_and_end(session: Session) -> None:
        contact = contacts.find_or_add(session, "telegram", "LAB-9", ContactKind.PERSON, "en", NOW)
        about, response = visit(session, "LAB-9"), uuid7()
        responses.start(
            session,
            response,
            questionnaire="after_results",
            version=1,
            contact_id=contact.id,
            visit_id=about,
            site=None,
            channel="telegram",
            locale="en",
            now=NOW,
        )
        follow_ups.plan(session, about, "after_results", Due.ASK, NOW)
        follow_ups.plan(session, about, "after_results", Due.EXPIRE, NOW, response)
        follow_ups.cancel_for_response(session, response, NOW)
        (asked,) = follow_ups.due(session, NOW, 10)
        follow_ups.finish(session, asked.id, NOW)

    await database.run(plan_and_end)
    assert await database.read(follow_ups.due, NOW, 10) == []
    assert await database.read(follow_ups.count_due, NOW) == 0
