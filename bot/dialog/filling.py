"""Filling in a questionnaire: asking, answering, going back, skipping, stopping, finishing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.dialog.answer import FreeText, Item, OneChoice, Scale, Value
from bot.dialog.effect import (
    Effect,
    Ending,
    EndResponse,
    Notice,
    OpenComplaint,
    Option,
    RecordAnswer,
    RejectForm,
    RetractAnswer,
    ScheduleFollowUp,
    Send,
    StartResponse,
)
from bot.dialog.event import Due, FormSubmitted
from bot.dialog.message import Phrase, Text, Wording
from bot.dialog.questionnaire import Questionnaire, Shelf
from bot.dialog.state import Asking, Running, State

BACK, SKIP, STOP = "<", ">", "x"
ANSWER_CODE = "="
CONSENT = "consent"
_GREETING = Phrase("greeting")
_ROW = 6

Reaction = tuple[State, tuple[Effect, ...]]


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
    first = questionnaire.items[0]
    running = Running(questionnaire.id, questionnaire.version, response, first.id, visit)
    started = StartResponse(response, questionnaire.id, questionnaire.version, visit)
    intro = (questionnaire.intro,) if questionnaire.intro else ()
    asked = _question(questionnaire, running, *intro, replace_question=replace_question)
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


def question(shelf: Shelf, asked: Asking | Running, *before: Text) -> Send:
    """The question in front of the person, once more."""
    match asked:
        case Asking():
            return consent_question(shelf, *before)
        case Running():
            return _question(shelf.version(asked.questionnaire, asked.version), asked, *before)
        case _:
            assert_never(asked)


def consent_question(shelf: Shelf, *before: Text) -> Send:
    """The question for consent, after a greeting unless something else comes before it."""
    item = shelf.newest(CONSENT).items[0]
    return Send((*(before or (_GREETING,)), item.text), answer_options(item), question=True)


def _question(
    questionnaire: Questionnaire, running: Running, *before: Text, replace_question: bool = False
) -> Send:
    item = questionnaire.item(running.item)
    texts = (*before, _counted(questionnaire, item), *_hint(item))
    back = (Option(Phrase("button.back"), BACK),) if questionnaire.before(item.id, running.answers) else ()
    skip = () if item.required else (Option(Phrase("button.skip"), SKIP),)
    navigation = (*back, *skip, Option(Phrase("button.stop"), STOP))
    return Send(texts, (*answer_options(item), navigation), replace_question, question=True)


def _counted(questionnaire: Questionnaire, item: Item) -> Text:
    counted = questionnaire.unconditional
    if item not in counted:
        return item.text
    where = {"n": counted.index(item) + 1, "of": len(counted)}
    return Phrase("question", {**where, "question": item.text})


def _hint(item: Item) -> tuple[Text, ...]:
    match item:
        case Scale():
            low: dict[str, int | Wording] = {"low": item.low, "worst": item.low_label}
            return (Phrase("hint.scale", {**low, "high": item.high, "best": item.high_label}),)
        case OneChoice():
            return ()
        case FreeText():
            return (Phrase("hint.text" if item.required else "hint.optional_text"),)
        case _:
            assert_never(item)


def answer_options(item: Item) -> tuple[tuple[Option, ...], ...]:
    """The buttons an item offers: figures in rows, choices one below the other, none for free text."""
    match item:
        case Scale():
            figures = [
                Option(Phrase("figure", {"n": n}), f"{ANSWER_CODE}{n}")
                for n in range(item.low, item.high + 1)
            ]
            return tuple(tuple(figures[i : i + _ROW]) for i in range(0, len(figures), _ROW))
        case OneChoice():
            return tuple((Option(choice.label, ANSWER_CODE + choice.id),) for choice in item.choices)
        case FreeText():
            return ()
        case _:
            assert_never(item)


def pressed(item: Item, code: str) -> Value | None:
    """The value behind a button that `answer_options` put there, or None if it put none such."""
    if isinstance(item, FreeText) or not code.startswith(ANSWER_CODE):
        return None
    return item.accept(code.removeprefix(ANSWER_CODE))


def said(shelf: Shelf, state: State, text: str, now: datetime, locale: str, fresh_id: str) -> Reaction:
    """Take typed words as the answer to the current item, or ask again kindly. Nothing happens if none is."""
    running = state.current
    if running is None:
        return state, (Send((Phrase("idle"),)),)
    questionnaire = shelf.version(running.questionnaire, running.version)
    item = questionnaire.item(running.item)
    value = item.read(text, locale)
    if value is None:
        return state, (_question(questionnaire, running, item.reask),)
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
        return _with(state, moved), (_question(questionnaire, moved, replace_question=True),)
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


def left(shelf: Shelf, state: State, running: Running, *, replace_question: bool) -> Reaction:
    """Leave `running`, the response in front of the person, and come back to what lay beneath."""
    after = replace(state, stack=state.stack[:-1])
    unsent = shelf.version(running.questionnaire, running.version).opens is not None
    word = Send((Phrase("complaint.not_sent" if unsent else "survey.stopped"),), replace=replace_question)
    return after, (EndResponse(running.response, Ending.STOPPED), word, *resumed(shelf, after))


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
    recorded = RecordAnswer(running.response, running.item, value)
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
            _question(questionnaire, moved, replace_question=replace_question),
        )
    left = replace(state, stack=state.stack[:-1])
    finished = _finished(questionnaire, running, replace_question=replace_question)
    onward = _leads_to(questionnaire, running.answers)
    if onward is None:
        return left, (*done, *finished, *resumed(shelf, left))
    after, effects = begin(shelf.newest(onward), left, fresh_id, visit=running.visit, now=now)
    return after, (*done, *finished, *effects)


def _finished(
    questionnaire: Questionnaire, running: Running, *, replace_question: bool
) -> tuple[Effect, ...]:
    ended = EndResponse(running.response, Ending.COMPLETED)
    thanks = Send((questionnaire.thanks,), replace=replace_question)
    if questionnaire.opens is None:
        return ended, thanks
    fields: dict[str, Value] = dict(questionnaire.opens.fixed)
    for name, item in questionnaire.opens.from_items.items():
        if item in running.answers:
            fields[name] = running.answers[item]
    return ended, OpenComplaint(running.response, fields, thanks, running.visit)


def _leads_to(questionnaire: Questionnaire, answers: Mapping[str, Value]) -> str | None:
    for item in questionnaire.items:
        if isinstance(item, OneChoice) and item.id in answers:
            for choice in item.choices:
                if choice.id == answers[item.id] and choice.leads_to:
                    return choice.leads_to
    return None


def resumed(shelf: Shelf, state: State) -> tuple[Effect, ...]:
    """Come back to what lay beneath, if anything did."""
    return (question(shelf, state.in_front, Phrase("resumed")),) if state.in_front else ()


def form(shelf: Shelf, event: FormSubmitted, response: str) -> tuple[Effect, ...]:
    """Take a whole questionnaire at once: every answer, or a word on each item that needs mending."""
    questionnaire = shelf.version(event.questionnaire, event.version)
    answers: dict[str, Value] = {}
    errors: dict[str, Text] = {}
    for item in questionnaire.items:
        if not questionnaire.applies(item, answers):
            continue
        raw = event.values.get(item.id, "").strip()
        value = item.accept(raw) if raw else None
        if value is not None:
            answers[item.id] = value
        elif raw:
            errors[item.id] = item.reask
        elif item.required:
            errors[item.id] = Phrase("reask.required")
    if errors:
        return (RejectForm(errors),)
    running = Running(questionnaire.id, questionnaire.version, response, "", None, answers)
    return (
        StartResponse(response, questionnaire.id, questionnaire.version, None),
        *(RecordAnswer(response, item, value) for item, value in answers.items()),
        *_finished(questionnaire, running, replace_question=False),
    )


def _with(state: State, running: Running) -> State:
    return replace(state, stack=(*state.stack[:-1], running))
