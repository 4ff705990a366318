"""How one person tries one step, over the wire wherever the step has a button, a form or a command."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from uuid import UUID, uuid4

from bot.complaints.lifecycle import Action
from bot.complaints.terms import Role
from bot.dialog.event import FormSubmitted
from bot.turns import StaffActed
from sandbox.slack import RoomMessage
from sandbox.telegram import Person
from storage.tables import Complaint
from tests.door import traces
from tests.door.day import BEA, dismiss
from tests.door.wire import SECRET_HEADER, TELEGRAM, slack_request
from tests.stage.desk import ISSUE
from tests.stage.world import WEBHOOK_SECRET, World

PATIENT, FORMER, ROOM = "patient", "former manager", "C0WARD"
ROLES: Mapping[str, Role | None] = {
    PATIENT: None,
    "physician": None,
    "colleague": None,
    FORMER: Role.MANAGER,
    "staff": Role.STAFF,
    "quality": Role.QUALITY,
    "manager": Role.MANAGER,
}
_WEEKLY = "weekly monday 08:00"
_FILLED: Mapping[Action, Mapping[str, str]] = {
    Action.HAND_OVER: {"department": "billing"},
    Action.ASK: {"words": "When was it?"},
    Action.REPLY: {"words": "We are on it."},
    Action.PROGRESS: {"words": "We are on it."},
    Action.RECORD: {"evidence": "The log"},
    Action.RESOLVE: {"outcome": "Done."},
    Action.DECLINE: {"reason": "Not ours.", "words": "Please ask the pharmacy."},
    Action.REOPEN: {"reason": "It happened again."},
}
_REFUSALS = {
    "/complaint - tell us about a problem": "no",  # nobody knows such a command
    "Only a quality manager or a manager can do this.": "no",
    "Only laboratory staff can do this.": "no",
    "That button is meant for someone else.": "no",
    "Digests are for the laboratory's managers": "no",
    "I cannot find this complaint any more.": "unknown",
    "cannot take this step now.": "too late",
    "named as involved": "with a note",
    "That did not work just now.": "with a note",  # its form opens by a trigger, which no forged press has
}


@dataclass(slots=True)
class Somebody:
    """One of the people of the table. Whatever they do, they have lost a role that is taken away by then."""

    around: World
    who: str
    numbers: "count[int]"

    @property
    def channel(self) -> str:
        return "telegram" if self.who == PATIENT else "slack"

    @property
    def account(self) -> str:
        return "101" if self.who == PATIENT else f"U0{self.who.upper().replace(' ', '')}"

    async def prepare(self) -> None:
        """Be who they are while everything they will use is shown to them."""
        role = ROLES[self.who]
        if role is not None:
            await self.around.appoint(self.account, role)

    async def acts(self) -> None:
        """The moment between seeing a button and pressing it."""
        if self.who == FORMER:
            await self.around.bot.core.database.run(dismiss, self.account)

    async def complains(self) -> Complaint:
        """Report an issue; the complaint."""
        values = {**ISSUE, "happened": f"This is complaint {next(self.numbers)}"}
        form = FormSubmitted(
            event_id=str(uuid4()),
            channel=self.channel,
            account=self.account,
            questionnaire="lab_issue",
            version=self.around.bot.core.catalog.newest("lab_issue").version,
            values=values,
        )
        number = (await self.around.bot.turns.take(form)).number
        return await self.around.bot.core.database.read(traces.complaint, number)

    async def steps(self, action: Action, complaint: UUID) -> str:
        """Take a step on a complaint; what came of it."""
        before = await self.around.bot.core.database.read(traces.lines, complaint)
        filled = await self._filled(action)
        await self.acts()
        if action in (Action.ACKNOWLEDGE, Action.TAKE):
            said = await self.presses(f"complaint.{action}.{complaint}")
        elif self.who == PATIENT:
            acted = StaffActed(
                event_id=str(uuid4()),
                channel=self.channel,
                account=self.account,
                complaint=str(complaint),
                action=action,
                words=filled.get("words", ""),
                note=filled.get("outcome", ""),
                original=filled.get("number", ""),
            )
            said = (await self.around.bot.turns.take(acted)).notice
        else:
            said = await self.posts(_form(action, complaint, filled))
        after = await self.around.bot.core.database.read(traces.lines, complaint)
        return "yes" if after > before else refusal(said)

    async def _filled(self, action: Action) -> Mapping[str, str]:
        """What the form of a step asks for."""
        if action is not Action.MERGE:
            return _FILLED.get(action, {})
        return {"number": (await Somebody(self.around, "bystander", self.numbers).complains()).number}

    async def presses(self, data: str) -> str:
        """Press a button that carries `data`; what they are told."""
        if self.who == PATIENT:
            return await self._in_chat(lambda person: person.tap_data(1, data))
        pressed = {"type": "button", "action_id": "press.0", "block_id": "b", "value": data}
        return await self.posts({"type": "block_actions", "actions": [pressed]}, told=True)

    async def opens_the_form(self, action: Action, complaint: Complaint) -> str:
        """Press a step's button on the card; whether there is a form then."""
        if self.who == PATIENT:
            await self.acts()
            return refusal(await self.presses(f"complaint.{action}.{complaint.id}"))
        await self.around.quiet()
        named = (one for one in self.around.triage.messages if complaint.number in one.text)
        (card,) = (one for one in named if one.thread_ts is None)
        person = self.around.slack.person(self.account, name=self.who)
        private = len(person.private)
        await self.acts()
        await person.click(card, self.around.bot.core.catalog.say(f"action.{action}", "en"))
        await person.wait_for(lambda one: one.modal is not None or len(one.private) > private)
        if person.modal is None:
            return refusal(person.private[-1].text)
        person.close()
        return "yes"

    async def answers_another(self) -> str:
        """Press a button of the question Bea is asked."""
        bea = self.around.telegram.person(BEA, first_name="Bea")
        data = bea.chat[-1].buttons[0][0].data
        assert data is not None
        await self.acts()
        said = await self.presses(data)
        await self.around.quiet()
        return refusal(said) if bea.chat[-1].buttons else "yes"

    async def lists(self) -> set[str]:
        """Ask how complaints stand; the numbers told."""
        await self.acts()
        said = await self.says("/status") if self.who == PATIENT else await self.commands("/lab-status", "")
        return set(re.findall(r"C-\d{4}-\d{6}", said))

    async def reported(self) -> set[str]:
        """The numbers of what they reported themselves."""
        return await self.around.bot.core.database.read(traces.reported, self.channel, self.account)

    async def digest(self, words: str, *, room: bool) -> str:
        """Ask for a digest; what they are told."""
        await self.acts()
        if self.who == PATIENT:
            return await self.says(f"/digest {words}", group=room)
        return await self.commands("/lab-digest", words, room=room)

    async def shows(self, *, button: bool = False) -> str:
        """Have the digest shown to themselves; whether it is."""
        before = await self.around.bot.core.database.read(traces.parcels, self.channel, self.account)
        if button and self.who != PATIENT:
            await self.acts()
            said = await self.posts(
                {"type": "block_actions", "actions": [{"type": "button", "action_id": "home.digest"}]},
                told=True,
            )
        else:
            said = await self.digest("", room=False)
        after = await self.around.bot.core.database.read(traces.parcels, self.channel, self.account)
        return "yes" if after > before else refusal(said)

    async def subscribes(self, *, room: bool) -> str:
        """Subscribe to the digest; whether there is a subscription then."""
        database, place = self.around.bot.core.database, self._place(room=room)
        await database.run(traces.end, *place)
        said = await self.digest(_WEEKLY, room=room)
        return "yes" if await database.read(traces.is_subscribed, *place) else refusal(said)

    async def ends(self, *, room: bool) -> str:
        """End a subscription that somebody who might has made; whether it is gone then."""
        database, place = self.around.bot.core.database, self._place(room=room)
        await database.run(traces.subscribe, self.around, *place)
        said = await self.digest("off", room=room)
        is_gone = not await database.read(traces.is_subscribed, *place)
        # A role taken away ends that person's own digest with it: they did not.
        return "yes" if is_gone and not (self.who == FORMER and not room) else refusal(said)

    def _place(self, *, room: bool) -> tuple[str, str]:
        if not room:
            return self.channel, self.account
        return self.channel, "-100" if self.who == PATIENT else ROOM

    async def commands(self, name: str, words: str, *, room: bool = False) -> str:
        return await self.posts({"command": name, "text": words, "channel_id": ROOM if room else "D0DIRECT"})

    async def says(self, text: str, *, group: bool = False) -> str:
        if not group:
            return await self._in_chat(lambda person: person.say(text))
        sender = {"id": int(self.account), "is_bot": False, "first_name": "Ana"}
        chat = {"id": -100, "type": "group", "title": "Ward"}
        message = {"message_id": 1, "date": 0, "from": sender, "chat": chat, "text": text}
        body = {"update_id": 10**6 + next(self.numbers), "message": message}
        url, headers = f"{self.around.url}{TELEGRAM}", {SECRET_HEADER: WEBHOOK_SECRET}

        async def post() -> None:
            async with self.around.http.post(url, json=body, headers=headers) as answer:
                assert answer.status == 200

        return await self._in_chat(lambda _: asyncio.create_task(post()))

    async def _in_chat(self, does: Callable[[Person], object]) -> str:
        """What the bot says in the private chat, after the person did something there or in a group."""
        around = self.around
        person = around.telegram.person(int(self.account), first_name="Ana")
        if not person.chat:
            person.start()  # whoever writes to a bot can be written to
            await person.wait_for(lambda one: one.chat[-1].by == "bot")
        await around.quiet()  # what is said of something earlier is no answer
        chat, notices = len(person.chat), len(person.notices)

        def heard(one: Person) -> list[str]:
            return [*(said.text for said in one.chat[chat:] if said.by == "bot"), *one.notices[notices:]]

        doing = does(person)
        await person.wait_for(lambda one: bool(heard(one)))
        await asyncio.gather(*([doing] if isinstance(doing, asyncio.Task) else []))
        await around.quiet()
        return "\n".join(heard(person))

    async def posts(self, body: dict[str, object], *, told: bool = False) -> str:
        """Send a signed request of theirs; the answer to it, or what they are `told` afterwards."""
        around, trigger = self.around, f"{next(self.numbers)}.1"
        person = around.slack.person(self.account, name=self.who)
        await around.quiet()
        before = len(person.direct.messages)
        who = {"user_id": self.account, "user": {"id": self.account}}
        asked = slack_request({"trigger_id": trigger, **body, **who}, around.now.timestamp())
        url = around.url + asked.path
        async with around.http.post(url, data=asked.body, headers=asked.headers) as answer:
            assert answer.status == 200
            said = await answer.text()
        if told:
            await person.wait_for(lambda one: len(one.direct.messages) > before)
            said = heard(person.direct.messages[before:])
        return said


def heard(messages: list[RoomMessage]) -> str:
    return "\n".join(one.text for one in messages)


def refusal(said: str) -> str:
    """What the words mean in the table."""
    return next((cell for words, cell in _REFUSALS.items() if words in said.replace("\\u2019", "'")), said)


def _form(action: Action, complaint: UUID, filled: Mapping[str, str]) -> dict[str, object]:
    inputs = [{"type": "input", "block_id": block, "element": {}} for block in filled]
    values = {
        block: {"value": {"type": "plain_text_input", "value": words}} for block, words in filled.items()
    }
    return {
        "type": "view_submission",
        "view": {
            "type": "modal",
            "id": f"V{uuid4().hex[:8].upper()}",
            "hash": "1",
            "callback_id": f"step.{action}",
            "private_metadata": json.dumps({"complaint": str(complaint)}),
            "blocks": inputs,
            "state": {"values": values},
        },
    }
