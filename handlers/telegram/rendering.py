"""A message as Telegram shows it: HTML, in parts that fit, with its buttons under the last one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain

from bot.dialog.message import Button, Field, Message
from handlers.telegram.reading import storable

MAX_TEXT = 4096
MAX_CAPTION = 1024
# Telegram makes links of these by itself, and tells whoever is called.
_CALLS = re.compile(r"(?<![\w/])([@/#$])(?=\w)")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Plain words in one markup, and what separates them from the piece before."""

    words: str
    tag: str = ""
    gap: str = "\n\n"

    @property
    def html(self) -> str:
        words = escape(self.words, quote=False)
        name = self.tag.partition(" ")[0]
        return f"<{self.tag}>{words}</{name}>" if self.tag else words


def parts(message: Message) -> list[str]:
    """The message in HTML, each part at most 4,096 code units long when shown; none if it has no words.

    Parts end where a paragraph does, else where a line or word does.
    """
    done: list[str] = []
    html, length = "", 0
    for piece in chain.from_iterable(_that_fit(piece) for piece in _pieces(message)):
        size = units(piece.words)
        if html and length + len(piece.gap) + size <= MAX_TEXT:
            html += piece.gap + piece.html
            length += len(piece.gap) + size
        else:
            if html:
                done.append(html)
            html, length = piece.html, size
    return [*done, html] if html else done


def fits_caption(message: Message) -> bool:
    """Whether the message's words may stand under a picture."""
    pieces = list(_pieces(message))
    return sum(units(piece.words) + len(piece.gap) for piece in pieces) <= MAX_CAPTION


def keyboard(rows: Sequence[Sequence[Button]]) -> dict[str, object] | None:
    """The buttons, as JSON; None where there are none."""
    shown = [
        [{"text": storable(button.label), "callback_data": button.data} for button in row]
        for row in rows
        if row
    ]
    return {"inline_keyboard": shown} if shown else None


def units(text: str) -> int:
    """The length of `text` as Telegram counts it: in UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def _pieces(message: Message) -> Iterator[_Piece]:
    title, text = storable(message.title).strip(), storable(message.text).strip()
    if title:
        yield _Piece(title, "b")
    if text and text != title:
        yield from (_Piece(paragraph) for paragraph in text.split("\n\n") if paragraph.strip())
    for number, field in enumerate(message.fields):
        yield from _field(field, "\n" if number else "\n\n")
    for quote in message.quotes:
        yield _Piece(_inert(storable(quote).strip()), "blockquote")


def _inert(words: str) -> str:
    """A person's words, shown as they are, in which Telegram finds nobody to call and no command to tap."""
    return _CALLS.sub("\\1\u2060", words)


def _field(field: Field, gap: str) -> Iterator[_Piece]:
    label, value = storable(field.label), storable(field.value)
    if field.person is None or not field.person.isdecimal():
        yield _Piece(f"{label}: {value or storable(field.person or '')}", gap=gap)
        return
    yield _Piece(f"{label}: ", gap=gap)
    yield _Piece(value or field.person, f'a href="tg://user?id={field.person}"', gap="")


def _that_fit(piece: _Piece) -> Iterator[_Piece]:
    """The piece, cut where it is too long for one message."""
    words = piece.words
    while units(words) > MAX_TEXT:
        head = _head(words)
        yield _Piece(head.rstrip(), piece.tag, piece.gap)
        words = words[len(head) :].lstrip()
    if words:
        yield _Piece(words, piece.tag, piece.gap)


def _head(words: str) -> str:
    """As much of the beginning as fits, up to the end of a line or word if one is near."""
    end = MAX_TEXT
    while units(words[:end]) > MAX_TEXT:
        end -= units(words[:end]) - MAX_TEXT
    for border in ("\n", " "):
        at = words.rfind(border, end // 2, end)
        if at >= 0:
            return words[: at + 1]
    return words[:end]
