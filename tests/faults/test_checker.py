"""The checker finds what it is there to find."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlmodel import select
from uuid_utils.compat import uuid7

from bot.dialog.message import Message
from storage import contacts, outbox, responses, visits
from storage.database import Database, Session
from storage.tables import Answer, ContactKind, Outbox, Response
from tests.faults.checker import violations
from tests.faults.people import Ledger

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
Bug = Callable[[Session, UUID], None]


def answered(session: Session) -> tuple[Ledger, UUID]:
    """A visit whose person gave two answers and was sent every message."""
    visit = visits.add(session, "LAB-1", "North", NOW, NOW).visit_id
    person = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
    response = begin(session, visit)
    responses.record_answer(session, response, "comfort", 5, NOW, is_words=False)
    responses.record_answer(session, response, "comment", "Thank you", NOW, is_words=True)
    outbox.enqueue(session, person.id, Message("Welcome"), NOW)
    session.flush()
    parcel = outbox.next_for(session, person.id)
    assert parcel is not None
    outbox.record_sent(session, parcel.id, "1", NOW)
    return Ledger(str(visit), {"comfort": 5, "comment": "Thank you"}), response


def begin(session: Session, visit: UUID) -> UUID:
    response = uuid7()
    person = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
    responses.start(
        session,
        response,
        questionnaire="after_collection",
        version=1,
        contact_id=person.id,
        visit_id=visit,
        site="North",
        channel="telegram",
        locale="en",
        now=NOW,
    )
    session.flush()
    return response


def loses_an_answer(session: Session, response: UUID) -> None:
    responses.retract_answer(session, response, "comfort")


def keeps_the_second_tap(session: Session, response: UUID) -> None:
    session.get_one(Answer, (response, "comfort")).number = 4


def keeps_an_answer_nobody_gave(session: Session, response: UUID) -> None:
    responses.record_answer(session, response, "privacy", 5, NOW, is_words=False)


def mixes_up_words(session: Session, response: UUID) -> None:
    session.get_one(Answer, (response, "comment")).words = "Thank"


def begins_twice(session: Session, response: UUID) -> None:
    visit = session.get_one(Response, response).visit_id
    assert visit is not None
    begin(session, visit)


def forgets_to_send(session: Session, response: UUID) -> None:
    person = session.get_one(Response, response).contact_id
    assert person is not None
    outbox.enqueue(session, person, Message("Question"), NOW)


def gives_a_message_up(session: Session, response: UUID) -> None:
    forgets_to_send(session, response)
    session.flush()
    for row in session.exec(select(Outbox)):
        outbox.record_undeliverable(session, row.id, "no reason")


BUGS = [
    loses_an_answer,
    keeps_the_second_tap,
    keeps_an_answer_nobody_gave,
    mixes_up_words,
    begins_twice,
    forgets_to_send,
    gives_a_message_up,
]


async def test_a_bot_that_keeps_its_promises_is_not_accused(database: Database) -> None:
    ledger, _ = await database.run(answered)
    assert await database.read(violations, [ledger]) == []


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
async def test_a_broken_promise_is_found(bug: Bug, database: Database) -> None:
    ledger, response = await database.run(answered)
    await database.run(bug, response)
    assert len(await database.read(violations, [ledger])) == 1
