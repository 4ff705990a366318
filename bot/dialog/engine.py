"""One step of a conversation: what happened, and what follows from it. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from bot.dialog import filling, talking
from bot.dialog.asking import CONSENT, STOP, consent_question, pressed, question
from bot.dialog.effect import (
    Effect,
    Ending,
    EndResponse,
    GiveConsent,
    Notice,
    Option,
    PostponeFollowUp,
    RefuseConsent,
    Send,
    SetLanguage,
    TellStatus,
    Withdraw,
)
from bot.dialog.event import (
    Attached,
    Chose,
    Command,
    Commanded,
    Due,
    Event,
    FollowUpDue,
    FormSubmitted,
    Said,
    Started,
    Stopped,
)
from bot.dialog.form import take_form
from bot.dialog.message import Phrase
from bot.dialog.questionnaire import Shelf
from bot.dialog.schedule import Trigger
from bot.dialog.state import Asking, Running, State
from bot.dialog.talking import Regarding

COMPLAINT = "complaint"
CONCERN = "concern"
YES = "yes"
LANGUAGE_CODE = "lang-"
BUSY = timedelta(hours=1)
NEXT_TRY = timedelta(days=1)

Standing = Literal["open", "again", "mine", "used", "expired", "unknown", "enough"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a step needs to know beyond the state.

    `fresh_id` becomes the id of a response begun in this step (at most one is). `conversation` is what this
    person's buttons carry. `visit` and `standing` are of the visit a Started event's token belongs to, or of
    the one whose consent question is open. `about` is the complaint that words or a button are about, if any
    is; `unknown_code`, that they have the form of a relay code and no complaint has it;
    `many_concerns`, that they have told of several within the hour.
    """

    locale: str
    locales: tuple[str, ...]
    fresh_id: str
    conversation: str
    visit: str | None = None
    standing: Standing = "unknown"
    about: Regarding | None = None
    unknown_code: bool = False
    many_concerns: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """The state after a step, and what is to be done, in order."""

    state: State
    effects: tuple[Effect, ...]

    @property
    def awaits_an_answer(self) -> bool:
        """Whether something is open now, or buttons were shown."""
        return bool(self.state.stack) or any(isinstance(one, Send) and one.options for one in self.effects)


def button_data(conversation: str, revision: int, code: str) -> str:
    """What a button carries: whose it is, which state it belongs to, and what it means. At most 64 bytes."""
    return f"{conversation}.{revision}.{code}"


def step(shelf: Shelf, state: State, event: Event, now: datetime, facts: Facts) -> Turn:
    """React to one event. Never raises for anything a person can do; what makes no sense is asked again."""
    after, effects = _react(shelf, state, event, now, facts)
    if not isinstance(event, FollowUpDue):
        after = replace(after, touched=now)
    if after.in_front != state.in_front:
        after = replace(after, revision=state.revision + 1)
    return Turn(after, effects)


Reaction = tuple[State, tuple[Effect, ...]]


def _react(shelf: Shelf, state: State, event: Event, now: datetime, facts: Facts) -> Reaction:
    match event:
        case Started():
            return _started(shelf, state, event, now, facts)
        case Commanded():
            return _commanded(shelf, state, event.command, now, facts)
        case Said():
            return _said(shelf, state, event.text, now, facts)
        case Chose():
            return _chose(shelf, state, event.data, now, facts)
        case Attached():
            where = () if state.stack else (Phrase("attached.idle"),)
            return state, (Send((Phrase(f"attached.{event.what}"), *where)), *_asked_again(shelf, state))
        case Stopped():
            ended = tuple(filling.ended(shelf, one, Ending.STOPPED) for one in state.running)
            goodbye = () if event.blocked else (Send((Phrase("stop.confirmed"),), place="question"),)
            return replace(state, stack=()), (*ended, Withdraw(), *goodbye)
        case FormSubmitted():
            return state, take_form(shelf, event, facts.fresh_id)
        case FollowUpDue():
            return _follow_up(shelf, state, event, now, facts)
        case _:
            assert_never(event)


