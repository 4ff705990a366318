"""Words to and from Slack."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.slack.text import chunks, clipped, escaped, mention, typed


def test_markup_is_escaped() -> None:
    assert escaped("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


@given(st.text())
def test_what_was_escaped_reads_as_it_was_typed(text: str) -> None:
    assert typed(escaped(text)) == text


@pytest.mark.parametrize("account", ["", "!channel", "U1|x", "U0HOUSE>", "u0house", "U0HOUSE\n", "C0TRIAGE"])
def test_only_an_account_can_be_mentioned(account: str) -> None:
    assert mention(account) is None


def test_an_account_is_mentioned() -> None:
    assert mention("U0HOUSE") == "<@U0HOUSE>"


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<https://lab.example>", "https://lab.example"),
        ("<https://lab.example|the lab>", "the lab (https://lab.example)"),
        ("<#C1|ward-3> and <#C2>", "#ward-3 and #C2"),
        ("<!here> <!subteam^S1|@nurses>", "@here @nurses"),
        ("<@U1> <@U2|joy>", "@U1 @joy"),
        ("3 &lt; 5 &amp; 7 &gt; 6", "3 < 5 & 7 > 6"),
    ],
)
def test_slacks_markup_is_read_back_in_words(markup: str, words: str) -> None:
    assert typed(markup) == words


def test_what_is_cut_off_shows() -> None:
    assert clipped("a" * 10, 10) == "a" * 10
    assert clipped("abc defg", 5) == "abc…"


@given(st.text(), st.integers(min_value=4, max_value=50))
def test_pieces_fit_and_lose_nothing_but_white_space(text: str, limit: int) -> None:
    pieces = chunks(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_long_words_are_cut_between_paragraphs_if_possible() -> None:
    assert chunks("one two\n\nthree four", 12) == ["one two", "three four"]
    assert chunks("one two three", 9) == ["one two", "three"]
