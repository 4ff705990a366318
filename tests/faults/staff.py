"""Physicians who report issues in Slack, and the nurse who works through the triage room."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import TypeVar

from bot.complaints.lifecycle import Action
from sandbox.slack import Room, RoomMessage, SlackPerson, View
from sandbox.slack.delivery import Acked, Outcome
from tests.faults.ledger import Ledger
from tests.faults.people import NUMBER

_Gain = TypeVar("_Gain")

_GLANCE_SECONDS = 4.0
_A_MOMENT_SECONDS = 0.1
_LABELS = {Action.ACKNOWLEDGE: "Acknowledge", Action.RESOLVE: "Resolve"}


class Physician:
    """Reports an issue, sends the form off until it is taken, and asks after it."""

    def __init__(self, person: SlackPerson, room: Room, rng: Random, patience: float) -> None:
        self._person = person
        self._room = room
        self._rng = rng
        self._patience = patience

    async def reports(self, ledger: Ledger) -> None:
        """Once, from the command to the number; TimeoutError when that does not come to pass."""
        words = f"The tube never reached the bench, {self._rng.randrange(10**9)}"
        async with asyncio.timeout(self._patience):
            await self._opens_form()
            self._person.fill(
                {"category": "specimen", "phase": "general", "severity": "minor", "happened": words}
            )
            number = await _insist(self._submits)
        ledger.issues.append((number, words))
        _close_all(self._person)
        if self._rng.random() < 0.3:
            self._person.open_home()  # waiting for no acknowledgement: Slack may repeat this for a while
        if self._rng.random() < 0.5:
            await self._writes()

    async def _submits(self) -> str | None:
        """The number shown, if the form was taken."""
        await self._person.submit()
        return _number_in(self._person.modal)

    async def looks(self, ledger: Ledger) -> None:
        """What App Home shows once all is calm."""
        async with asyncio.timeout(self._patience):
            await _insist(lambda: _taken(self._person.open_home()))
        home = self._person.home
        ledger.homes[self._person.user_id] = "" if home is None else str(home.blocks)

    async def _writes(self) -> None:
        """Ask something in so many words, again when Slack has given up, until there is an answer."""

        def heard(person: SlackPerson) -> int:
            return sum(one.bot for one in person.direct.messages)

        before = heard(self._person)
        await _insist(lambda: _taken(self._person.say(self._person.direct, "Is there any news?")))
        await self._person.wait_for(lambda one: heard(one) > before, self._patience)

    async def _opens_form(self) -> None:
        while not _is_asked(self._person):
            _close_all(self._person)
            if isinstance(await self._person.command(self._room, "/lab-issue"), Acked):
                with suppress(TimeoutError):
                    await self._person.wait_for(_is_asked, _GLANCE_SECONDS)
            else:
                await asyncio.sleep(_A_MOMENT_SECONDS)


class Nurse:
    """Acknowledges every complaint shown in the room, and resolves some."""

    def __init__(self, person: SlackPerson, room: Room, rng: Random) -> None:
        self._person = person
        self._room = room
        self._rng = rng

    async def works(self, ledger: Ledger) -> None:
        """Until cancelled."""
        while True:
            for number in self._cards():
                await self._looks_at(number, ledger)
            await asyncio.sleep(0.05)

    async def works_off(self, ledger: Ledger, seconds: float) -> None:
        """Until every complaint is acknowledged; TimeoutError if that does not come to pass."""
        async with asyncio.timeout(seconds):
            while any(_LABELS[Action.ACKNOWLEDGE] in _buttons(card) for card in self._cards().values()):
                for number in self._cards():
                    await self._looks_at(number, ledger)

    async def _looks_at(self, number: str, ledger: Ledger) -> None:
        card = self._cards()[number]
        labels = _buttons(card)
        if _LABELS[Action.ACKNOWLEDGE] in labels:
            await self._person.click(card, _LABELS[Action.ACKNOWLEDGE])
            await self._sees_done(number, Action.ACKNOWLEDGE, ledger)
        elif _LABELS[Action.RESOLVE] in labels and self._rng.random() < 0.05:
            await self._resolves(number, card, ledger)

    async def _resolves(self, number: str, card: RoomMessage, ledger: Ledger) -> None:
        if not isinstance(await self._person.click(card, _LABELS[Action.RESOLVE]), Acked):
            return
        with suppress(TimeoutError):
            await self._person.wait_for(_is_asked, _GLANCE_SECONDS)
            self._person.fill({"outcome": "A new tube was drawn", "words": "We are sorry, and it is mended."})
            await self._person.submit()
            await self._sees_done(number, Action.RESOLVE, ledger)
        _close_all(self._person)

    async def _sees_done(self, number: str, action: Action, ledger: Ledger) -> None:
        """Write the step down once the card no longer offers it; else it is tried again later."""

        def done(_: SlackPerson) -> bool:
            return _LABELS[action] not in _buttons(self._cards()[number])

        with suppress(TimeoutError):
            await self._person.wait_for(done, _GLANCE_SECONDS)
            ledger.steps.add((number, action))

    def _cards(self) -> dict[str, RoomMessage]:
        """The newest card of each complaint."""
        return {
            numbers[0]: message
            for message in self._room.messages
            if message.bot and message.thread_ts is None and (numbers := NUMBER.findall(message.text))
        }


async def _insist(attempt: Callable[[], Awaitable[_Gain | None]]) -> _Gain:
    """Try again after a moment until something comes of it, as people do."""
    while True:
        if (gain := await attempt()) is not None:
            return gain
        await asyncio.sleep(_A_MOMENT_SECONDS)


async def _taken(deed: Awaitable[Outcome]) -> Acked | None:
    outcome = await deed
    return outcome if isinstance(outcome, Acked) else None


def _is_asked(person: SlackPerson) -> bool:
    """Whether a form stands open: at first there may be a word that it is coming."""
    return person.modal is not None and person.modal.submit is not None


def _close_all(person: SlackPerson) -> None:
    while person.modal is not None:
        person.close()


def _buttons(card: RoomMessage) -> set[str]:
    return {
        element["text"]["text"]
        for block in card.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }


def _number_in(view: View | None) -> str | None:
    found = NUMBER.findall(str(view.blocks)) if view is not None else []
    return found[0] if found else None
