"""Playing a transcript through everything, over the platforms' own protocols."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select

from bot.catalog import Catalog
from bot.dialog.effect import Ending
from sandbox.slack import SlackPerson
from sandbox.telegram import ChatMessage, Person
from storage.database import Session
from storage.tables import Answer, Complaint, Consent, Contact, Praise, Response, Visit
from tests.stage.script import Line, duration, form_values, shown
from tests.stage.world import NURSE, PHYSICIAN, TRIAGE, World

CHAT = 1001
COMMANDS = {"lab_issue": "/lab-issue", "on_behalf": "/lab-enter", "praise": "/lab-praise"}


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database holds, in the words of a transcript."""

    consent: Consent | None
    answers: dict[tuple[UUID, str], str]
    responses: dict[UUID, tuple[str, Ending]]
    complaints: tuple[str, ...]
    praises: int
    withdrawn: bool


@dataclass(slots=True)
class StackStage:
    """One patient and one physician, in a world where the bot runs."""

    world: World
    person: Person
    form: str
    token: str = ""
    chat: list[ChatMessage] = field(default_factory=list)
    notices: int = 0
    told: int = 0
    cards: int = 0
    kept: Kept = field(default_factory=lambda: Kept(None, {}, {}, (), 0, withdrawn=False))
    last: tuple[int, str] = (0, "")

    async def play(self, line: Line) -> list[Line]:
        """Do one line as the person would, and wait until all is quiet."""
        errors: dict[str, str] | None = None
        match line.who:
            case "Time":
                await self.world.passes(duration(line.what))
            case "Laboratory":
                status = "cancelled" if line.what.startswith("cancels") else "final"
                await self.world.results(status)
            case "Form":
                errors = await self._form(line.what)
            case _:
                await self._patient(line.what)
        await self.world.quiet()
        return [*await self._saved(), *self._heard(), *_errors(errors)]

    async def _patient(self, what: str) -> None:
        person = self.person
        match what:
            case "(opens the link)":
                self.token = self.token or (await self.world.collect())["token"]
                person.start(self.token)
            case "(opens the public link)":
                person.start("concern")
            case "(opens the chat)":
                person.start(None)
            case "(sends a photo)":
                person.send_photo()
            case "(sends a voice note)":
                person.send_voice()
            case "(taps again)":
                person.tap_data(*self.last)
            case _ if what.startswith("["):
                self.last = button(person, what.strip("[]"))
                person.tap_data(*self.last)
            case _:
                person.say(what)

    async def _form(self, what: str) -> dict[str, str] | None:
        person = self._at_the_form()
        if person.modal is None:
            person.command(TRIAGE, COMMANDS[self.form])
            await person.wait_for(lambda one: one.modal is not None and bool(one.modal.values))
        person.fill(form_values(what))
        return await person.submit()

    def _at_the_form(self) -> SlackPerson:
        """Who fills in the form: a member of staff, where it is for them alone."""
        if self.form == "on_behalf":
            return self.world.slack.person(NURSE, name="Nurse Kim")
        return self.world.slack.person(PHYSICIAN, name="Dr Osei")

    def _heard(self) -> Iterator[Line]:
        before = {one.message_id: one.text for one in self.chat}
        self.chat = [one for one in self.person.chat if one.by == "bot"]
        for text in self.person.notices[self.notices :]:
            if text:
                yield Line("Notice", text)
        self.notices = len(self.person.notices)
        for one in self.chat:
            if before.get(one.message_id, one.text) != one.text:
                yield _spoken("Bot edits", one)
        yield from (_spoken("Bot", one) for one in self.chat if one.message_id not in before)
        direct = [one for one in self._at_the_form().direct.messages if one.bot]
        yield from (Line("Bot", one.text) for one in direct[self.told :])
        self.told = len(direct)
        cards = [one for one in self.world.triage.messages if one.bot]
        yield from (Line("Room", one.blocks[0]["text"]["text"]) for one in cards[self.cards :])
        self.cards = len(cards)

    async def _saved(self) -> Iterator[Line]:
        before, self.kept = self.kept, await self.world.bot.core.database.read(_kept)
        return _differences(before, self.kept, self.world.bot.core.catalog)


def _errors(errors: dict[str, str] | None) -> list[Line]:
    if not errors:
        return []
    return [Line("Errors", "\n".join(f"{item}: {words}" for item, words in errors.items()))]


def _spoken(who: str, message: ChatMessage) -> Line:
    buttons = tuple(tuple(button.label for button in row) for row in message.buttons)
    return Line(who, shown(message.text, buttons))


def button(person: Person, label: str) -> tuple[int, str]:
    """Where the newest button of that label is, and what it carries."""
    for message in reversed(person.chat):
        for row in message.buttons:
            for button in row:
                if button.label == label and button.data is not None:
                    return message.message_id, button.data
    raise AssertionError(f"there is no button {label!r}")


def _kept(session: Session) -> Kept:
    visit = session.exec(select(Visit)).first()
    responses = session.exec(select(Response).order_by(col(Response.id))).all()
    answers = session.exec(select(Answer)).all()
    contacts = session.exec(select(Contact)).all()
    return Kept(
        consent=visit.consent if visit else None,
        answers={(one.response_id, one.item): str(one.words or one.choice or one.number) for one in answers},
        responses={one.id: (one.questionnaire, one.status) for one in responses},
        complaints=tuple(one.number for one in session.exec(select(Complaint)).all()),
        praises=len(session.exec(select(Praise)).all()),
        withdrawn=any(one.withdrawn_at for one in contacts),
    )


def _differences(before: Kept, after: Kept, catalog: Catalog) -> Iterator[Line]:
    if after.consent is not before.consent:
        yield Line("Saved", f"consent {after.consent}")
    begun = [one for one in after.responses if one not in before.responses]
    forms = [one for one in begun if after.responses[one][1] is Ending.COMPLETED]
    yield from (Line("Saved", f"{after.responses[one][0]} begun") for one in forms)
    for response, (questionnaire, _) in after.responses.items():
        for item in catalog.newest(questionnaire).items:
            was, now = before.answers.get((response, item.id)), after.answers.get((response, item.id))
            if now is None and was is not None:
                yield Line("Saved", f"{item.id} taken back")
            elif now != was:
                yield Line("Saved", f"{item.id} = {now}")
    for response, (_, status) in after.responses.items():
        was_running = before.responses.get(response, ("", Ending.IN_PROGRESS))[1] is Ending.IN_PROGRESS
        if was_running and status is not Ending.IN_PROGRESS:
            yield Line("Saved", f"response {status}")
    # One that is gone was completed: its complaint stands for it, and its reporter stays anonymous.
    yield from (Line("Saved", "response completed") for one in before.responses if one not in after.responses)
    yield from (Line("Saved", f"{after.responses[one][0]} begun") for one in begun if one not in forms)
    yield from (Line("Saved", f"complaint {one}") for one in after.complaints if one not in before.complaints)
    yield from [Line("Saved", "thanks passed on")] * (after.praises - before.praises)
    if after.withdrawn and not before.withdrawn:
        yield Line("Saved", "withdrawn")
