"""Simulated patients, who know nothing of the bot but their chat, and what they were told."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from sandbox.telegram import ChatMessage, Person

ITEMS = ("comfort", "courtesy", "privacy", "waiting", "clarity", "recommend", "comment")
"""The items of `after_collection` in the order they are asked."""

_NUMBERED = re.compile(r"^(\d)/7  ", re.MULTILINE)
_THANKS = "The people who can act on your answers will see them."
_PATIENCE_SECONDS = 120.0


@dataclass(slots=True)
class Ledger:
    """What a patient gave and was then shown as taken, by item: the first valid tap, never a later one."""

    visit_id: str
    answers: dict[str, int | str] = field(default_factory=dict)


class Patient:
    """Answers one survey to its end, at times tapping twice, late, or what is no answer."""

    def __init__(self, person: Person, visit_id: str, rng: Random) -> None:
        self._person = person
        self._rng = rng
        self.ledger = Ledger(visit_id)

    async def answers_all(self, token: str) -> None:
        """From the link to the thanks; TimeoutError when the bot falls silent."""
        self._person.start(token)
        await self._until(lambda: self._newest("Yes") is not None)
        self._person.tap("Yes")
        for number, item in enumerate(ITEMS, 1):
            await self._until(lambda number=number: self._question() == number)  # type: ignore[misc]
            given = self._give(item)
            await self._until(lambda number=number: self._question() != number)  # type: ignore[misc]
            self.ledger.answers[item] = given
        await self._until(lambda: any(_THANKS in one.text for one in self._person.chat))

    def _give(self, item: str) -> int | str:
        rng = self._rng
        if item == "comment":
            words = f"Thank you, number {rng.randrange(10**6)}"
            self._person.say(words)
            return words
        value = rng.randint(7, 10) if item == "recommend" else rng.randint(3, 5)
        if rng.random() < 0.1:
            self._person.say("perhaps")
        if rng.random() < 0.2:
            self._person.say(str(value))
        else:
            self._person.tap(str(value))
        if rng.random() < 0.3:
            self._late_tap(value)
        return value

    def _late_tap(self, value: int) -> None:
        """Another answer to the same question right after the first."""
        other = 3 if value != 3 else 4
        newest = self._newest(str(other))
        if newest is not None:
            self._person.tap(str(other), message_id=newest.message_id)

    def _newest(self, label: str) -> ChatMessage | None:
        found = [one for one in self._person.chat if label in one.labels]
        return found[-1] if found else None

    def _question(self) -> int:
        """The number of the question that stands open, 0 when none does."""
        for message in reversed(self._person.chat):
            if _THANKS in message.text:
                return 0
            if message.by == "bot" and message.buttons and (found := _NUMBERED.search(message.text)):
                return int(found[1])
        return 0

    async def _until(self, seen: Callable[[], bool]) -> None:
        await self._person.wait_for(lambda _: seen(), _PATIENCE_SECONDS)
