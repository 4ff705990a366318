"""Follow-ups that are due are taken side by side, in order, and never more than can be sent."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session
from typing_extensions import override

from bot.dialog.event import Due, FollowUpDue
from bot.dialog.message import Message
from bot.turns import Outcome, Turns
from bot.turns.turn import AnyEvent
from schedules import follow_ups
from storage import contacts, outbox, visits
from storage import follow_ups as rows
from storage.database import Database, DatabaseUnavailable
from storage.tables import ContactKind

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FAILS = "fails"


class Recorder(Turns):
    """Takes nothing: notes whose follow-ups come, and how many at a time of all and of one person."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.taken: list[str] = []
        self.under_way: list[str] = []
        self.most = 0
        self.twice: list[str] = []

    @override
    async def take(self, event: AnyEvent) -> Outcome:
        assert isinstance(event, FollowUpDue)
        self.taken.append(event.account)
        if event.account in self.under_way:
            self.twice.append(event.account)
        self.under_way.append(event.account)
        self.most = max(self.most, len(self.under_way))
        for _ in range(3):
            await asyncio.sleep(0)  # let whoever else wants to begin
        self.under_way.remove(event.account)
        if event.account == FAILS:
            raise RuntimeError("a defect")
        if self.error is not None:
            raise self.error
        return Outcome()


def person(session: Session, account: str) -> UUID:
    return contacts.find_or_add(session, "telegram", account, ContactKind.PERSON, "en", NOW).id


def plan(session: Session, *accounts: str) -> None:
    """One follow-up for each, a minute apart, all of them due."""
    for number, account in enumerate(accounts):
        visit = visits.by_token(session, visits.add(session, f"LAB-{number}", "North", NOW, NOW).token)
        assert visit is not None
        visits.record_consent(session, visit, person(session, account), NOW)
        rows.plan(session, visit.id, "after_results", Due.ASK, NOW - timedelta(hours=1, minutes=-number))


def write_to(session: Session, *accounts: str) -> None:
    for account in accounts:
        outbox.enqueue(session, person(session, account), Message("Hello"), NOW)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_ups, "BATCH", 2)


async def take(database: Database, turns: Turns, *channels: str, most: int = follow_ups.MOST) -> int:
    return await follow_ups.take_due(database, turns, lambda: NOW, channels, most)


async def test_everything_due_is_taken_in_the_order_it_is_due(database: Database) -> None:
    people = [str(n) for n in range(40)]
    await database.run(plan, *people)
    turns = Recorder()
    assert await take(database, turns) == 40
    assert turns.taken == people


async def test_several_people_are_taken_side_by_side_but_not_all(database: Database) -> None:
    await database.run(plan, *(str(n) for n in range(100)))
    turns = Recorder()
    await take(database, turns)
    assert turns.most == follow_ups.AT_ONCE


async def test_one_person_is_taken_one_after_the_other(database: Database) -> None:
    await database.run(plan, "1", "1", "2", "1")
    turns = Recorder()
    assert await take(database, turns) == 4
    assert turns.twice == []
    assert turns.most == 2


async def test_what_was_taken_is_not_read_again_even_if_it_stays_due(
    database: Database, small_pages: None
) -> None:
    await database.run(plan, *"12345")
    turns = Recorder()
    assert await take(database, turns) == 5
    assert turns.taken == list("12345")


async def test_one_that_fails_keeps_nobody_else_from_theirs(database: Database) -> None:
    await database.run(plan, "1", FAILS, "2")
    turns = Recorder()
    with pytest.raises(ExceptionGroup):
        await take(database, turns)
    assert turns.taken == ["1", FAILS, "2"]


async def test_without_the_database_nothing_more_is_tried(database: Database) -> None:
    await database.run(plan, *(str(n) for n in range(100)))
    turns = Recorder(DatabaseUnavailable("it is locked"))
    with pytest.raises(DatabaseUnavailable):
        await take(database, turns)
    assert len(turns.taken) == follow_ups.AT_ONCE


async def test_no_more_than_so_many_are_taken_at_a_time(database: Database, small_pages: None) -> None:
    await database.run(plan, *"12345")
    assert await take(database, Recorder(), most=3) == 4


async def test_none_is_taken_while_many_wait_to_be_written_to(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_ups, "AHEAD", 2)
    await database.run(plan, "1")
    await database.run(write_to, "8", "9")
    assert await take(database, Recorder(), "telegram") == 0
    await database.run(lambda session: outbox.cancel_for(session, person(session, "9")))
    assert await take(database, Recorder(), "telegram") == 1


async def test_messages_nobody_can_send_keep_no_follow_up_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_ups, "AHEAD", 2)
    await database.run(plan, "1")
    await database.run(write_to, "8", "9")
    assert await take(database, Recorder(), "slack") == 1
