"""YAML that no questionnaire has a need of is refused at once, by size and shape."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.catalog.document import MAX_BYTES, MAX_NODES, Leaf, Table, read_document
from bot.catalog.problems import Problems
from tests.bot.catalog.conftest import SMALL, Refusal

TOO_LARGE = "1: An escape or a directive holds a number that is too large; write it plainly."


def problems_of(source: str) -> tuple[str, ...]:
    problems = Problems("x.yaml")
    assert read_document(source, problems) is None or problems.lines
    return problems.lines


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "1: The file is empty; begin with a key and its value."),
        ("# nothing yet\n", "1: The file is empty; begin with a key and its value."),
        ("- id: a", "1: A file is written as keys and values; begin with a key."),
        ("id: a\n---\nid: b", "2: A second document begins here; give it a file of its own."),
        ("id: a\nid: b", "2: id is given on line 1 already; keep one of them."),
        ("id: &a x", "1: The anchor &a is not allowed; remove it."),
        ("id: &a {x: y}", "1: The anchor &a is not allowed; remove it."),
        ("id: *a", "1: The alias *a is not allowed; write the words out."),
        ("<<: *a", "1: The alias *a is not allowed; write the words out."),
        ("id: !!python/none x", "1: The tag tag:yaml.org,2002:python/none is not allowed; remove it."),
        ("id: ! x", "1: The tag ! is not allowed; remove it."),
        ("id: !!binary aGk=", "1: The tag tag:yaml.org,2002:binary is not allowed; remove it."),
        ("{a: b}: c", "1: A key has to be one word."),
        ("? [a]\n: c", "1: A key has to be one word."),
        ("id: a\n\tx: y", "2: This is not valid YAML: found character '\\t' that cannot start any token."),
        ("id: [a", "1: This is not valid YAML: expected ',' or ']', but got '<stream end>'."),
        ('id: "\\Uffffffff"', TOO_LARGE),
        (f"%YAML {'1' * 5000}.1\n---\nid: a", TOO_LARGE),
        ("id: a\nx: \x00", "2: The character U+0000 cannot be used; remove it."),
        ("id: a\nx: \ud800", "2: The character U+D800 cannot be used; remove it."),
    ],
)
def test_what_a_definition_does_not_need_is_refused(source: str, problem: str) -> None:
    assert problems_of(source) == (f"x.yaml:{problem}",)


def test_nesting_bomb_is_left_at_the_depth_limit() -> None:
    problem = "x.yaml:1: This is nested more than 12 levels deep; write it flatter."
    assert problems_of("id: " + "[" * 100_000) == (problem,)
    assert problems_of("id: " + "{a: " * 30_000) == (problem,)
    assert problems_of("id:\n" + "".join(f"{' ' * n}-\n" for n in range(1, 600))) == (
        "x.yaml:13: This is nested more than 12 levels deep; write it flatter.",
    )


def test_alias_bomb_is_left_at_its_first_anchor() -> None:
    doubled = [f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)]
    assert problems_of("a: &a [x, x]\n" + "".join(doubled)) == (
        "x.yaml:1: The anchor &a is not allowed; remove it.",
    )


def test_file_of_very_many_values_is_left_at_the_limit() -> None:
    many = "id: [" + "a," * (MAX_NODES + 1) + "]"
    assert problems_of(many) == ("x.yaml:1: There are more than 20000 values; leave some out.",)


def test_large_text_is_refused_unread() -> None:
    problem = "x.yaml:1: The file is larger than 256 KiB; make it smaller."
    assert problems_of("[" * (MAX_BYTES + 1)) == (problem,)


def test_no_more_of_a_large_file_is_read_than_needed(refusal: Refusal) -> None:
    assert refusal(SMALL + "#" * MAX_BYTES) == [
        "one.yaml:1: The file is larger than 256 KiB; make it smaller."
    ]


def filled(head: str, unit: str) -> str:
    """As much text as a file may hold."""
    return head + unit * ((MAX_BYTES - len(head)) // len(unit))


HOSTILE = {
    filled("id: [", "a, "): "1: There are more than 20000 values; leave some out.",
    filled("id: ", "["): "1: This is nested more than 12 levels deep; write it flatter.",
    filled("? ", "k") + "\n: 1": "1: The file is larger than 256 KiB; make it smaller.",
    "".join(f"k{n}: 1\n" for n in range(9_900)): "1: A questionnaire has no items; add one.",
    filled("id: ", "word\n "): "1: A questionnaire has no items; add one.",
    filled('id: "', "\\x41"): "1: This is not valid YAML: found unexpected end of stream.",
    filled("<<: [", "{a: b}, "): "1: There are more than 20000 values; leave some out.",
    filled("id: !<", "a") + "> b": "1: The file is larger than 256 KiB; make it smaller.",
    filled("", "%TAG !a! tag:x\n"): "2: This is not valid YAML: duplicate tag handle '!a!'.",
    "id: 1\nversion: " + "9" * 100_000: "1: A questionnaire has no items; add one.",
}


def test_whatever_a_file_holds_it_takes_little_time_and_memory(tmp_path: Path) -> None:
    folders = []
    for number, source in enumerate(HOSTILE):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "one.yaml").write_text(source, encoding="utf-8")
        folders.append(str(folder))
    command = [sys.executable, "-m", "tests.stage.confined", *folders]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [f"one.yaml:{problem}" for problem in HOSTILE.values()]


@pytest.mark.parametrize("source", ["x: !<{}> y", "x: &{} y", "x: *{}", "? {}\n: 1\n? {}\n: 1", "x: !{}!b y"])
def test_a_problem_does_not_repeat_what_fills_a_file(source: str) -> None:
    (problem,) = problems_of(source.replace("{}", "a" * 100_000))
    assert len(problem) < 200


def test_file_in_another_encoding_is_named_with_its_line(refusal: Refusal) -> None:
    assert refusal(SMALL.replace("Cómo", "C\udcf3mo")) == [
        "one.yaml:9: These are not UTF-8 characters; save the file as UTF-8."
    ]


def test_empty_file_is_named(refusal: Refusal) -> None:
    assert refusal("") == ["one.yaml:1: The file is empty; begin with a key and its value."]


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    problems = Problems("x.yaml")
    table = read_document("id: no\nversion: 1.10\nwindow: 09:00\nx: ~\ny: '~'\n", problems)
    assert isinstance(table, Table)
    leaves = {key: node for key, node in table.entries.items() if isinstance(node, Leaf)}
    assert {key: leaf.text for key, leaf in leaves.items()} == {
        "id": "no",
        "version": "1.10",
        "window": "09:00",
        "x": "~",
        "y": "~",
    }
    assert [key for key, leaf in leaves.items() if leaf.empty] == ["x"]
