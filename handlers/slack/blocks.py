"""The neutral message in Block Kit: people's words as plain text, escaped where a label stands above them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.dialog.message import Button, Field, Message
from handlers.slack.text import chunks, clipped, escaped, mention

Block = dict[str, object]

MAX_BLOCKS = 50
MAX_SECTION = 2900  # Slack takes 3,000; what it counts as one character is not written down
MAX_HEADER = 150
MAX_BUTTON = 75
MAX_FALLBACK = 3000
PRESS = "press."

_SHORT = 200
# Bold, italics, code, emoji and quotes.
_MARK = re.compile(r"[*_~`]|:[^\s:]+:|^>")
_FIELDS_IN_SECTION = 10


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as Slack takes it; `fallback` is what notifications and screen readers say."""

    blocks: Sequence[Block]
    fallback: str


def rendered(message: Message) -> Rendered:
    """`message` within Slack's limits. Too many words are cut short, the buttons always stay."""
    words = [*_words(message)]
    buttons = [*_buttons(message.buttons)]
    room = MAX_BLOCKS - len(buttons)
    if len(words) > room:
        words = [*words[: room - 1], section("…")]
    said = "\n".join(dict.fromkeys(part for part in (message.title, message.text) if part)) or "…"
    return Rendered([*words, *buttons], clipped(escaped(clipped(said, MAX_FALLBACK // 2)), MAX_FALLBACK))


def plain(text: str) -> Block:
    """A text object in which Slack reads no markup at all."""
    return {"type": "plain_text", "text": text, "emoji": False}


def section(text: str, beside: Block | None = None) -> Block:
    """A paragraph of plain text, with one button or list `beside` it if there is one."""
    made: Block = {"type": "section", "text": plain(text)}
    return {**made, "accessory": beside} if beside else made


def context(markup: str) -> Block:
    """A small line, in which Slack reads the markup that is in it; nothing in it becomes a link by itself."""
    words = {"type": "mrkdwn", "text": clipped(markup, MAX_SECTION), "verbatim": True}
    return {"type": "context", "elements": [words]}


def header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain(clipped(text, MAX_HEADER))}


def button(label: str, action: str, value: str = "", style: str = "plain") -> Block:
    """A button; `action` is what Slack calls it when it is pressed."""
    made: Block = {"type": "button", "text": plain(clipped(label, MAX_BUTTON)), "action_id": action}
    if value:
        made["value"] = value
    if style in ("primary", "danger"):
        made["style"] = style
    return made


def actions(buttons: Sequence[Block]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def _words(message: Message) -> Iterator[Block]:
    if message.title:
        yield header(message.title)
    if message.text != message.title:
        yield from map(section, chunks(message.text, MAX_SECTION))
    short = [field for field in message.fields if _is_short(field)]
    for start in range(0, len(short), _FIELDS_IN_SECTION):
        shown = short[start : start + _FIELDS_IN_SECTION]
        yield {"type": "section", "fields": [_field(field) for field in shown]}
    for field in message.fields:
        if not _is_short(field):
            yield from map(section, chunks(f"{field.label}\n{_value(field)}", MAX_SECTION))
    for quote in message.quotes:
        yield from map(section, chunks(f"“{quote}”", MAX_SECTION))


def _is_short(field: Field) -> bool:
    """Whether the field may stand beside others below a bold label: in mrkdwn, of which escaping takes only
    links and mentions away.
    """
    if _mentioned(field):
        return True
    value = _value(field)
    return (
        len(value) <= _SHORT
        and len(value.splitlines()) <= 1
        and not any(_MARK.search(words) for words in (field.label, value))
    )


def _value(field: Field) -> str:
    return field.value or field.person or ""


def _mentioned(field: Field) -> str | None:
    return mention(field.person) if field.person is not None else None


def _field(field: Field) -> Block:
    value = _mentioned(field) or escaped(_value(field))
    # Verbatim: Slack turns nothing in it into a link by itself.
    return {"type": "mrkdwn", "text": f"*{escaped(field.label)}*\n{value}", "verbatim": True}


def _buttons(rows: Sequence[Sequence[Button]]) -> Iterator[Block]:
    number = 0
    for row in rows:
        made = []
        for one in row:
            made.append(button(one.label, f"{PRESS}{number}", one.data, one.style))
            number += 1
        if made:
            yield actions(made)
