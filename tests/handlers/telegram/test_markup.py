"""What people write is read back from what Telegram is sent: as their words, and as nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialog.message import Button, Field, Message
from handlers.telegram.rendering import keyboard, parts
from sandbox.telegram.entities import commands_in, parse_html

HOSTILE = (
    "<b>x</b>",
    "</b>",
    '<a href="https://evil.example">',
    "<tg-spoiler>",
    "&lt;",
    "&#60;b&#62;",
    "&amp",
    '"',
)
WORDS = (
    st.lists(
        st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
        min_size=1,
        max_size=6,
    )
    .map(lambda pieces: "".join(pieces).strip())
    .filter(bool)
)


def shown_as(text: str, entity: dict[str, object]) -> str:
    """The part of the text that an entity is about."""
    start, length = entity["offset"], entity["length"]
    assert isinstance(start, int)
    assert isinstance(length, int)
    return text.encode("utf-16-le")[2 * start : 2 * (start + length)].decode("utf-16-le")


@given(WORDS, WORDS, WORDS, WORDS, WORDS, st.none() | WORDS | st.just("202"))
def test_words_are_shown_as_they_are(
    title: str, text: str, label: str, value: str, quote: str, person: str | None
) -> None:
    (html,) = parts(Message(text, title=title, fields=(Field(label, value, person),), quotes=(quote,)))
    said, entities = parse_html(html)
    *before, quoted = said.rpartition("\n\n")
    body = () if text == title else (text,)
    assert "".join(before) == "\n\n".join((title, *body, f"{label}: {value}")) + "\n\n"
    assert quoted.replace("\u2060", "") == quote.replace("\u2060", "")
    expected = [("bold", title), *([("text_link", value)] if person and person.isdecimal() else [])]
    assert [(one["type"], shown_as(said, one)) for one in entities] == [*expected, ("blockquote", quoted)]


@given(WORDS)
def test_words_on_a_button_are_shown_as_they_are(words: str) -> None:
    markup = keyboard(((Button(words, "t.1.y"),),))
    assert markup == {"inline_keyboard": [[{"text": words, "callback_data": "t.1.y"}]]}


@pytest.mark.parametrize(
    "words", ["/stop", "Please send /stop now", "@everyone look", "see #billing", "($TSLA)"]
)
def test_a_quote_neither_calls_anybody_nor_offers_a_command(words: str) -> None:
    (html,) = parts(Message("They said", quotes=(words,)))
    said, _ = parse_html(html)
    assert commands_in(said) == []
    assert re.search(r"[@/#$]\w", said) is None
    assert said.replace("\u2060", "") == f"They said\n\n{words}"
