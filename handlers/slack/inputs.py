"""The inputs of a modal, each filled in with what is given."""

from collections.abc import Collection, Sequence
from datetime import date

from handlers.slack.blocks import Block, plain
from handlers.slack.text import ACCOUNT, clipped

VALUE = "value"
MAX_INPUT = 3000
MAX_OPTIONS = 100
_MAX_LABEL = 2000
_MAX_OPTION = 75
_FEW = 4
_MOST_TICKED = 10

Choices = Sequence[tuple[str, str]]
"""What can be chosen: the words shown, and what comes back."""


def labelled(block_id: str, label: str, element: Block, *, optional: bool = True, hint: str = "") -> Block:
    """An element with words above it and, with a hint, below it."""
    made: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(clipped(label, _MAX_LABEL)),
        "element": element,
        "optional": optional,
    }
    return {**made, "hint": plain(clipped(hint, _MAX_LABEL))} if hint else made


def text(longest: int, given: str = "", *, multiline: bool = True, action: str = VALUE) -> Block:
    """Words. Slack keeps what is typed in an element for as long as it has the same `action`."""
    longest = min(longest, MAX_INPUT)
    made: Block = {
        "type": "plain_text_input",
        "action_id": action,
        "multiline": multiline,
        "max_length": longest,
    }
    return {**made, "initial_value": clipped(given, longest)} if given else made


def choice(choices: Choices, given: str = "", *, short: bool = False) -> Block:
    """One of several: as radio buttons where they are few, and in a list where `short` is wanted."""
    options = _options(choices)
    kind = "radio_buttons" if len(options) <= _FEW and not short else "static_select"
    made: Block = {"type": kind, "action_id": VALUE, "options": options}
    chosen = [option for option in options if option["value"] == given]
    return {**made, "initial_option": chosen[0]} if chosen else made


def ticks(choices: Choices) -> Block:
    """Any of several, at most ten of which can be shown."""
    return {"type": "checkboxes", "action_id": VALUE, "options": _options(choices[:_MOST_TICKED])}


def person(given: str = "") -> Block:
    """Somebody of the workspace."""
    made: Block = {"type": "users_select", "action_id": VALUE}
    return {**made, "initial_user": given} if ACCOUNT.fullmatch(given) else made


def people(given: Collection[str] = ()) -> Block:
    """Any number of people of the workspace."""
    made: Block = {"type": "multi_users_select", "action_id": VALUE}
    chosen = [one for one in given if ACCOUNT.fullmatch(one)]
    return {**made, "initial_users": chosen} if chosen else made


def day(given: date | None = None) -> Block:
    """A date."""
    made: Block = {"type": "datepicker", "action_id": VALUE}
    return {**made, "initial_date": given.isoformat()} if given else made


def _options(choices: Choices) -> list[Block]:
    return [
        {"text": plain(clipped(words, _MAX_OPTION)), "value": value} for words, value in choices[:MAX_OPTIONS]
    ]
