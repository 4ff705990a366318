"""Every sentence the code says is there, in every language, filled alike; and none that nobody says."""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from bot.catalog.endings import BestTime
from bot.catalog.loader import LOCALES, SURVEYS
from bot.catalog.phrases import Phrases, placeholders, read_phrases
from bot.complaints.lifecycle import Action, Clock
from bot.complaints.sla import Nudge
from bot.complaints.terms import (
    Category,
    Cause,
    Complainant,
    Consequence,
    Department,
    Effective,
    Means,
    MeasureKind,
    Phase,
    Rating,
    Recurrence,
    Status,
    Substantiated,
    Via,
)

ROOT = Path(__file__).parents[3]
FOLDERS = ("bot", "handlers", "schedules")
# The catalogue itself reads the words for zero to ten.
READ_BY_THE_CATALOGUE = frozenset({"numbers"})
PLACE = r"[a-z0-9_]+"


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return read_phrases(LOCALES)


def _said_in(path: Path) -> Iterator[tuple[str, str]]:
    """Where a key stands in the code, and the key as a pattern."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            prefix = _prefix(node.func, path)
            for key in _patterns(node.args[0]) if prefix is not None else ():
                yield f"{path.relative_to(ROOT)}:{node.lineno}", f"{prefix}{key}"
        elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["key"]:
            prefix = r"digest\." if "digests" in path.parts else ""
            for key in _patterns(node.value):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", f"{prefix}{key}"


def _prefix(function: ast.expr, path: Path) -> str | None:
    """What a call puts before its first argument, or None if it says nothing."""
    name = ast.unparse(function)
    if name in {"Phrase", "say"} or name.endswith(("catalog.say", "pages.say")):
        return ""
    if name.endswith(".say"):
        return r"digest\." if "digests" in path.parts else ""
    return None


def _patterns(argument: ast.expr) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(words)):
            yield re.escape(words)
        case ast.JoinedStr(values=parts):
            yield "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else PLACE for part in parts
            )
        case ast.IfExp(body=body, orelse=other):
            yield from _patterns(body)
            yield from _patterns(other)
        case _:
            pass


def _said() -> dict[str, str]:
    files = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    return {key: where for path in files for where, key in _said_in(path)}


def test_every_sentence_in_the_code_is_worded(phrases: Phrases) -> None:
    known = phrases.by_locale["en"]
    missing = {
        where: pattern
        for pattern, where in _said().items()
        if not any(re.fullmatch(pattern, key) for key in known)
    }
    assert missing == {}


def test_no_sentence_is_worded_in_vain(phrases: Phrases) -> None:
    pattern = re.compile("|".join(_said()))
    unused = {
        key
        for key in phrases.by_locale["en"]
        if not (pattern.fullmatch(key) or pattern.fullmatch(_on_any_channel(key)))
    }
    assert unused - READ_BY_THE_CATALOGUE == set()


def _on_any_channel(key: str) -> str:
    """The key of a sentence that one channel needs in words of its own."""
    return key.removesuffix(".slack").removesuffix(".telegram")


def test_every_language_has_every_sentence(phrases: Phrases) -> None:
    every = {key for words in phrases.by_locale.values() for key in words}
    missing = {
        locale: sorted(key for key in every if not words.get(key))
        for locale, words in phrases.by_locale.items()
    }
    assert missing == {locale: [] for locale in phrases.locales}


def test_every_language_fills_a_sentence_alike(phrases: Phrases) -> None:
    english = phrases.by_locale["en"]
    differing = {
        f"{locale}: {key}"
        for locale, words in phrases.by_locale.items()
        for key in words
        if placeholders(words[key]) != placeholders(english.get(key, ""))
    }
    assert differing == set()


def test_no_sentence_has_a_brace_that_is_not_filled(phrases: Phrases) -> None:
    stray = {
        f"{locale}: {key}"
        for locale, words in phrases.by_locale.items()
        for key, sentence in words.items()
        if re.search(r"[{}]", re.sub(r"\{[a-z_]+\}", "", sentence))
    }
    assert stray == set()


def test_no_key_is_given_twice_in_a_file() -> None:
    for path in LOCALES.glob("*/LC_MESSAGES/labvoice.po"):
        keys = re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert sorted(keys) == sorted(set(keys)), path


def test_every_term_of_a_complaint_has_its_word(phrases: Phrases) -> None:
    terms: list[tuple[str, type[StrEnum]]] = [
        ("category", Category),
        ("phase", Phase),
        ("consequence", Consequence),
        ("status", Status),
        ("best_time", BestTime),
        ("recurrence", Recurrence),
        ("complainant", Complainant),
        ("department", Department),
        ("channel", Via),
        ("clock", Clock),
        ("means", Means),
        ("substantiated", Substantiated),
        ("cause", Cause),
        ("measure", MeasureKind),
        ("effective", Effective),
        ("rating", Rating),
        ("register.did", Action),
        ("register.nudge", Nudge),
    ]
    wanted = {f"{kind}.{term}" for kind, names in terms for term in names}
    assert wanted - phrases.by_locale["en"].keys() == set()


def test_no_protected_name_is_used() -> None:
    sources = [*SURVEYS.glob("*.yaml"), *LOCALES.glob("*/LC_MESSAGES/labvoice.po")]
    protected = re.compile(r"\b(net promoter|nps|cahps|press ganey)\b", re.IGNORECASE)
    assert [path.name for path in sources if protected.search(path.read_text(encoding="utf-8"))] == []
