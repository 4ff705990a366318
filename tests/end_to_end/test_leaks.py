"""What staff write among themselves stays among them, even if the app were told of all of it.

The app does not ask Slack for messages in rooms, but somebody may install it with more than it asks for.
"""

import asyncio
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from sqlmodel import func, select

from bot.complaints import slots
from bot.complaints.terms import Category, Consequence, Phase, Role
from bot.dialog.message import Message
from sandbox.slack import Acked, Outcome, RoomMessage
from sandbox.telegram import ChatMessage
from storage import complaints, contacts, outbox
from storage.database import Session
from storage.encryption import generate_key
from storage.tables import Complaint, ComplaintEvent, ContactKind, Inbox, KeptEvent, Outbox
from tests.end_to_end.conftest import MONDAY
from tests.stage.world import NURSE, PHYSICIAN, TRIAGE, World, world

MESSAGES = 1000
AT_ONCE = 50
CHAT, APP = 1001, "U0SANDBOX"
KEPT = (Inbox, KeptEvent, Outbox, Complaint, ComplaintEvent)
WORDS = (
    "between us: the tube of {number} is lost",
    "/reply {number} it is lost",
    " /reply {number} it is lost",
    "reply {number}: it is lost",
    f"<@{APP}> reply {{number}} it is lost",
    f"<@{PHYSICIAN}> <!channel> it is lost",
    "{number} acknowledge",
    "/complaint",
    "stop",
    "4",
)


class Reach(NamedTuple):
    """Everything a reporter, or anybody else, could have seen, and all that is kept."""

    telegram: list[ChatMessage]
    direct: list[RoomMessage]
    private: list[RoomMessage]
    in_rooms: list[RoomMessage]
    calls: list[str]
    rows: dict[str, int]


async def reach(around: World) -> Reach:
    await around.quiet()
    people = around.slack.people
    rooms = [one for room in around.slack.rooms if room.kind == "channel" for one in room.messages]
    made = [one.method for one in (*around.telegram.calls, *around.slack.calls)]
    return Reach(
        telegram=around.telegram.person(CHAT, first_name="Ana", language_code="en").chat,
        direct=[message for person in people for message in person.direct.messages],
        private=[message for person in people for message in person.private],
        in_rooms=[one for one in rooms if one.bot],
        calls=[one for one in made if one not in ("getUpdates", "auth.test")],
        rows=await around.bot.core.database.read(
            lambda session: {
                one.__name__: session.exec(select(func.count()).select_from(one)).one() for one in KEPT
            }
        ),
    )


async def two_cards(around: World) -> tuple[RoomMessage, RoomMessage]:
    """Those of a patient's complaint and of a physician's, of which both reporters know."""
    around.telegram.person(CHAT, first_name="Ana", language_code="en").start()
    around.slack.person(PHYSICIAN, name="Dr Osei")
    await around.quiet()
    await around.bot.core.database.run(_complaints, around)
    await around.quiet()
    first, second = around.triage.messages
    return first, second


def _complaints(session: Session, around: World) -> None:
    room, _ = contacts.room(session, "slack", TRIAGE, "en", around.now)
    for channel, address in (("telegram", str(CHAT)), ("slack", PHYSICIAN)):
        reporter = contacts.find_or_add(session, channel, address, ContactKind.PERSON, "en", around.now)
        complaint = complaints.open_complaint(
            session,
            number=complaints.next_number(session, 2026),
            category=Category.SPECIMEN,
            phase=Phase.PRE_EXAMINATION,
            consequence=Consequence.SERIOUS,
            channel=channel,
            words="The tube was lost.",
            reporter_id=reporter.id,
            now=around.now,
        )
        for contact_id, words in ((room, "Card of"), (reporter.id, "We have")):
            message = Message(f"{words} {complaint.number}", slot=slots.slot(complaint.id))
            outbox.enqueue(session, contact_id, message, around.now)


def said_among_staff(
    around: World, cards: tuple[RoomMessage, RoomMessage]
) -> Iterator[list[asyncio.Task[Outcome]]]:
    """One message after the other, of every kind in turn; what Slack tells the app of each.

    A reporter is in the room as well, and writes there.
    """
    writers = [around.slack.person(user, name="of the room") for user in (NURSE, PHYSICIAN)]
    threads = (None, cards[0].ts, cards[1].ts)
    for number in count():
        writer, thread = writers[number % 7 == 0], threads[number % 3]
        words = WORDS[number % len(WORDS)].format(number=f"C-2026-{number % 2 + 1:06d}") + f" #{number}"
        match number % 4:
            case 0:
                yield [writer.share(around.triage, "tube.png", b"PNG", words, thread)]
            case 1:
                said = writer.say(around.triage, words, thread)
                yield [said, writer.edit(around.triage.messages[-1], f"{words}, or not")]
            case 2:
                yield [writer.say(around.triage, words, thread, broadcast=thread is not None)]
            case _:
                yield [writer.say(around.triage, words, thread)]


@pytest.mark.parametrize("slack", ["socket", "http"])
async def test_nothing_staff_write_in_a_room_or_its_threads_reaches_a_reporter(
    tmp_path: Path, slack: Literal["socket", "http"]
) -> None:
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    async with (
        world(database_url=url, data_key=generate_key(), now=MONDAY, slack=slack) as around,
        around.running(),
    ):
        await around.appoint(NURSE, Role.STAFF)
        cards = await two_cards(around)
        before = await reach(around)

        said = said_among_staff(around, cards)
        written = 0
        while written < MESSAGES:
            told = [task for tasks in islice(said, AT_ONCE) for task in tasks]
            assert all(isinstance(one, Acked) for one in await asyncio.gather(*told))
            written += AT_ONCE
        theirs = [one for one in around.triage.messages if not one.bot]
        named = sum(f"<@{APP}>" in one.text for one in theirs)
        edited = sum(one.edited for one in theirs)
        assert await around.slack.changes.until(
            lambda: len(around.slack.events_acked) == MESSAGES + named + edited, 5
        )

        assert (len(theirs), named, edited) == (MESSAGES, 100, 250)
        assert await reach(around) == before

        # The same app hears what is meant for it.
        physician = around.slack.person(PHYSICIAN, name="Dr Osei")
        await physician.say(physician.direct, "It was on Monday.", physician.direct.messages[0].ts)
        assert (await reach(around)).rows["Inbox"] == before.rows["Inbox"] + 1
