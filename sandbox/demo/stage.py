"""The demo as a whole: the people, the laboratory, what they do, and what is to be seen."""

import asyncio
import html
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias, assert_never

from sandbox.changes import Changes
from sandbox.demo import desk, handset
from sandbox.demo.actions import (
    Action,
    Advance,
    Block,
    Click,
    Close,
    CollectSample,
    DeliverResults,
    OpenHome,
    OpenLink,
    Say,
    SendPhoto,
    SendVoice,
    Shortcut,
    Submit,
    Tap,
    Write,
)
from sandbox.demo.cast import COLLEAGUES, PATIENTS, Errand
from sandbox.demo.laboratory import Laboratory
from sandbox.demo.wirelog import WireLog
from sandbox.slack import SlackPerson, SlackSandbox, View
from sandbox.telegram import Person, TelegramSandbox
from sandbox.wire import Json

PHOTO = Path(__file__).parent / "static" / "waiting-room.png"
"""The picture that patients send."""

REPORT_SHORTCUT = "report_to_lab"
"""The message shortcut, as slack-manifest.yaml declares it."""

_SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}

_AtTheLab: TypeAlias = CollectSample | DeliverResults | Advance
_OnThePhone: TypeAlias = OpenLink | Say | Tap | SendPhoto | SendVoice | Block
_AtTheDesk: TypeAlias = Write | Click | Shortcut | OpenHome | Submit | Close


