"""Asking one item: its words, its place in the count, its buttons, and what a pressed button means."""

from typing import assert_never

from bot.dialog.answer import FreeText, Item, OneChoice, Scale, Value
from bot.dialog.effect import Option, Send
from bot.dialog.message import Phrase, Text, Wording
from bot.dialog.questionnaire import Questionnaire, Shelf
from bot.dialog.state import Asking, Open, Replying, Running

BACK, SKIP, STOP = "<", ">", "x"
ANSWER_CODE = "="
CONSENT = "consent"
_ROW = 6
_GREETING = Phrase("greeting")


def question(shelf: Shelf, asked: Open, *before: Text) -> Send:
    """The question in front of the person, once more."""
    match asked:
        case Asking():
            return consent_question(shelf, *before)
        case Running():
            return ask(shelf.version(asked.questionnaire, asked.version), asked, *before)
        case Replying():
            return reply_question(*before, Phrase("reply.ask", {"number": asked.number}))
        case _:
            assert_never(asked)


def reply_question(*texts: Text) -> Send:
    """What asks for words about a complaint, and lets the person leave it."""
    return Send(texts, ((Option(Phrase("button.never_mind"), STOP),),), place="question")


def consent_question(shelf: Shelf, *before: Text) -> Send:
    """The question for consent, after a greeting unless something else comes before it."""
    item = shelf.newest(CONSENT).items[0]
    return Send((*(before or (_GREETING,)), item.text), answer_options(item), place="question")


def ask(
    questionnaire: Questionnaire, running: Running, *before: Text, replace_question: bool = False
) -> Send:
    """Ask the item that `running` stands at; `before` is said first."""
    item = questionnaire.item(running.item)
    texts = (*before, _counted(questionnaire, item), *_hint(item))
    back = (Option(Phrase("button.back"), BACK),) if questionnaire.before(item.id, running.answers) else ()
    skip = () if item.required else (Option(Phrase("button.skip"), SKIP),)
    navigation = (*back, *skip, Option(Phrase("button.stop"), STOP))
    return Send(texts, (*answer_options(item), navigation), replace_question, place="question")


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
        case FreeText(hint=Wording() as hint):
            return (hint,)
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