def _started(shelf: Shelf, state: State, event: Started, now: datetime, facts: Facts) -> Reaction:
    if event.token == CONCERN and facts.many_concerns:
        return state, (Send((Phrase("concern.enough"),)),)
    if event.token == CONCERN:
        return _begun(shelf, state, CONCERN, now, facts)
    if event.token is None:
        return state, (Send((Phrase("welcome"),)), *_asked_again(shelf, state))
    match facts.standing:
        case "open" | "again":
            beneath = tuple(one for one in state.stack if not isinstance(one, Asking))
            asking = (Asking(facts.visit),) if facts.visit else ()
            return replace(state, stack=(*beneath, *asking)), (consent_question(shelf),)
        case "mine":
            return state, (Send((Phrase("token.mine"),)), *_asked_again(shelf, state))
        case "used" | "expired" | "unknown" | "enough":
            return state, (Send((Phrase(f"token.{facts.standing}"),)),)
        case _:
            assert_never(facts.standing)


def _commanded(shelf: Shelf, state: State, command: Command, now: datetime, facts: Facts) -> Reaction:
    match command:
        case Command.HELP:
            return state, (Send((Phrase("help"),)),)
        case Command.LANGUAGE:
            return state, (_language_question(facts.locales),)
        case Command.STATUS:
            return state, (TellStatus(),)
        case Command.COMPLAINT:
            return _begun(shelf, state, COMPLAINT, now, facts)
        case Command.CANCEL:
            return _cancelled(shelf, state)
        case _:
            assert_never(command)


def _begun(shelf: Shelf, state: State, questionnaire: str, now: datetime, facts: Facts) -> Reaction:
    """Begin a questionnaire people open themselves, or ask where they are in it."""
    if state.current and state.current.questionnaire == questionnaire:
        return state, _asked_again(shelf, state)
    return filling.begin(shelf.newest(questionnaire), state, facts.fresh_id, visit=None, now=now)


def _language_question(locales: tuple[str, ...]) -> Send:
    options = tuple((Option(Phrase(f"language.{one}"), LANGUAGE_CODE + one),) for one in locales)
    return Send((Phrase("language.ask"),), options, place="language")


def _cancelled(shelf: Shelf, state: State) -> Reaction:
    if state.consent_for or state.replying:
        return _let_be(shelf, state, replace_question=False)
    if state.current is None:
        return state, (Send((Phrase("cancel.nothing"),)),)
    return filling.left(shelf, state, state.current, replace_question=False)


def _let_be(shelf: Shelf, state: State, *, replace_question: bool) -> Reaction:
    """Leave a question that nothing is lost with, and come back to what lay beneath."""
    settled = replace(state, stack=state.stack[:-1])
    left = Send((Phrase("cancel.done"),), replace=replace_question, place="question")
    return settled, (left, *filling.resumed(shelf, settled))


def _said(shelf: Shelf, state: State, text: str, now: datetime, facts: Facts) -> Reaction:
    if state.consent_for:
        question = shelf.newest(CONSENT).items[0]
        meant = question.read(text, facts.locale)
        if meant is None:
            return state, (consent_question(shelf, question.reask),)
        return _consented(shelf, state, str(meant), now, facts, replace_question=False)
    if facts.unknown_code:
        return state, (Send((Phrase("relay.unknown"),)),)
    if facts.about is not None:
        return talking.said(state, text, now, facts.about)
    if state.replying:
        return talking.answered(shelf, state, state.replying, text, now)
    return filling.said(shelf, state, text, now, facts.locale, facts.fresh_id)