class Stage:
    """What the page shows, and the doing of what its visitor asks for.

    Everything is done through the two stand-ins and the laboratory, so it reaches the bot over the wire.
    """

    def __init__(self, telegram: TelegramSandbox, slack: SlackSandbox, laboratory: Laboratory) -> None:
        self.telegram = telegram
        self.slack = slack
        self.changes = Changes()
        self._laboratory = laboratory
        self._patients = {
            one.chat_id: telegram.person(one.chat_id, first_name=one.name, language_code=one.language_code)
            for one in PATIENTS
        }
        self._colleagues = {one.user_id: slack.person(one.user_id, name=one.name) for one in COLLEAGUES}
        self._errands: dict[str, Errand] = {}
        self._deeds: Counter[str] = Counter()
        self._wire = WireLog(telegram.calls, slack.calls, laboratory.now)

    def seen(self) -> dict[str, Json]:
        """Everything to be seen now, by part of the page; each part is a JSON object."""
        now = self._laboratory.now()
        zone = now.tzinfo
        if zone is None:
            raise ValueError("The laboratory's clock must know its timezone.")
        errands = list(self._errands.values())
        return {
            "lab": {
                "now": now.isoformat(timespec="milliseconds"),
                "zone": str(zone),
                "errands": [errand.seen() for errand in errands],
                "deeds": dict(self._deeds),
            },
            "phone": {
                "people": [
                    handset.phone(self.telegram, one, self._patients[one.chat_id], errands, zone)
                    for one in PATIENTS
                ]
            },
            "slack": desk.workspace(
                self.slack, [(one, self._colleagues[one.user_id]) for one in COLLEAGUES], zone
            ),
            "wire": {"lines": self._wire.lines(zone)},
        }

    async def perform(self, action: Action) -> None:
        """Do what the visitor asks for.

        Raises:
            LookupError: somebody or something the action names is not there.
            RuntimeError: the person cannot do that now.
            TypeError: a value does not fit its input.
            LaboratoryError: the bot did not take what the laboratory told it.
        """
        match action:
            case CollectSample() | DeliverResults() | Advance():
                await self._at_the_lab(action)
            case OpenLink() | Say() | Tap() | SendPhoto() | SendVoice() | Block():
                self._on_the_phone(action, self._patient(action.patient))
            case Write() | Click() | Shortcut() | OpenHome() | Submit() | Close():
                await self._at_the_desk(action, self._colleague(action.colleague))
            case _:
                assert_never(action)
        self._deeds[action.do] += 1
        self.changes.happened()

    async def _at_the_lab(self, action: _AtTheLab) -> None:
        match action:
            case CollectSample(patient=chat_id):
                self._patient(chat_id)
                self._wire.told("LIS", "POST /lis/visits")
                visit = await self._laboratory.collect_sample()
                self._errands[visit.order] = Errand(visit, chat_id)
            case DeliverResults(order=order):
                errand = self._errand(order)
                self._wire.told("LIS", "POST /lis/results")
                await self._laboratory.deliver_results(order)
                errand.delivered = True
            case Advance(by=by):
                await self._laboratory.advance(_SPANS[by])
            case _:
                assert_never(action)

    def _on_the_phone(self, action: _OnThePhone, patient: Person) -> None:
        match action:
            case OpenLink(order=order):
                errand = self._errand(order)
                self._wire.told("Telegram", "message /start")
                patient.start(errand.visit.telegram_token)
                errand.opened = True
            case Say(text=text):
                self._wire.told("Telegram", f"message {text.split()[0]}" if text[:1] == "/" else "message")
                patient.say(text)
            case Tap(message=message, data=data):
                self._wire.told("Telegram", "callback_query")
                patient.tap_data(message, data)
            case SendPhoto():
                self._wire.told("Telegram", "message with a photo")
                patient.send_photo(PHOTO.read_bytes())
            case SendVoice():
                self._wire.told("Telegram", "message with a voice note")
                patient.send_voice()
            case Block(blocked=blocked):
                self._wire.told("Telegram", "my_chat_member")
                if blocked != patient.blocked:
                    _ = patient.block() if blocked else patient.unblock()
            case _:
                assert_never(action)

    async def _at_the_desk(self, action: _AtTheDesk, person: SlackPerson) -> None:
        match action:
            case Write(room=room, text=text, thread=thread):
                self._write(person, room, text, thread)
            case Click(action=name, option=option, values=values):
                place = self._place(person, action)
                if values:
                    person.fill(values)
                person.click(place, name, option)
                self._deeds[f"clicked {person.user_id}"] += 1
                self._wire.told("Slack", "block_actions")
            case Shortcut(room=room, ts=ts):
                person.shortcut(REPORT_SHORTCUT, desk.find_message(self.slack, person, room, ts))
                self._wire.told("Slack", "message_action")
            case OpenHome():
                person.open_home()
                self._wire.told("Slack", "app_home_opened")
            case Submit(view=view, values=values):
                _open_modal(person, view)
                person.fill(values)
                self._wire.told("Slack", "view_submission")
                if await asyncio.shield(person.submit()) is None:
                    self._deeds[f"submitted {person.user_id}"] += 1
            case Close():
                person.close()
            case _:
                assert_never(action)

    def _write(self, person: SlackPerson, room_id: str, text: str, thread: str | None) -> None:
        room = desk.find_room(self.slack, person, room_id)
        name, _, rest = text.strip().partition(" ")
        if name.startswith("/") and len(name) > 1:
            person.command(room, name, rest.strip(), thread)
            if thread is None:
                self._wire.told("Slack", f"slash_commands {name}")
                self._deeds[name] += 1
        else:
            if room.kind == "im":
                self._wire.told("Slack", "event message")
            person.say(room, html.escape(text, quote=False), thread)

    def _place(self, person: SlackPerson, action: Click) -> desk.Place:
        if action.room is not None and action.ts is not None:
            return desk.find_message(self.slack, person, action.room, action.ts)
        if person.home is not None and person.home.view_id == action.view:
            return person.home
        return _open_modal(person, action.view)

    def _patient(self, chat_id: int) -> Person:
        if chat_id not in self._patients:
            raise LookupError("There is no such patient.")
        return self._patients[chat_id]

    def _colleague(self, user_id: str) -> SlackPerson:
        if user_id not in self._colleagues:
            raise LookupError("There is no such colleague.")
        return self._colleagues[user_id]

    def _errand(self, order: str) -> Errand:
        if order not in self._errands:
            raise LookupError("There is no such order.")
        return self._errands[order]


def _open_modal(person: SlackPerson, view_id: str | None) -> View:
    if person.modal is None or person.modal.view_id != view_id:
        raise LookupError("That window is no longer open.")
    return person.modal
