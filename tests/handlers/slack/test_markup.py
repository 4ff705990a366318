"""What people write is read back from what Slack is sent: as their words, and as nothing else."""

import html
import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.catalog import Catalog, load
from bot.dialog.message import Field, Message
from handlers.slack import forms, frames
from handlers.slack.blocks import rendered

HOSTILE = (
    "<!channel>",
    "<https://evil.example|your results>",
    "<@U0HOUSE>",
    "<#C0TRIAGE>",
    "&lt;!here&gt;",
    ":tada:",
    "*urgent*",
    "_x_",
    "~x~",
    "`x`",
    "```x```",
    "> quoted",
    "https://evil.example",
    "@here",
    "\n*Status*\nResolved",
    "\u2028*Status*",
)
WORDS = st.lists(
    st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8), max_size=6
).map("".join)
NAMES = WORDS.filter(str.strip)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


def texts(node: object) -> Iterator[dict[str, object]]:
    """Every text object in blocks or a view."""
    if isinstance(node, dict):
        if node.get("type") in ("plain_text", "mrkdwn"):
            yield node
        for child in node.values():
            yield from texts(child)
    elif isinstance(node, list | tuple):
        for child in node:
            yield from texts(child)


def read(text: dict[str, object]) -> str:
    """What Slack shows for a text object; fails where it would show anything but the characters."""
    source = str(text["text"])
    if text["type"] == "plain_text":
        assert text["emoji"] is False
        return source
    assert text["verbatim"] is True
    label, value = re.fullmatch(r"\*([^*\n]*)\*\n(.*)", source, re.DOTALL).groups()  # type: ignore[union-attr]
    for part in (label, value):
        assert len(part.splitlines()) <= 1
        assert re.search(r"[<>*_~`]|:[^\s:]+:|^&gt;", part) is None
    return f"{html.unescape(label)}\n{html.unescape(value)}"


@given(WORDS, NAMES, WORDS, WORDS)
@example("", "Order", ":tada:", "")
@example("", "Site", "> quoted", "")
@example("", "*Status*", "x", "")
def test_words_on_a_message_are_shown_as_they_are(title: str, label: str, value: str, quote: str) -> None:
    message = Message("text", title=title.strip()[:150], fields=(Field(label, value),), quotes=(quote,))
    shown = rendered(message)
    said = [read(text).strip() for text in texts(list(shown.blocks))]
    assert said == [
        *([message.title] if message.title else []),
        "text",
        f"{label}\n{value}".strip(),
        f"“{quote}”",
    ]
    assert "<" not in shown.fallback
    assert html.unescape(shown.fallback) == "\n".join(filter(None, (message.title, "text")))


@given(WORDS, NAMES)
def test_words_in_a_form_are_shown_as_they_are(catalog: Catalog, words: str, lab: str) -> None:
    form = forms.questionnaire_form(catalog.newest("lab_issue"), catalog, lab, "en", {"happened": words})
    closing = frames.closing(lab, words, catalog, "en")
    for view in (form, closing):
        assert all(text["type"] == "plain_text" and text["emoji"] is False for text in texts(view))
    assert isinstance(form["blocks"], list)
    assert [e["initial_value"] for b in form["blocks"] if "initial_value" in (e := b["element"])] == [
        *([words] if words else [])
    ]
