"""A physician's issue from its report to its end, in Slack, over both ways the app can be connected."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import pytest

from bot.complaints.terms import Rating, Role, Status
from sandbox.slack import RoomMessage, SlackPerson
from storage import complaints, history
from storage.encryption import generate_key
from storage.tables import Complaint
from tests.end_to_end.conftest import MONDAY
from tests.stage.desk import report, words
from tests.stage.world import NURSE, PHYSICIAN, World, world

WAYS = [("sqlite", "socket"), ("postgresql", "http")]
NUMBER, QUALITY = "C-2026-000001", "U0QUALITY"
Slack = Literal["socket", "http"]


@dataclass(slots=True)
class Loop:
    """A laboratory with somebody at the bench and somebody for quality, and a physician."""

    around: World
    nurse: SlackPerson
    quality: SlackPerson
    physician: SlackPerson

    async def card(self) -> RoomMessage:
        """The card in the triage room, once everything is delivered."""
        await self.around.quiet()
        (card,) = [one for one in self.around.triage.messages if one.thread_ts is None]
        return card

    async def thread(self) -> str:
        """The newest of what stands below the card."""
        await self.around.quiet()
        return words([one for one in self.around.triage.messages if one.thread_ts is not None][-1])

    async def told(self) -> RoomMessage:
        """What the physician was told last."""
        await self.around.quiet()
        return [one for one in self.physician.direct.messages if one.bot][-1]

    async def presses(self, person: SlackPerson, label: str) -> None:
        """Take a step that needs no form."""
        before = len(person.private)
        await person.click(await self.card(), label)
        await person.wait_for(lambda one: len(one.private) > before)

    async def fills_in(self, person: SlackPerson, label: str, **values: str) -> None:
        """Take a step by its form."""
        await person.click(await self.card(), label)
        await person.wait_for(lambda one: one.modal is not None and one.modal.submit is not None)
        person.fill(values)
        assert await person.submit() is None
        person.close()

    async def complaint(self) -> Complaint:
        found = await self.around.bot.core.database.read(complaints.named, NUMBER)
        assert found is not None
        return found

    async def steps(self) -> list[str]:
        complaint = await self.complaint()
        lines = await self.around.bot.core.database.read(history.lines, complaint.id)
        return [line.action for line in lines if line.action != "tell"]


@asynccontextmanager
async def laboratory(database_url: str, slack: Slack) -> AsyncIterator[Loop]:
    made = world(database_url=database_url, data_key=generate_key(), now=MONDAY, slack=slack)
    async with made as around, around.running():
        await around.appoint(NURSE, Role.STAFF)
        await around.appoint(QUALITY, Role.QUALITY)
        yield Loop(
            around,
            around.slack.person(NURSE, name="Nurse Kim"),
            around.slack.person(QUALITY, name="Ms Quality"),
            around.slack.person(PHYSICIAN, name="Dr Osei"),
        )


async def until_closed(loop: Loop) -> None:
    """Everything from the report to the closing, with one question answered in the question's thread."""
    await report(loop.around)
    await loop.presses(loop.nurse, "Acknowledge")
    assert f"We have read your issue {NUMBER}" in words(await loop.told())
    await loop.presses(loop.nurse, "Take")
    assert "<@U" in words(await loop.card())

    await loop.fills_in(loop.nurse, "Ask", words="Which ward was it, please?")
    question = await loop.told()
    assert "Which ward was it, please?" in words(question)
    assert "Waiting for the reporter" in words(await loop.card())
    await loop.physician.say(loop.physician.direct, "Ward 3, the box by the door", question.ts)
    assert "Ward 3, the box by the door" in await loop.thread()
    assert "Waiting for the reporter" not in words(await loop.card())

    await loop.fills_in(loop.nurse, "Progress", words="We are looking through the courier's boxes.")
    assert "We are looking through the courier's boxes." in words(await loop.told())
    await loop.fills_in(
        loop.nurse, "Resolve", outcome="It lay in box 3", words="It is found, and tested by now."
    )
    assert "It is found, and tested by now." in words(await loop.told())
    await loop.fills_in(loop.quality, "Close")
    assert "Did we put it right?" in words(await loop.told())


@pytest.mark.parametrize(("empty_url", "slack"), WAYS, indirect=["empty_url"])
async def test_an_issue_that_was_put_right(empty_url: str, slack: Slack) -> None:
    async with laboratory(empty_url, slack) as loop:
        await until_closed(loop)
        await loop.physician.click(await loop.told(), "Yes")
        assert "We are glad to hear it." in words(await loop.told())
        complaint = await loop.complaint()
        assert (complaint.status, complaint.rating) == (Status.CLOSED, Rating.YES)
        assert await loop.steps() == [
            "open",
            "acknowledge",
            "take",
            "ask",
            "said",
            "progress",
            "resolve",
            "close",
            "rated",
        ]
        assert "It was put right" in words(await loop.card())


@pytest.mark.parametrize(("empty_url", "slack"), WAYS, indirect=["empty_url"])
async def test_an_issue_that_was_not_put_right_is_open_again(empty_url: str, slack: Slack) -> None:
    async with laboratory(empty_url, slack) as loop:
        await until_closed(loop)
        await loop.physician.click(await loop.told(), "No")
        asked = await loop.told()
        assert "What is still wrong?" in words(asked)
        await loop.physician.say(loop.physician.direct, "There is still no result.")
        assert "There is still no result." in await loop.thread()
        complaint = await loop.complaint()
        assert (complaint.status, complaint.rating) == (Status.REOPENED, Rating.NO)
        (told,) = [one for one in loop.quality.direct.messages if one.bot and NUMBER in one.text]
        assert "its reporter says that it was not put right" in told.text
        assert (await loop.steps())[-3:] == ["rated", "reopen", "said"]
        assert "Resolve" in words(await loop.card())


@pytest.mark.parametrize(("empty_url", "slack"), WAYS, indirect=["empty_url"])
async def test_the_answer_button_leads_back_into_the_room(empty_url: str, slack: Slack) -> None:
    async with laboratory(empty_url, slack) as loop:
        await report(loop.around)
        await loop.nurse.command("C0TRIAGE", "/reply", f"{NUMBER} We are on it.")
        await loop.physician.click(await loop.told(), "Answer")
        assert "Please write what you would like to tell the laboratory" in words(await loop.told())
        await loop.physician.say(loop.physician.direct, "Thank you, it is urgent.")
        assert "Thank you, it is urgent." in await loop.thread()


async def test_a_message_of_the_ward_becomes_an_issue_that_links_back_to_it(around: World) -> None:
    async with around.running():
        around.slack.room("C0WARD", name="ward-3")
        physician = around.slack.person(PHYSICIAN, name="Dr Osei")
        await physician.say("C0WARD", "Our potassium is late again")
        message = next(one for one in around.slack.rooms if one.room_id == "C0WARD").messages[-1]
        await physician.shortcut("report_to_lab", message)
        await physician.wait_for(lambda one: one.modal is not None)
        physician.fill({"category": "turnaround", "phase": "post_examination", "severity": "moderate"})
        assert await physician.submit() is None
        complaint = await around.bot.core.database.read(complaints.named, NUMBER)
        assert complaint is not None
        link = f"https://sandbox.slack.com/archives/C0WARD/p{message.ts.replace('.', '')}"
        assert complaint.words == f"Our potassium is late again\n\n{link}"
        await around.quiet()
        assert link in words(around.triage.messages[0])
