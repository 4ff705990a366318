"""Message text and its formatting: parse_mode HTML as Telegram reads it, and the commands people type."""

import html
import re

from sandbox.telegram.errors import bad_request
from sandbox.wire import Json

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d+)|#x([0-9A-Fa-f]+));")
_ATTRIBUTE = re.compile(r"([A-Za-z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/@])")

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
}


def units(text: str) -> int:
    """The length of `text` as Telegram counts offsets: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def commands_in(text: str) -> list[Json]:
    """The bot_command entities of what a person typed."""
    return [
        {
            "type": "bot_command",
            "offset": units(text[: match.start()]),
            "length": units(match.group()),
        }
        for match in _COMMAND.finditer(text)
    ]


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The plain text and the entities of a text in parse_mode HTML.

    Raises:
        RefusedError: 400 "can't parse entities: ..." where Telegram would say so.
    """
    text = ""
    entities: list[Json] = []
    open_tags: list[tuple[str, str, int]] = []
    position = 0
    while position < len(source):
        if source[position] == "<":
            match = _TAG.match(source, position)
            if match is None:
                raise _unreadable("Unclosed start tag", source, position)
            closing, tag, attributes = match.group(1), match.group(2).lower(), match.group(3)
            if closing:
                entity = _close(open_tags, tag, text, source, position)
                if entity["length"]:
                    entities.append(entity)
            elif tag not in _TYPES:
                raise _unreadable(f'Unsupported start tag "{tag}"', source, position)
            else:
                open_tags.append((tag, attributes, units(text)))
            position = match.end()
            continue
        reference = _REFERENCE.match(source, position)
        if reference is not None:
            text += html.unescape(reference.group())
            position = reference.end()
            continue
        text += source[position]
        position += 1
    if open_tags:
        raise bad_request(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{open_tags[-1][0]}\""
        )
    return text, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """The text without the white space around it, its entities moved along."""
    cut = units(text) - units(text.lstrip())
    text = text.strip()
    end = units(text)
    moved: list[Json] = []
    for entity in entities:
        start = max(entity["offset"] - cut, 0)
        stop = min(entity["offset"] + entity["length"] - cut, end)
        if stop > start:
            moved.append({**entity, "offset": start, "length": stop - start})
    return text, moved


def _close(open_tags: list[tuple[str, str, int]], tag: str, text: str, source: str, position: int) -> Json:
    if not open_tags:
        raise _unreadable("Unexpected end tag", source, position)
    opened, attributes, start = open_tags.pop()
    if opened != tag:
        where = _byte_offset(source, position)
        raise bad_request(
            f"can't parse entities: Unmatched end tag at byte offset {where}, "
            f'expected "</{opened}>", found "</{tag}>"'
        )
    entity: Json = {"type": _TYPES[tag], "offset": start, "length": units(text) - start}
    given = {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(attributes)}
    if tag == "a":
        entity["url"] = given.get("href", "")
    if tag == "tg-emoji":
        entity["custom_emoji_id"] = given.get("emoji-id", "")
    if tag == "span" and given.get("class") != "tg-spoiler":
        raise _unreadable('Tag "span" must have class "tg-spoiler"', source, position)
    return entity


def _byte_offset(source: str, position: int) -> int:
    return len(source[:position].encode("utf-8", "surrogatepass"))


def _unreadable(reason: str, source: str, position: int) -> Exception:
    return bad_request(f"can't parse entities: {reason} at byte offset {_byte_offset(source, position)}")
