"""What delivery is told of a message, what of its row is kept, and how an answer leads back to it."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import TypeAdapter
from sqlmodel import select

from bot.complaints import slots
from bot.complaints.terms import Category, Consequence, Phase, Status
from bot.dialog.message import Message
from storage import complaints, contacts, outbox
from storage.database import Database, Session
from storage.prepared import Prepared
from storage.tables import Complaint, Outbox

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=31)


def a_room(session: Session, address: str = "C0TRIAGE") -> UUID:
    return contacts.room(session, "slack", address, "en", NOW)[0]


def a_complaint(session: Session, status: Status = Status.RECEIVED) -> str:
    """A new complaint's slot."""
    complaint = complaints.open_complaint(
        session,
        number=complaints.next_number(session, 2026),
        category=Category.SPECIMEN,
        phase=Phase.PRE_EXAMINATION,
        consequence=Consequence.SERIOUS,
        channel="slack",
        words="A tube is lost.",
        now=NOW,
    )
    session.get_one(Complaint, complaint.id).status = status
    session.flush()
    return slots.slot(complaint.id)


def delivered(session: Session, contact: UUID, reference: str, message: Message) -> None:
    outbox.record_sent(session, outbox.enqueue(session, contact, message, NOW), reference, NOW)


def below(session: Session, contact: UUID, slot: str) -> str | None:
    """What a message below `slot` would be sent below."""
    outbox.enqueue(session, contact, Message("More", under=slot), NOW)
    parcel = outbox.next_for(session, contact)
    assert parcel is not None
    return parcel.under


async def test_a_message_stands_below_the_last_one_delivered_to_that_slot(database: Database) -> None:
    def told(session: Session) -> str | None:
        room, slot = a_room(session), a_complaint(session)
        delivered(session, room, "C0TRIAGE:1", Message("Card", slot=slot))
        delivered(session, room, "C0TRIAGE:2", Message("Card", slot=slot))
        delivered(session, room, "C0TRIAGE:3", Message("Words", under=slot))
        delivered(session, a_room(session, "C0OTHER"), "C0OTHER:4", Message("Card", slot=slot))
        return below(session, room, slot)

    assert await database.run(told) == "C0TRIAGE:2"


async def test_below_what_was_not_delivered_a_message_stands_on_its_own(database: Database) -> None:
    def told(session: Session) -> str | None:
        slot = a_complaint(session)
        delivered(session, a_room(session, "C0OTHER"), "C0OTHER:1", Message("Card", slot=slot))
        return below(session, a_room(session), slot)

    assert await database.run(told) is None


@pytest.mark.parametrize(
    ("message", "statements"),
    [
        (Message("Hello"), 1),
        (Message("How was it?", slot="question"), 2),
        (Message("Their words", under="complaint:1"), 2),
        (Message("Rate us", slot="question", under="complaint:1"), 3),
    ],
    ids=["on its own", "in a slot", "below one", "in a slot below one"],
)
async def test_only_a_message_below_another_is_read_with_one_statement_more(
    database: Database, monkeypatch: pytest.MonkeyPatch, message: Message, statements: int
) -> None:
    made: list[object] = []
    first = Prepared.first

    def counted(self: Prepared[tuple[object]], session: Session, **values: object) -> object:
        made.append(self)
        return first(self, session, **values)

    def told(session: Session) -> None:
        room = a_room(session)
        outbox.enqueue(session, room, message, NOW)
        monkeypatch.setattr(Prepared, "first", counted)
        outbox.next_for(session, room)

    await database.run(told)
    assert len(made) == statements


async def test_a_message_written_by_the_version_before_can_be_read(database: Database) -> None:
    body = TypeAdapter(Message).dump_json(Message("Hello"), exclude={"under"})
    assert outbox.message_of(body) == Message("Hello")


async def test_an_answer_leads_to_the_slot_of_what_it_answers(database: Database) -> None:
    def found(session: Session) -> list[str | None]:
        chat, slot = a_room(session), a_complaint(session)
        delivered(session, chat, "17", Message("Thank you.", slot=slot))
        delivered(session, chat, "18", Message("When was it?", under=slot))
        delivered(session, chat, "19", Message("Was it put right?", slot="rating", under=slot))
        delivered(session, chat, "20", Message("How was it?", slot="question"))
        found = [outbox.slot_of(session, chat, one) for one in ("17", "18", "19", "20", "21")]
        return ["the complaint's" if one == slot else one for one in found]

    assert await database.run(found) == ["the complaint's", "the complaint's", "rating", None, None]


async def test_an_answer_leads_to_no_message_of_anybody_else(database: Database) -> None:
    def found(session: Session) -> str | None:
        delivered(session, a_room(session, "C0OTHER"), "17", Message("Thank you.", slot=a_complaint(session)))
        return outbox.slot_of(session, a_room(session), "17")

    assert await database.run(found) is None


async def test_no_reference_can_be_read_in_the_database(database: Database) -> None:
    def kept(session: Session) -> bytes | None:
        delivered(session, a_room(session), "C0TRIAGE:17", Message("Card", slot=a_complaint(session)))
        return session.exec(select(Outbox.reference_hash)).one()

    hashed = await database.run(kept)
    assert hashed is not None
    assert hashed != hashlib.sha256(b"C0TRIAGE:17").digest()
    assert b"TRIAGE" not in hashed


@pytest.mark.parametrize("status", Status)
async def test_what_is_about_a_complaint_is_kept_until_it_has_ended(
    database: Database, status: Status
) -> None:
    def pruned(session: Session) -> int:
        room, slot = a_room(session), a_complaint(session, status)
        delivered(session, room, "C0TRIAGE:1", Message("Card", slot=slot))
        delivered(session, room, "C0TRIAGE:2", Message("Words", under=slot))
        delivered(session, room, "C0TRIAGE:3", Message("Good morning"))
        return outbox.prune(session, LATER, 100)

    has_ended = status in (Status.CLOSED, Status.DECLINED, Status.MERGED)
    assert await database.run(pruned) == (3 if has_ended else 1)


def test_a_slot_leads_to_its_complaint_and_no_other_does() -> None:
    complaint = uuid4()
    assert slots.complaint_in(slots.slot(complaint)) == complaint
    assert [slots.complaint_in(one) for one in ("", "question", "complaint:", "complaint:1")] == [None] * 4
