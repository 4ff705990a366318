"""Filling in a questionnaire: asking, answering, going back, skipping, stopping, finishing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.dialog.answer import FreeText, OneChoice, Value
from bot.dialog.asking import BACK, SKIP, STOP, ask, pressed, question
from bot.dialog.effect import (
    Effect,
    Ending,
    EndResponse,
    GivePraise,
    Notice,
    OpenComplaint,
    RecordAnswer,
    RetractAnswer,
    ScheduleFollowUp,
    Send,
    StartResponse,
)
from bot.dialog.event import Due
from bot.dialog.message import Phrase
from bot.dialog.questionnaire import Questionnaire, Shelf
from bot.dialog.state import Running, State

Reaction = tuple[State, tuple[Effect, ...]]

_ONE_BREATH = timedelta(seconds=5)
"""What follows words that were too many this soon is their tail: chats cut long messages in several."""


def begin(
    questionnaire: Questionnaire,
    state: State,
    response: str,
    *,
    visit: str | None,
    now: datetime,
    replace_question: bool = False,
) -> Reaction:
    """Start a response on top of whatever is running, and ask its first item."""
    first = questionnaire.asked[0]
    running = Running(questionnaire.id, questionnaire.version, response, first.id, visit)
    started = StartResponse(response, questionnaire.id, questionnaire.version, visit)
    intro = (questionnaire.intro,) if questionnaire.intro else ()
    asked = ask(questionnaire, running, *intro, replace_question=replace_question)
    after = replace(state, stack=(*state.stack, running))
    return after, (started, *_reminders(questionnaire, running, now), asked)


def _reminders(questionnaire: Questionnaire, running: Running, now: datetime) -> tuple[Effect, ...]:
    schedule = questionnaire.schedule
    if schedule is None or running.visit is None:
        return ()
    wanted = [(Due.EXPIRE, schedule.expires)] + ([(Due.REMIND, schedule.remind)] if schedule.remind else [])
    return tuple(
        ScheduleFollowUp(running.visit, questionnaire.id, due, now + wait, running.response)
        for due, wait in wanted
    )


def said(shelf: Shelf, state: State, text: str, now: datetime, locale: str, fresh_id: str) -> Reaction:
    """Take typed words as the answer to the current item, or ask again kindly. Nothing happens if none is."""
    running = state.current
    if running is None:
        return state, (Send((Phrase("idle"),)),)
    questionnaire = shelf.version(running.questionnaire, running.version)
    item = questionnaire.item(running.item)
    value = item.read(text, locale)
    if isinstance(item, FreeText) and state.cut_at is not None and now - state.cut_at < _ONE_BREATH:
        return replace(state, cut_at=now), ()
    if value is None:
        cut_at = now if isinstance(item, FreeText) and len(text) > item.max_length else None
        return replace(state, cut_at=cut_at), (ask(questionnaire, running, item.reask),)
    return _answered(shelf, questionnaire, state, running, value, now, fresh_id, replace_question=False)


def chose(shelf: Shelf, state: State, code: str, now: datetime, fresh_id: str) -> Reaction:
    """Take a pressed button of the current question; a code that is not on it changes nothing."""
    running = state.current
    if running is None:
        return state, (Notice(Phrase("notice.stale")),)
    questionnaire = shelf.version(running.questionnaire, running.version)
    item = questionnaire.item(running.item)
    if code == STOP:
        return left(shelf, state, running, replace_question=True)
    if code == BACK and (earlier := questionnaire.before(item.id, running.answers)):
        moved = replace(running, item=earlier.id)
        return _with(state, moved), (ask(questionnaire, moved, replace_question=True),)
    if code == SKIP and not item.required:
        answers = {key: value for key, value in running.answers.items() if key != item.id}
        kept = _applicable(questionnaire, answers)
        retracted = tuple(RetractAnswer(running.response, key) for key in running.answers if key not in kept)
        skipped = replace(running, answers=kept)
        return _advanced(
            shelf, questionnaire, state, skipped, retracted, now, fresh_id, replace_question=True
        )
    value = pressed(item, code)
    if value is None:
        return state, (Notice(Phrase("notice.stale")),)
    return _answered(shelf, questionnaire, state, running, value, now, fresh_id, replace_question=True)


def ended(shelf: Shelf, running: Running, ending: Ending) -> EndResponse:
    """End a response before its last item: completed if only an offer was left, else `ending`."""
    answered = shelf.version(running.questionnaire, running.version).is_answered(running.item)
    return EndResponse(running.response, Ending.COMPLETED if answered else ending)


def left(shelf: Shelf, state: State, running: Running, *, replace_question: bool) -> Reaction:
    """Leave `running`, the response in front of the person, and come back to what lay beneath."""
    after = replace(state, stack=state.stack[:-1])
    unsent = shelf.version(running.questionnaire, running.version).opens is not None
    farewell = Phrase("complaint.not_sent" if unsent else "survey.stopped")
    word = Send((farewell,), replace=replace_question, place="question")
    return after, (ended(shelf, running, Ending.STOPPED), word, *resumed(shelf, after))


def _answered(
    shelf: Shelf,
    questionnaire: Questionnaire,
    state: State,
    running: Running,
    value: Value,
    now: datetime,
    fresh_id: str,
    *,
    replace_question: bool,
) -> Reaction:
    recorded = RecordAnswer(running.response, running.item, value, running.questionnaire, running.version)
    answers = {**running.answers, running.item: value}
    kept = _applicable(questionnaire, answers)
    retracted = tuple(RetractAnswer(running.response, key) for key in answers if key not in kept)
    answered = replace(running, answers=kept)
    done: tuple[Effect, ...] = (recorded, *retracted)
    return _advanced(
        shelf, questionnaire, state, answered, done, now, fresh_id, replace_question=replace_question
    )


def _applicable(questionnaire: Questionnaire, answers: Mapping[str, Value]) -> dict[str, Value]:
    """`answers` without those whose condition an earlier answer, changed or skipped, has made false."""
    kept = dict(answers)
    for item in questionnaire.items:
        if item.id in kept and not questionnaire.applies(item, kept):
            del kept[item.id]
    return kept


def _advanced(
    shelf: Shelf,
    questionnaire: Questionnaire,
    state: State,
    running: Running,
    done: tuple[Effect, ...],
    now: datetime,
    fresh_id: str,
    *,
    replace_question: bool,
) -> Reaction:
    following = questionnaire.after(running.item, running.answers)
    if following is not None:
        moved = replace(running, item=following.id)
        return _with(state, moved), (
            *done,
            ask(questionnaire, moved, replace_question=replace_question),
        )
    left = replace(state, stack=state.stack[:-1])
    thanks = Send((questionnaire.thanks,), replace=replace_question, place="question")
    last = finished(questionnaire, running, thanks)
    onward = _leads_to(shelf, questionnaire, running.answers)
    if onward is None:
        return left, (*done, *last, *resumed(shelf, left))
    after, effects = begin(onward, left, fresh_id, visit=running.visit, now=now)
    return after, (*done, *last, *effects)


def finished(questionnaire: Questionnaire, running: Running, thanks: Send) -> tuple[Effect, ...]:
    """End a response that is complete: `thanks`, after the praise it gives or the complaint it opens."""
    end = EndResponse(running.response, Ending.COMPLETED)
    if questionnaire.praises is not None:
        given = _fields(questionnaire.praises.from_items, running)
        return end, GivePraise(running.response, given, running.visit), thanks
    if questionnaire.opens is None:
        return end, thanks
    fields = {**questionnaire.opens.fixed, **_fields(questionnaire.opens.from_items, running)}
    return end, OpenComplaint(running.response, fields, thanks, running.visit, questionnaire.audience)


def _fields(from_items: Mapping[str, str], running: Running) -> dict[str, Value]:
    return {name: running.answers[item] for name, item in from_items.items() if item in running.answers}


def _leads_to(
    shelf: Shelf, questionnaire: Questionnaire, answers: Mapping[str, Value]
) -> Questionnaire | None:
    """What an answer leads to, unless the laboratory has taken it away since this version was begun."""
    for item in questionnaire.items:
        if isinstance(item, OneChoice) and item.id in answers:
            for choice in item.choices:
                if choice.id == answers[item.id] and choice.leads_to:
                    return shelf.questionnaires.get(choice.leads_to)
    return None


def resumed(shelf: Shelf, state: State) -> tuple[Effect, ...]:
    """Come back to what lay beneath, if anything did."""
    return (question(shelf, state.in_front, Phrase("resumed")),) if state.in_front else ()


def _with(state: State, running: Running) -> State:
    return replace(state, stack=(*state.stack[:-1], running))
