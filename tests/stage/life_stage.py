"""Playing the whole life of a complaint: people at their telephones, staff in rooms, and all they read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from sandbox.slack import Room, RoomMessage, SlackPerson
from sandbox.telegram import ChatMessage, Person
from schedules import sla
from tests.stage.script import DAYS, Line, duration, form_values, shown
from tests.stage.stack_stage import button
from tests.stage.world import NURSE, PHYSICIAN, TRIAGE, World

ON_CALL, HEAD, QUALITY = "C0ONCALL", "U0HEAD", "U0QUALITY"
PHONES = {"Patient": 1001, "Someone": 1002}
STAFF = {"Doctor": PHYSICIAN, "Nurse": NURSE, "Quality": QUALITY, "Head": HEAD}
ROOMS = {"Room": TRIAGE, "On call": ON_CALL}
DOING = frozenset({*PHONES, *STAFF, "Time", "Laboratory"})
AT_ONCE = frozenset({"Acknowledge", "Take"})
_LOOK_EVERY = timedelta(minutes=30)
_STATUS = "*Status*\n"


@dataclass(slots=True)
class LifeStage:
    """Everybody who has to do with a complaint, in a world where the bot runs."""

    world: World
    seen: dict[str, str] = field(default_factory=dict)
    token: str = ""

    async def play(self, line: Line) -> list[Line]:
        """Do one line as the person would; everything everybody then reads."""
        if line.who == "Time":
            return await self._pass(duration(line.what))
        if line.who == "Laboratory":
            await self.world.results()
        elif line.who in PHONES:
            await self._telephone(self._phone(line.who), line.what)
        else:
            await self._desk(self._colleague(line.who), line.what)
        await self.world.quiet()
        return list(self._heard())

    async def _pass(self, span: timedelta) -> list[Line]:
        """Let time go by, half an hour after the other; what was read meanwhile, each with its hour."""
        heard = []
        until = self.world.now + span
        while self.world.now < until:
            await self.world.passes(min(_LOOK_EVERY, until - self.world.now))
            core = self.world.bot.core
            await sla.look_after(core.database, core.catalog, core.lab, self.world.clock)
            await self.world.quiet()
            now = self.world.now
            moment = f"({DAYS[now.weekday()]} {now:%H:%M})"
            heard += [Line(one.who, f"{moment} {one.what}") for one in self._heard()]
        return heard

    def _phone(self, who: str) -> Person:
        return self.world.telegram.person(PHONES[who], first_name=who, language_code="en")

    def _colleague(self, who: str) -> SlackPerson:
        return self.world.slack.person(STAFF[who], name=f"{who} Kim")

    async def _telephone(self, person: Person, what: str) -> None:
        match what:
            case "(opens the link)":
                self.token = self.token or (await self.world.collect())["token"]
                person.start(self.token)
            case "(opens the public link)":
                person.start("concern")
            case "(sends the code)":
                person.say(self._code())
            case _ if what.startswith("["):
                person.tap_data(*button(person, what.strip("[]")))
            case _:
                person.say(what)

    def _code(self) -> str:
        """The code that somebody was given on whatever telephone."""
        texts = [one.text for who in PHONES for one in self._phone(who).chat]
        said = next(text for text in texts if "This code is yours alone" in text)
        return said.partition(": ")[2].split()[0]

    async def _desk(self, person: SlackPerson, what: str) -> None:
        first, _, rest = what.partition("\n")
        values = form_values(rest) if rest else {}
        if first == "(reports an issue)":
            await person.command(TRIAGE, "/lab-issue")
            await person.wait_for(lambda one: one.modal is not None)
            await self._submit(person, values)
        elif first.startswith("["):
            label = first.strip("[]")
            place = self._place_with(person, label)
            await person.click(place, label)
            if place.room != person.direct.id and label not in AT_ONCE:
                await person.wait_for(lambda one: one.modal is not None and bool(one.modal.values))
                await self._submit(person, values)
        elif first.startswith("(in the thread) "):
            card = self._card()
            await person.say(TRIAGE, first.removeprefix("(in the thread) "), card.ts)
        elif first.startswith("/"):
            name, _, words = first.partition(" ")
            await person.command(TRIAGE, name, words)
        else:
            await person.say(person.direct, first)

    async def _submit(self, person: SlackPerson, values: dict[str, str]) -> None:
        person.fill(values)
        errors = await person.submit()
        assert not errors, errors

    def _place_with(self, person: SlackPerson, label: str) -> RoomMessage:
        """The newest message with that button: in the person's own chat, or in a room."""
        places = [person.direct, *(self._room(name) for name in ROOMS)]
        for room in places:
            for message in reversed(room.messages):
                if label in _labels(message):
                    return message
        raise AssertionError(f"there is no button {label!r}")

    def _card(self) -> RoomMessage:
        return next(one for one in self._room("Room").messages if one.bot)

    def _room(self, name: str) -> Room:
        return self.world.slack.room(ROOMS[name], name=name.lower().replace(" ", "-"))

    def _heard(self) -> Iterator[Line]:
        for who in PHONES:
            for message in self._phone(who).chat:
                if message.by == "bot":
                    yield from self._read(
                        f"To {who.lower()}", f"{who}{message.message_id}", _written(message)
                    )
        for who in STAFF:
            for one in (message for message in self._colleague(who).direct.messages if message.bot):
                yield from self._read(f"To {who.lower()}", f"{who}{one.ts}", _posted(one, buttons=True))
            for number, one in enumerate(self._colleague(who).private):
                yield from self._read(
                    f"To {who.lower()}", f"{who} aside {number}", f"(only to them) {one.text}"
                )
        for name in ROOMS:
            for one in self._room(name).messages:
                if one.bot:
                    where = "Below card" if _is_below(one) else name
                    yield from self._read(where, f"{name}{one.ts}", _posted(one, buttons=False))

    def _read(self, who: str, where: str, words: str) -> Iterator[Line]:
        """The words, if they are new there."""
        before = self.seen.get(where)
        self.seen[where] = words
        if before is None:
            yield Line(who, words)
        elif before != words:
            yield Line(who, f"(instead) {words}")


def _is_below(message: RoomMessage) -> bool:
    return message.thread_ts not in (None, message.ts)


def _labels(message: RoomMessage) -> list[str]:
    return [
        element["text"]["text"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def _written(message: ChatMessage) -> str:
    buttons = tuple(tuple(one.label for one in row) for row in message.buttons)
    return shown(message.text, buttons)


def _posted(message: RoomMessage, *, buttons: bool) -> str:
    """The words on a message; of a card's fields the status alone."""
    lines: list[str] = []
    rows: list[tuple[str, ...]] = []
    for block in message.blocks:
        match block["type"]:
            case "header":
                lines.append(block["text"]["text"])
            case "section":
                lines += [block["text"]["text"]] if "text" in block else []
                status = [one["text"] for one in block.get("fields", ()) if one["text"].startswith(_STATUS)]
                lines += [one.removeprefix(_STATUS) for one in status]
            case "actions" if buttons:
                rows.append(tuple(one["text"]["text"] for one in block["elements"]))
            case _:
                pass
    return shown("\n".join(lines), tuple(rows))
