"""Simulated patients, who know nothing of the bot but their chat."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

from bot.catalog import load
from bot.dialog.answer import FreeText, Item, OneChoice, Scale
from sandbox.telegram import ChatMessage, Person
from tests.faults.ledger import Parting, Told

CATALOG = load()
NUMBER = re.compile(r"C-\d{4}-\d{6}")
_CONSENT = ("consent", "agree")
_Question = tuple[str, str]
_QUESTIONS: Mapping[_Question, Item] = {
    (asked.id, item.id): item
    for asked in CATALOG.questionnaires.values()
    if asked.id != "lab_issue"
    for item in asked.items
}
_ABUSE = 0.15
_ONE_IN, _AFTER = 8, 3
"""One patient in so many blocks the bot or, by turns, deletes their account, after so many answers."""


class Patient:
    """Answers whatever is asked, at times typing, tapping twice, late, on what is not theirs, or nonsense.

    Every method raises TimeoutError when the bot falls silent for `patience` seconds.
    """

    def __init__(self, person: Person, told: Told, rng: Random, patience: float) -> None:
        self._person = person
        self._rng = rng
        self._patience = patience
        self._past: set[_Question] = set()
        self.told = told

    async def joins(self, token: str, others: Sequence[Person]) -> None:
        """From the link to the end of the survey, and perhaps of a complaint."""
        rng, person = self._rng, self._person
        person.start(token)
        await self._until(lambda: self._open() == _CONSENT)
        if rng.random() < 0.05:
            person.tap("No, thanks")
            await self._parts(Parting.REFUSED, "consent.refused")
            return
        person.tap("Yes")
        await self._until(lambda: self._open() not in (None, _CONSENT))
        self._past.add(_CONSENT)
        leaves = self.told.chat_id % _ONE_IN == 0
        await self._answers("after_collection", others, stop=not leaves and rng.random() < 0.06, block=leaves)
        if self.told.parting is None and not self.told.complaints and rng.random() < 0.1:
            person.say("/complaint")
            await self._until(lambda: self._open() == ("complaint", "happened"))
            await self._answers("complaint", others)
        self.told.parting = self.told.parting or Parting.THANKED

    async def returns(self, others: Sequence[Person]) -> None:
        """Is asked about the results, and answers."""
        await self._until(lambda: self._open() is not None)
        await self._answers("after_results", others)
        self.told.parting = Parting.THANKED

    async def stops(self) -> None:
        """Wants no more messages."""
        self._person.say("/stop")
        await self._parts(Parting.STOPPED, "stop.confirmed")

    async def _answers(
        self, questionnaire: str, others: Sequence[Person], *, stop: bool = False, block: bool = False
    ) -> None:
        """Answer until thanked, or leave halfway."""
        awaited = questionnaire
        while True:
            await self._until(partial(self._has_moved_on, None, awaited))
            question = self._open()
            if question is None:
                break
            if stop and self._rng.random() < 0.3:
                await self.stops()
                return
            given = self._give(question, others)
            if block and len(self.told.answers) >= _AFTER:
                self.told.unsure[question] = given
                if self.told.chat_id % (2 * _ONE_IN) == 0:
                    self._person.disappear()
                else:
                    self._person.block()
                self.told.parting = Parting.BLOCKED
                return
            awaited = _leads_to(question, given) or awaited
            await self._until(partial(self._has_moved_on, question, awaited))
            self.told.answers[question] = given
            self._past.add(question)
        if numbers := NUMBER.findall(self._thanks(awaited)):
            words = "topic" if awaited == "call_back" else "happened"
            self.told.complaints[numbers[0]] = str(self.told.answers[awaited, words])

    async def _parts(self, parting: Parting, phrase: str) -> None:
        farewell = CATALOG.say(phrase, "en")
        await self._until(lambda: any(farewell in one.text for one in self._messages()))
        self.told.parting, self.told.farewell = parting, farewell

    def _give(self, question: _Question, others: Sequence[Person]) -> int | str:
        """Answer once as one should, and perhaps again as one should not."""
        rng, item = self._rng, _QUESTIONS[question]
        message = next(
            one
            for one in reversed(self._messages())
            if _asks(one) == question and (one.buttons or isinstance(item, FreeText))
        )
        match item:
            case FreeText():
                words = f"{question[1]} number {rng.randrange(10**6)}"
                self._person.say(words)
                return words
            case Scale(low=low, high=high):
                bad = rng.random() < 0.04
                value = low if bad else rng.randint(high - 2, high)
                labels: dict[int | str, str] = {one: str(one) for one in range(low, high + 1)}
                given: int | str = value
                if rng.random() < _ABUSE:
                    self._person.say("perhaps")
            case OneChoice(choices=choices):
                labels = {one.id: one.label.in_locale("en") for one in choices}
                given = rng.choice([one.id for one in choices])
            case _:
                raise AssertionError(f"nobody here knows how to answer {question}")
        if isinstance(given, int) and rng.random() < 0.2:
            self._person.say(str(given))
        else:
            self._person.tap(labels[given], message_id=message.message_id)
        if rng.random() < _ABUSE:
            self._taps_again(message)
        if rng.random() < _ABUSE / 3:
            self._taps_what_is_not_theirs(message, rng.choice(others))
        return given

    def _taps_again(self, message: ChatMessage) -> None:
        """Another of the buttons, or the same one, on a question that was just answered."""
        button = self._rng.choice([one for row in message.buttons for one in row])
        if button.data is not None:
            self._person.tap_data(message.message_id, button.data)

    def _taps_what_is_not_theirs(self, message: ChatMessage, other: Person) -> None:
        for theirs in reversed(other.chat):
            for row in theirs.buttons:
                if row[0].data is not None:
                    self._person.tap_data(message.message_id, row[0].data)
                    return

    def _messages(self) -> list[ChatMessage]:
        return [one for one in self._person.chat if one.by == "bot"]

    def _open(self, besides: _Question | None = None) -> _Question | None:
        """The question that stands open: the last one asked, unless the thanks came after it.

        A copy of one that was answered already, or is being answered, is passed over, as people do who have
        tapped it in vain; so is one whose buttons have just been taken off, because it is to be asked anew.
        """
        for message in reversed(self._messages()):
            question = _asks(message)
            if question in self._past or (question is not None and question == besides):
                continue
            if (
                question is not None
                and not message.buttons
                and not isinstance(_QUESTIONS[question], FreeText)
            ):
                continue
            if question is not None:
                return question
            if any(_thanks_of(one).search(message.text) for one in CATALOG.questionnaires):
                return None
        return None

    def _thanks(self, questionnaire: str) -> str:
        pattern = _thanks_of(questionnaire)
        return next((one.text for one in reversed(self._messages()) if pattern.search(one.text)), "")

    def _has_moved_on(self, question: _Question | None, awaited: str) -> bool:
        """Whether another question stands open, or the thanks that are awaited."""
        return self._open(besides=question) is not None or bool(self._thanks(awaited))

    async def _until(self, seen: Callable[[], bool]) -> None:
        """Wait for what can be seen in the chat, looking again only when something has changed there."""
        looked: tuple[int, int] | None = None

        def look(person: Person) -> bool:
            nonlocal looked
            if person.looks == looked:
                return False
            looked = person.looks
            return seen()

        await self._person.wait_for(look, self._patience)


def _leads_to(question: _Question, given: int | str) -> str | None:
    """The questionnaire that follows because of this answer."""
    item = _QUESTIONS[question]
    choices = item.choices if isinstance(item, OneChoice) else ()
    return next((one.leads_to for one in choices if one.id == given), None)


def _asks(message: ChatMessage) -> _Question | None:
    for question, item in _QUESTIONS.items():
        if CATALOG.render(item.text, "en") in message.text:
            return question
    return None


def _thanks_of(questionnaire: str) -> re.Pattern[str]:
    words = CATALOG.questionnaires[questionnaire].thanks.in_locale("en")
    return re.compile(re.escape(words).replace(r"\{number\}", NUMBER.pattern))
