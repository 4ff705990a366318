"""Exports on both databases: everything once, in order, batch by batch."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from bot.complaints.terms import Category, Consequence, Phase
from storage import complaints, exports, responses
from storage.database import Database, Session
from tests.stage.responses import begin

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def answer_surveys(session: Session, count: int) -> list[UUID]:
    ids = []
    for number in range(count):
        ids.append(begin(session, NOW))
        for item in range(number):
            at = NOW + timedelta(seconds=item)
            responses.record_answer(session, ids[-1], f"item{item}", item, at, is_words=False)
    return ids


async def test_every_response_comes_once_with_its_answers(database: Database) -> None:
    ids = await database.run(answer_surveys, 5)
    found = []
    last = None
    while batch := await database.read(exports.responses_after, last, 2):
        assert len(batch) <= 2
        found += [(one.id, [answer.item for answer in answers]) for one, answers in batch]
        last = batch[-1][0].id
    assert found == [(one, [f"item{item}" for item in range(number)]) for number, one in enumerate(ids)]
    assert await database.read(exports.count_responses) == 5


async def test_every_complaint_comes_once_in_order(database: Database) -> None:
    def complain(session: Session) -> None:
        for number in range(3):
            complaints.open_complaint(
                session,
                number=f"C-2026-00000{number}",
                category=Category.OTHER,
                phase=Phase.GENERAL,
                consequence=Consequence.MINOR,
                channel="telegram",
                words="Too loud",
                now=NOW,
            )

    await database.run(complain)
    first = await database.read(exports.complaints_after, None, 2)
    rest = await database.read(exports.complaints_after, first[-1].id, 2)
    assert [one.number for one in (*first, *rest)] == ["C-2026-000000", "C-2026-000001", "C-2026-000002"]
    assert await database.read(exports.count_complaints) == 3
