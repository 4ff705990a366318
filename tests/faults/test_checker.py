"""The checker finds what it is there to find, and accuses nobody who kept their promises."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select
from uuid_utils.compat import uuid7

from bot.dialog.effect import Ending
from bot.dialog.message import Message
from sandbox.faults import Call
from schedules.delivery import AT_ONCE
from storage import contacts, outbox, responses, visits
from storage.database import Database, Session
from storage.tables import Answer, ContactKind, DeliveryStatus, Outbox, Response, Visit
from tests.faults.checker import violations
from tests.faults.deliveries import Seen
from tests.faults.ledger import Ledger, Life, Parting, Told
from tests.stage.responses import begin

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SURVEY = "after_collection"
GIVEN: dict[tuple[str, str], int | str] = {(SURVEY, "comfort"): 5, (SURVEY, "comment"): "Thank you"}
Bug = Callable[[Session, UUID], None]
Deed = Callable[[Seen], Seen]


def answered(session: Session) -> tuple[Seen, UUID]:
    """A visit whose person gave two answers and was sent every message."""
    visit = visits.add(session, "LAB-1", "North", NOW, NOW).visit_id
    person = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW)
    visits.record_consent(session, session.get_one(Visit, visit), person.id, NOW)
    response = begin(session, NOW)
    responses.record_answer(session, response, "comfort", 5, NOW, is_words=False)
    responses.record_answer(session, response, "comment", "Thank you", NOW, is_words=True)
    responses.end(session, response, Ending.COMPLETED, NOW)
    for reference in ("1", "2"):
        outbox.enqueue(session, person.id, Message("Welcome"), NOW)
        session.flush()
        parcel = outbox.next_for(session, person.id)
        assert parcel is not None
        outbox.record_sent(session, parcel.id, reference, NOW)
    told = Told(1001, str(visit), dict(GIVEN), parting=Parting.THANKED)
    ledger = Ledger([told], visits={str(visit)})
    calls = {"telegram": [sent(1), sent(2)], "slack": []}
    lives = [Life(range(2), range(0))]
    return Seen(ledger, calls, lives, {"telegram:1001": ["Welcome", "Welcome"]}), response


def sent(message_id: int, answer: int | None = 200) -> Call:
    return Call("sendMessage", 1001, NOW, made=message_id, answered=answer)


def loses_an_answer(session: Session, response: UUID) -> None:
    responses.retract_answer(session, response, "comfort")


def keeps_the_second_tap(session: Session, response: UUID) -> None:
    session.get_one(Answer, (response, "comfort")).number = 4


def keeps_an_answer_nobody_gave(session: Session, response: UUID) -> None:
    responses.record_answer(session, response, "privacy", 5, NOW, is_words=False)


def mixes_up_words(session: Session, response: UUID) -> None:
    session.get_one(Answer, (response, "comment")).words = "Thank"


def begins_twice(session: Session, _: UUID) -> None:
    responses.end(session, begin(session, NOW), Ending.COMPLETED, NOW)


def forgets_the_end(session: Session, response: UUID) -> None:
    session.get_one(Response, response).ended_at = None


def forgets_to_send(session: Session, response: UUID) -> None:
    person = session.get_one(Response, response).contact_id
    assert person is not None
    outbox.enqueue(session, person, Message("Question"), NOW)


def gives_a_message_up(session: Session, response: UUID) -> None:
    forgets_to_send(session, response)
    session.flush()
    for row in session.exec(select(Outbox)):
        outbox.record_undeliverable(session, row.id, "no reason")


def takes_a_message_back(session: Session, response: UUID) -> None:
    forgets_to_send(session, response)
    session.flush()
    for row in session.exec(select(Outbox).where(Outbox.status == DeliveryStatus.PENDING)):
        outbox.cancel_for(session, row.contact_id)


def forgets_the_consent(session: Session, _: UUID) -> None:
    for visit in session.exec(select(Visit)):
        visit.consent = None


def invents_a_delivery(session: Session, response: UUID) -> None:
    row = session.exec(select(Outbox)).first()
    assert row is not None
    row.reference = "77"


def lives_on(seen: Seen, *calls: Call) -> Seen:
    """The same, with further calls to Telegram in the one life there is."""
    made = [*seen.calls["telegram"], *calls]
    return replace(seen, calls={"telegram": made, "slack": []}, lives=[Life(range(len(made)), range(0))])


def repeats_what_was_answered(seen: Seen) -> Seen:
    return lives_on(seen, sent(3), sent(2))


def repeats_what_was_not_answered(seen: Seen) -> Seen:
    return lives_on(seen, sent(3, answer=None), sent(2))


def repeats_what_was_in_flight(seen: Seen) -> Seen:
    made = [sent(1), sent(3), sent(2)]
    return replace(
        seen,
        calls={"telegram": made, "slack": []},
        lives=[Life(range(2), range(0)), Life(range(2, 3), range(0))],
    )


def of_two_replicas(seen: Seen, first: Sequence[int], stopped_after: int | None = None) -> Seen:
    """One sent a message, a minute later another sent it again, and a minute later one of them goes on.

    `first` has the calls of the first; so many minutes after the beginning the server stopped for a second.
    """
    made = [sent(1), sent(3), sent(2), Call("getMe", None, NOW, answered=200)]
    calls = [replace(one, at=NOW + timedelta(minutes=n)) for n, one in enumerate(made)]
    second = [n for n in range(len(calls)) if n not in first]
    at = NOW + timedelta(minutes=stopped_after or 0)
    return replace(
        seen,
        calls={"telegram": calls, "slack": []},
        lives=[Life(first, range(0)), Life(second, range(0))],
        stops=[] if stopped_after is None else [(at, at + timedelta(seconds=1))],
    )


def repeats_what_another_replica_sent(seen: Seen) -> Seen:
    return of_two_replicas(seen, [0, 1, 3])


def repeats_what_another_replica_sent_long_after_a_stop(seen: Seen) -> Seen:
    return of_two_replicas(seen, [0, 1, 3], stopped_after=0)


def repeats_what_another_replica_sent_as_it_died(seen: Seen) -> Seen:
    return of_two_replicas(seen, [0, 1])


def repeats_what_another_replica_sent_at_a_stop(seen: Seen) -> Seen:
    return of_two_replicas(seen, [0, 1, 3], stopped_after=1)


def says_a_word_aside_after_what_was_in_flight(seen: Seen) -> Seen:
    seen = repeats_what_was_in_flight(seen)
    aside = replace(sent(4), at=NOW)
    made = [*seen.calls["telegram"][:2], aside, seen.calls["telegram"][2]]
    return replace(
        seen,
        calls={"telegram": made, "slack": []},
        lives=[Life(range(3), range(0)), Life(range(3, 4), range(0))],
        words={"1": "Welcome", "2": "Welcome", "3": "Welcome", "4": "We are down just now"},
    )


def writes_after_the_farewell(seen: Seen) -> Seen:
    told = replace(seen.ledger.patients[0], parting=Parting.STOPPED, farewell="Goodbye")
    return replace(
        seen,
        ledger=replace(seen.ledger, patients=[told]),
        chats={"telegram:1001": ["Goodbye", "Goodbye", "One more question"]},
    )


def writes_to_who_blocked_after_every_restart(seen: Seen) -> Seen:
    told = replace(seen.ledger.patients[0], parting=Parting.BLOCKED, answers={}, unsure=dict(GIVEN))
    refused = Call("sendMessage", 1001, NOW, answered=403)
    later = Call("getUpdates", None, NOW + timedelta(minutes=1), answered=200)
    made = [sent(1), sent(2), refused, later, refused]
    return replace(
        seen,
        ledger=replace(seen.ledger, patients=[told]),
        calls={"telegram": made, "slack": []},
        lives=[Life(range(4), range(0)), Life(range(4, 5), range(0))],
    )


def loses_a_visit(seen: Seen) -> Seen:
    return replace(seen, ledger=replace(seen.ledger, visits={str(uuid7())}))


def loses_a_complaint(seen: Seen) -> Seen:
    return replace(seen, ledger=replace(seen.ledger, issues=[("C-2026-000001", "A lost tube")]))


def keeps_a_withdrawal_out_of_the_journal(seen: Seen) -> Seen:
    told = replace(seen.ledger.patients[0], parting=Parting.STOPPED, farewell="Goodbye")
    ledger = replace(seen.ledger, patients=[told])
    return replace(seen, ledger=ledger, chats={"telegram:1001": ["Goodbye"]})


def shows_what_is_not_theirs(seen: Seen) -> Seen:
    return replace(seen, ledger=replace(seen.ledger, homes={"U0PHYSICIAN": "C-2026-000001 Received"}))


def loses_a_digest(seen: Seen) -> Seen:
    return replace(seen, ledger=replace(seen.ledger, managers=["U0MANAGER"]))


BUGS = [
    loses_an_answer,
    keeps_the_second_tap,
    keeps_an_answer_nobody_gave,
    mixes_up_words,
    begins_twice,
    forgets_the_end,
    forgets_to_send,
    gives_a_message_up,
    takes_a_message_back,
    forgets_the_consent,
    invents_a_delivery,
]
DEEDS = [
    repeats_what_was_answered,
    repeats_what_another_replica_sent,
    repeats_what_another_replica_sent_long_after_a_stop,
    writes_after_the_farewell,
    loses_a_visit,
    loses_a_complaint,
    loses_a_digest,
    keeps_a_withdrawal_out_of_the_journal,
    shows_what_is_not_theirs,
]
NO_FAULT = [
    repeats_what_was_not_answered,
    repeats_what_was_in_flight,
    repeats_what_another_replica_sent_as_it_died,
    repeats_what_another_replica_sent_at_a_stop,
    says_a_word_aside_after_what_was_in_flight,
]


async def test_a_bot_that_keeps_its_promises_is_not_accused(database: Database) -> None:
    seen, _ = await database.run(answered)
    assert await database.read(violations, seen) == []


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
async def test_a_broken_promise_is_found(bug: Bug, database: Database) -> None:
    seen, response = await database.run(answered)
    await database.run(bug, response)
    assert await database.read(violations, seen)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
async def test_a_wrong_seen_outside_is_found(deed: Deed, database: Database) -> None:
    seen, _ = await database.run(answered)
    assert await database.read(violations, deed(seen))


@pytest.mark.parametrize("deed", NO_FAULT, ids=lambda deed: deed.__name__)
async def test_a_repeat_that_cannot_be_helped_is_no_fault(deed: Deed, database: Database) -> None:
    seen, _ = await database.run(answered)
    assert await database.read(violations, deed(seen)) == []


async def test_a_block_that_is_forgotten_at_every_restart_is_found(database: Database) -> None:
    seen, _ = await database.run(answered)
    await database.run(blocks)
    told = await database.read(violations, writes_to_who_blocked_after_every_restart(seen))
    assert told == ["telegram:1001 has blocked the bot and was written to again"]


async def test_more_repeats_than_the_bot_sends_at_once_are_found(database: Database) -> None:
    seen, _ = await database.run(answered)
    await database.run(_crowd)
    first, again = (
        [replace(sent(start + n), chat_id=2000 + n) for n in range(AT_ONCE + 1)] for start in (100, 1000)
    )
    made = [*seen.calls["telegram"], *first, *again]
    middle = len(made) - len(again)
    lives = [Life(range(middle), range(0)), Life(range(middle, len(made)), range(0))]
    seen = replace(seen, calls={"telegram": made, "slack": []}, lives=lives)
    assert await database.read(violations, seen) == [
        f"a message to telegram:{2000 + AT_ONCE} was repeated needlessly"
    ]


def _crowd(session: Session) -> None:
    """Each has a message that is recorded as the one sent again."""
    for n in range(AT_ONCE + 1):
        who = contacts.find_or_add(session, "telegram", str(2000 + n), ContactKind.PERSON, "en", NOW)
        parcel = outbox.enqueue(session, who.id, Message("Welcome"), NOW)
        outbox.record_sent(session, parcel, str(1000 + n), NOW)


async def test_what_was_done_before_a_refusal_excuses_no_message_after_it(database: Database) -> None:
    seen, _ = await database.run(answered)
    await database.run(blocks)
    seen = writes_to_who_blocked_after_every_restart(seen)
    refused = seen.calls["telegram"][2]
    made = [*seen.calls["telegram"][:3], refused, refused]
    earlier = [NOW - timedelta(minutes=1)] * 5
    lives = [Life(range(5), range(0))]
    seen = replace(seen, calls={"telegram": made, "slack": []}, lives=lives, deeds={1001: earlier})
    told = await database.read(violations, seen)
    assert told == ["telegram:1001 has blocked the bot and was written to again"]


@pytest.mark.parametrize("wrote_on", [True, False], ids=["the same replica", "another, after a kill"])
async def test_writing_after_a_refusal_is_excused_where_the_one_refused_was_killed(
    database: Database, wrote_on: bool
) -> None:
    seen, _ = await database.run(answered)
    await database.run(blocks)
    seen = writes_to_who_blocked_after_every_restart(seen)
    refused, elsewhere = seen.calls["telegram"][2], Call("getMe", None, NOW, answered=200)
    made = [*seen.calls["telegram"][:3], elsewhere, refused]
    first, second = ([0, 1, 2, 4], [3]) if wrote_on else ([0, 1, 2], [3, 4])
    lives = [Life(second, range(0)), Life(first, range(0))]
    seen = replace(seen, calls={"telegram": made, "slack": []}, lives=lives)
    accused = ["telegram:1001 has blocked the bot and was written to again"]
    assert await database.read(violations, seen) == (accused if wrote_on else [])


async def test_an_answer_to_what_was_done_before_the_block_is_no_fault(database: Database) -> None:
    seen, _ = await database.run(answered)
    await database.run(blocks)
    seen = replace(writes_to_who_blocked_after_every_restart(seen), deeds={1001: [NOW]})
    assert await database.read(violations, seen) == []


def blocks(session: Session) -> None:
    person = contacts.find(session, "telegram", "1001")
    assert person is not None
    contacts.mark_blocked(session, person.id, NOW)
