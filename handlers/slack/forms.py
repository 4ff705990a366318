"""Modals: a questionnaire whole, the words that close one, and the form for resolving a complaint."""

import json
from collections.abc import Mapping
from typing import assert_never

from bot.catalog import Catalog
from bot.dialog.answer import Colleague, FreeText, Item, OneChoice, Reference, Scale
from bot.dialog.message import Wording
from bot.dialog.questionnaire import Questionnaire
from handlers.slack.blocks import Block, plain, section
from handlers.slack.payload import Payload
from handlers.slack.text import clipped

QUESTIONNAIRE = "questionnaire"
RESOLVE = "resolve"
OUTCOME = "outcome"
WORDS = "words"

MAX_WORDS = 2000
_VALUE = "value"
_MAX_TITLE = 24
_MAX_LABEL = 2000
_MAX_OPTION = 75
_MAX_INPUT = 3000
_FEW = 4


def questionnaire_form(
    questionnaire: Questionnaire,
    catalog: Catalog,
    lab: str,
    locale: str,
    given: Mapping[str, str],
    *,
    over_home: bool = False,
) -> Block:
    """The whole questionnaire in one modal, filled in with what is `given` by item id.

    `over_home` tells that it is opened from App Home, see `is_over_home`.
    """
    items: list[Block] = []
    for item in questionnaire.items:
        label = catalog.render(item.text, locale, lab=lab)
        element = _element(item, locale, given.get(item.id, ""))
        optional = not item.required or item.id in questionnaire.conditions
        made = _input(item.id, label, element, optional=optional)
        if isinstance(item, FreeText) and item.hint:
            made["hint"] = plain(item.hint.in_locale(locale))
        items.append(made)
    intro = [section(catalog.render(questionnaire.intro, locale, lab=lab))] if questionnaire.intro else []
    known: dict[str, object] = {"questionnaire": questionnaire.id, "version": questionnaire.version}
    if over_home:
        known["over_home"] = True
    title = catalog.render(questionnaire.title, locale, lab=lab)
    return _form(QUESTIONNAIRE, title, [*intro, *items], known, catalog, locale)


def asked(view: Payload) -> tuple[str, int]:
    """Which version of which questionnaire a modal was; an unknown one has version 0."""
    known = _known(view)
    version = known.at("version")
    return known.word("questionnaire"), version if isinstance(version, int) else 0


def is_over_home(view: Payload) -> bool:
    """Whether App Home is what the person sees once the modal is gone."""
    return _known(view).at("over_home") is True


def resolve_form(complaint: str, given: Mapping[str, str], catalog: Catalog, locale: str) -> Block:
    """What became of a complaint, for the record and for the person who reported it."""
    said, told = _text(MAX_WORDS, given.get(OUTCOME, "")), _text(MAX_WORDS, given.get(WORDS, ""))
    outcome = _input(OUTCOME, catalog.say("slack.resolve.outcome", locale), said, optional=False)
    words = _input(WORDS, catalog.say("slack.resolve.words", locale), told, optional=True)
    words["hint"] = plain(catalog.say("slack.resolve.hint", locale))
    title = catalog.say("slack.resolve.title", locale)
    return _form(RESOLVE, title, [outcome, words], {"complaint": complaint}, catalog, locale)


def resolved_complaint(view: Payload) -> str:
    """The id of the complaint a modal is about, as it came back."""
    return _known(view).word("complaint")


def noted(form: Block, words: str) -> Block:
    """The form with `words` above it; what is in its inputs stays there."""
    blocks = form["blocks"]
    return {
        **form,
        "blocks": [section(clipped(words, _MAX_INPUT)), *(blocks if isinstance(blocks, list) else ())],
    }


def unconfirmed(form: Block, catalog: Catalog, locale: str) -> Block:
    """The form while it is being kept: title, first line and button say that it may have to be sent again."""
    noted_form = noted(form, catalog.say("slack.keeping", locale))
    title, submit = catalog.say("slack.keeping.title", locale), catalog.say("slack.keeping.submit", locale)
    return {**noted_form, "title": plain(title), "submit": plain(submit)}


def closing(title: str, words: str, catalog: Catalog, locale: str) -> Block:
    """What a modal turns into once it was taken."""
    return {
        "type": "modal",
        "title": plain(clipped(title, _MAX_TITLE)),
        "close": plain(catalog.say("slack.close", locale)),
        "blocks": [section(clipped(words, _MAX_INPUT))],
    }


def _form(
    callback: str, title: str, blocks: list[Block], known: dict[str, object], catalog: Catalog, locale: str
) -> Block:
    """A modal; `known` comes back with it and holds opaque ids alone."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(clipped(title, _MAX_TITLE)),
        "submit": plain(catalog.say("slack.submit", locale)),
        "close": plain(catalog.say("slack.cancel", locale)),
        "private_metadata": json.dumps(known),
        "blocks": blocks,
    }


def _known(view: Payload) -> Payload:
    try:
        known = json.loads(view.word("private_metadata"))
    except (ValueError, RecursionError):
        known = None
    return Payload(known if isinstance(known, dict) else {})


def _input(block_id: str, label: str, element: Block, *, optional: bool) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(clipped(label, _MAX_LABEL)),
        "element": element,
        "optional": optional,
    }


def _element(item: Item, locale: str, given: str) -> Block:
    match item:
        case Scale():
            labels = {item.low: item.low_label, item.high: item.high_label}
            figures = range(item.low, item.high + 1)
            return _choice([(_figure(n, labels.get(n), locale), str(n)) for n in figures], given)
        case OneChoice():
            return _choice([(choice.label.in_locale(locale), choice.id) for choice in item.choices], given)
        case Reference():
            return _text(item.max_length, given, multiline=False)
        case Colleague():
            chosen = {"initial_user": given} if given else {}
            return {"type": "users_select", "action_id": _VALUE, **chosen}
        case FreeText():
            return _text(item.max_length, given)
        case _:
            assert_never(item)


def _figure(figure: int, label: Wording | None, locale: str) -> str:
    return f"{figure} – {label.in_locale(locale)}" if label else str(figure)


def _choice(choices: list[tuple[str, str]], given: str) -> Block:
    options = [{"text": plain(clipped(label, _MAX_OPTION)), "value": value} for label, value in choices]
    kind = "radio_buttons" if len(options) <= _FEW else "static_select"
    made: Block = {"type": kind, "action_id": _VALUE, "options": options}
    for option in options:
        if option["value"] == given:
            made["initial_option"] = option
    return made


def _text(longest: int, given: str = "", *, multiline: bool = True) -> Block:
    longest = min(longest, _MAX_INPUT)
    made: Block = {
        "type": "plain_text_input",
        "action_id": _VALUE,
        "multiline": multiline,
        "max_length": longest,
    }
    if given:
        made["initial_value"] = clipped(given, longest)
    return made