def _chose(shelf: Shelf, state: State, data: str, now: datetime, facts: Facts) -> Reaction:
    conversation, _, rest = data.partition(".")
    revision, _, code = rest.partition(".")
    if conversation != facts.conversation:
        return state, (Notice(Phrase("notice.not_yours")),)
    if code.startswith(LANGUAGE_CODE):
        return _language_chosen(shelf, state, code.removeprefix(LANGUAGE_CODE), facts)
    if (read := talking.read_about(code)) is not None:
        return talking.pressed(state, read[0], facts.about)
    if revision != str(state.revision):
        return state, (Notice(Phrase("notice.stale")),)
    if state.replying and code == STOP:
        return _let_be(shelf, state, replace_question=True)
    if state.consent_for:
        answer = pressed(shelf.newest(CONSENT).items[0], code)
        if answer is None:
            return state, (Notice(Phrase("notice.stale")),)
        return _consented(shelf, state, str(answer), now, facts, replace_question=True)
    return filling.chose(shelf, state, code, now, facts.fresh_id)


def _language_chosen(shelf: Shelf, state: State, locale: str, facts: Facts) -> Reaction:
    if locale not in facts.locales:
        return state, (Notice(Phrase("notice.stale")),)
    told = Send((Phrase("language.set"),), replace=True, place="language")
    if locale == facts.locale:
        return state, (Notice(Phrase("language.set")), told)
    return state, (SetLanguage(locale), told, *_asked_again(shelf, state))


def _consented(
    shelf: Shelf, state: State, answer: str, now: datetime, facts: Facts, *, replace_question: bool
) -> Reaction:
    visit = state.consent_for or ""
    settled = replace(state, stack=state.stack[:-1])
    again = facts.standing == "again"
    if facts.standing != "open" and not again:
        told = Send((Phrase(f"token.{facts.standing}"),), replace=replace_question, place="question")
        return settled, (told, *filling.resumed(shelf, settled))
    if answer != YES:
        word = Phrase("stop.confirmed" if again else "consent.refused")
        refused = () if again else (RefuseConsent(visit),)
        kind_word = Send((word,), replace=replace_question, place="question")
        return settled, (*refused, kind_word, *filling.resumed(shelf, settled))
    questionnaires = shelf.scheduled(Trigger.COLLECTION)
    if again or not questionnaires:
        thanks = Send((Phrase("consent.given"),), replace=replace_question, place="question")
        return settled, (GiveConsent(visit), thanks)
    after, effects = filling.begin(
        questionnaires[0], settled, facts.fresh_id, visit=visit, now=now, replace_question=replace_question
    )
    return after, (GiveConsent(visit), *effects)


def _follow_up(shelf: Shelf, state: State, event: FollowUpDue, now: datetime, facts: Facts) -> Reaction:
    running = next((one for one in state.running if one.response == event.response), None)
    busy = state.touched is not None and now - state.touched < BUSY
    match event.due:
        case Due.ASK:
            if busy and state.touched and state.stack:
                return state, (PostponeFollowUp(event.follow_up, state.touched + BUSY),)
            if any(one.questionnaire == event.questionnaire for one in state.running):
                return state, (PostponeFollowUp(event.follow_up, now + NEXT_TRY),)
            questionnaire = shelf.newest(event.questionnaire)
            return filling.begin(questionnaire, state, facts.fresh_id, visit=event.visit, now=now)
        case Due.REMIND:
            if running is None:
                return state, ()
            if busy and state.touched:
                return state, (PostponeFollowUp(event.follow_up, state.touched + BUSY),)
            if running is not state.current:
                return state, (PostponeFollowUp(event.follow_up, now + NEXT_TRY),)
            return state, (question(shelf, running, Phrase("reminder")),)
        case Due.EXPIRE:
            if running is None:
                return state, (EndResponse(event.response, Ending.EXPIRED),) if event.response else ()
            return _expired(shelf, state, running)
        case _:
            assert_never(event.due)


def _expired(shelf: Shelf, state: State, running: Running) -> Reaction:
    left = replace(state, stack=tuple(one for one in state.stack if one is not running))
    ended = filling.ended(shelf, running, Ending.EXPIRED)
    if running is not state.current:
        return left, (ended,)
    word = Send((Phrase("survey.expired"),), replace=True, place="question")
    return left, (ended, word, *filling.resumed(shelf, left))


def _asked_again(shelf: Shelf, state: State) -> tuple[Effect, ...]:
    return (question(shelf, state.in_front),) if state.in_front else ()
