"""How the parts of the bot tell whether they can work."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette

from bot.dialog.message import Message
from handlers.web import Check, Part, database_part, health, outbox_part, serve
from storage import contacts, outbox
from storage.database import Database, Session
from storage.tables import ContactKind
from tests.handlers.web.conftest import House

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def leave_message(session: Session) -> None:
    contact = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
    outbox.enqueue(session, contact.id, Message("Hello"), NOW)


def refuse_the_first(session: Session, due_at: datetime) -> None:
    contact = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
    parcel = outbox.next_for(session, contact.id)
    assert parcel is not None
    outbox.record_retry(session, parcel.id, due_at, "invite the app to this room")


async def test_a_database_that_answers_is_ready(database: Database) -> None:
    assert await database_part(database)() == Part(ready=True, note=database.dialect)


async def test_an_empty_outbox_is_ready(database: Database) -> None:
    part = await outbox_part(database, ["telegram"], lambda: NOW)()
    assert part == Part(ready=True, note="oldest message waits 0 s")


@pytest.mark.parametrize(("waits", "ready"), [(-60, True), (299, True), (300, False)])
async def test_an_outbox_is_stuck_when_a_due_message_waits(
    database: Database, waits: int, ready: bool
) -> None:
    await database.run(leave_message)
    part = await outbox_part(database, ["telegram"], lambda: NOW + timedelta(seconds=waits))()
    assert part == Part(ready, f"oldest message waits {max(waits, 0)} s")


@pytest.mark.parametrize("messages", [1, 2])
async def test_a_message_that_is_tried_again_and_again_makes_nothing_stuck(
    database: Database, messages: int
) -> None:
    for _ in range(messages):
        await database.run(leave_message)
    later = NOW + timedelta(hours=3)
    await database.run(refuse_the_first, later + timedelta(minutes=5))
    part = await outbox_part(database, ["telegram"], lambda: later)()
    assert part == Part(ready=True, note="oldest message waits 10800 s")


async def test_a_try_that_does_not_come_makes_the_outbox_stuck(database: Database) -> None:
    await database.run(leave_message)
    await database.run(refuse_the_first, NOW + timedelta(minutes=5))
    part = await outbox_part(database, ["telegram"], lambda: NOW + timedelta(minutes=10))()
    assert part == Part(ready=False, note="oldest message waits 600 s")


async def test_a_message_on_a_channel_that_is_not_connected_makes_nothing_stuck(database: Database) -> None:
    await database.run(leave_message)
    assert (await outbox_part(database, ["slack"], lambda: NOW + timedelta(days=1))()).ready


async def test_a_part_that_does_not_answer_is_not_ready(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging() -> Part:
        await asyncio.Event().wait()
        raise AssertionError("never here")

    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.01)
    parts: dict[str, Check] = {"hanging": hanging}
    app = Starlette(routes=health.health_routes(parts))
    async with serve(app, "127.0.0.1", 0) as url, house.client.get(url + "/readyz") as answer:
        body = {"ready": False, "parts": {"hanging": {"ready": False, "note": "no answer within 0.01 s"}}}
        assert (answer.status, await answer.json()) == (503, body)
