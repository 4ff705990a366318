"""Talking about a complaint that is in: the reporter answers, and says whether it was put right."""

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from bot.complaints.terms import Rating
from bot.dialog.asking import reply_question
from bot.dialog.effect import AddWords, Effect, Notice, RateComplaint, Send, TellRelayed
from bot.dialog.filling import resumed
from bot.dialog.message import Phrase
from bot.dialog.questionnaire import Shelf
from bot.dialog.state import Replying, State, Talk

Reaction = tuple[State, tuple[Effect, ...]]
Meaning = Literal["answer"] | Rating

STILL_TALKING = timedelta(minutes=10)
"""What is typed this soon after words about a complaint, with nothing else open, is about it as well."""

_SIGN = "~"
_LETTERS: dict[Meaning, str] = {"answer": "a", Rating.YES: "y", Rating.PARTLY: "p", Rating.NO: "n"}
_MEANINGS = {letter: meaning for meaning, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Regarding:
    """The complaint an event is about, found to be this person's own.

    `by_code` means that they just sent the code that an anonymous reporter has; `rateable`, that it is closed
    and they have not said yet whether it was put right.
    """

    complaint: str
    number: str
    by_code: bool = False
    rateable: bool = False


def about_code(meaning: Meaning, complaint: str) -> str:
    """What a button about a complaint carries: 24 characters, so that all it carries is at most 64 bytes."""
    packed = base64.urlsafe_b64encode(UUID(complaint).bytes).rstrip(b"=").decode()
    return f"{_SIGN}{_LETTERS[meaning]}{packed}"


def read_about(code: str) -> tuple[Meaning, str] | None:
    """The meaning of a button about a complaint, and the complaint's id; None for every other button."""
    meaning = _MEANINGS.get(code[1:2])
    if not code.startswith(_SIGN) or meaning is None:
        return None
    try:
        return meaning, str(UUID(bytes=base64.b64decode(code[2:] + "==", altchars=b"-_", validate=True)))
    except (ValueError, binascii.Error):
        return None


def said(state: State, text: str, now: datetime, about: Regarding) -> Reaction:
    """Pass the reporter's words on, or show who comes back with a code where their complaint stands."""
    if about.by_code:
        return replace(state, relayed=about.complaint), (TellRelayed(about.complaint),)
    return _passed_on(state, text, now, about.complaint, about.number)


def answered(shelf: Shelf, state: State, open_: Replying, text: str, now: datetime) -> Reaction:
    """Pass on what the reporter was asked to write, and come back to what lay beneath."""
    settled = replace(state, stack=state.stack[:-1])
    after, effects = _passed_on(settled, text, now, open_.complaint, open_.number)
    return after, (*effects, *resumed(shelf, after))


def pressed(state: State, meaning: Meaning, about: Regarding | None) -> Reaction:
    """Take a button about a complaint; one that is not theirs, or was used before, changes nothing."""
    if about is None:
        return state, (Notice(Phrase("notice.stale")),)
    if meaning == "answer":
        return _asking(state, about, Phrase("reply.ask", {"number": about.number}))
    if not about.rateable:
        return state, (Notice(Phrase("rating.again")),)
    rated = RateComplaint(about.complaint, meaning)
    if meaning is Rating.YES:
        return state, (rated, Send((Phrase("rating.thanks.yes"),)))
    asked, effects = _asking(state, about, Phrase(f"rating.thanks.{meaning}", {"number": about.number}))
    return asked, (rated, *effects)


def _asking(state: State, about: Regarding, prompt: Phrase) -> Reaction:
    beneath = tuple(one for one in state.stack if not isinstance(one, Replying))
    open_ = Replying(about.complaint, about.number)
    return replace(state, stack=(*beneath, open_)), (reply_question(prompt),)


def _passed_on(state: State, text: str, now: datetime, complaint: str, number: str) -> Reaction:
    """The words go to the laboratory; of several in a row, the first alone is answered."""
    goes_on = state.talk is not None and state.talk.complaint == complaint and is_fresh(state.talk, now)
    thanks = () if goes_on else (Send((Phrase("reply.passed_on", {"number": number}),)),)
    return replace(state, talk=Talk(complaint, number, now)), (AddWords(complaint, text), *thanks)


def is_fresh(talk: Talk, now: datetime) -> bool:
    """Whether what is typed now may still be about the complaint."""
    return now - talk.at < STILL_TALKING
