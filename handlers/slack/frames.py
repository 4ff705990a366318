"""What every modal has: a title, its buttons, what comes back with it, and how it is drawn anew."""

import json
from collections.abc import Mapping, Sequence

from bot.catalog import Catalog
from handlers.slack.blocks import Block, plain, section
from handlers.slack.payload import Payload
from handlers.slack.text import clipped

MAX_TITLE = 24
_MAX_SAID = 3000
_NOTE = "note.above"


def form(
    callback: str,
    title: str,
    blocks: Sequence[Block],
    known: Mapping[str, object],
    catalog: Catalog,
    locale: str,
) -> Block:
    """A modal to be filled in; `known` comes back with it and holds ids and check sums, no words."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(clipped(title, MAX_TITLE)),
        "submit": plain(catalog.say("slack.submit", locale)),
        "close": plain(catalog.say("slack.cancel", locale)),
        "private_metadata": json.dumps(known),
        "blocks": list(blocks),
    }


def shown(
    callback: str,
    title: str,
    blocks: Sequence[Block],
    known: Mapping[str, object],
    catalog: Catalog,
    locale: str,
) -> Block:
    """A modal to be read, perhaps with buttons in it."""
    made = form(callback, title, blocks, known, catalog, locale)
    del made["submit"]
    return {**made, "close": plain(catalog.say("slack.close", locale))}


def closing(title: str, words: str, catalog: Catalog, locale: str) -> Block:
    """What a modal turns into once it was taken."""
    return {
        "type": "modal",
        "title": plain(clipped(title, MAX_TITLE)),
        "close": plain(catalog.say("slack.close", locale)),
        "blocks": [section(clipped(words, _MAX_SAID))],
    }


def known(view: Payload) -> Payload:
    """What was given along with a modal or App Home, as it came back."""
    try:
        found = json.loads(view.word("private_metadata"))
    except (ValueError, RecursionError):
        found = None
    return Payload(found if isinstance(found, dict) else {})


def noted(form: Block, words: str) -> Block:
    """The form with `words` above it; what is in its inputs stays there."""
    blocks = form["blocks"]
    said = {**section(clipped(words, _MAX_SAID)), "block_id": _NOTE}
    return {**form, "blocks": [said, *(_without_note(blocks) if isinstance(blocks, list) else ())]}


def unconfirmed(form: Block, catalog: Catalog, locale: str) -> Block:
    """The form while it is being kept: title, first line and button say that it may have to be sent again."""
    noted_form = noted(form, catalog.say("slack.keeping", locale))
    title, submit = catalog.say("slack.keeping.title", locale), catalog.say("slack.keeping.submit", locale)
    return {**noted_form, "title": plain(title), "submit": plain(submit)}


def refilled(view: Payload, title: str, catalog: Catalog, locale: str) -> Block:
    """The modal that came back, as it is filled in now; nothing has to be read anywhere to draw it."""
    blocks = view.at("blocks")
    values = view.at("state", "values")
    entries = values if isinstance(values, dict) else {}
    drawn = [
        _filled(block, entries.get(block.get("block_id")))
        for block in _without_note(blocks if isinstance(blocks, list) else ())
    ]
    made = form(view.word("callback_id"), title, drawn, {}, catalog, locale)
    return {**made, "private_metadata": view.word("private_metadata")}


def _without_note(blocks: Sequence[object]) -> list[Block]:
    return [block for block in blocks if isinstance(block, dict) and block.get("block_id") != _NOTE]


_INITIAL = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_date": "initial_date",
}


def _filled(block: Block, entries: object) -> Block:
    """The input with what stands in it now as what it begins with; what is no input gets a new id."""
    element = block.get("element")
    if not isinstance(element, dict):
        return {name: value for name, value in block.items() if name != "block_id"}
    if not isinstance(entries, dict):
        return block
    entry = entries.get(element.get("action_id"))
    if not isinstance(entry, dict):
        return block
    kept = {name: value for name, value in element.items() if name not in _INITIAL.values()}
    now = {_INITIAL[name]: _offered(element, value) for name, value in entry.items() if name in _INITIAL}
    return {**block, "element": {**kept, **{name: value for name, value in now.items() if value}}}


def _offered(element: Block, value: object) -> object:
    """What was chosen as it stands among the options, of which Slack wants it to be one to the letter."""
    options = element.get("options")
    match value:
        case list():
            return [found for one in value if (found := _offered(element, one))]
        case {"value": chosen} if isinstance(options, list):
            return next(
                (one for one in options if isinstance(one, dict) and one.get("value") == chosen), None
            )
        case _:
            return value
