"""The file of reply templates: ours holds, and what is wrong with a laboratory's own is told by line."""

import re
from pathlib import Path

import pytest

from bot.catalog import DefinitionError, load_replies, spoken
from bot.catalog.replies import ANSWERING, Replies
from bot.complaints.lifecycle import Action
from bot.complaints.terms import Category

GOOD = """\
replies:
  - id: found
    for: [reply, resolve]
    about: [specimen]
    title: {en: Found, es: Apareció}
    words: {en: "{number} is found, at [place].", es: "{number} apareció, en [lugar]."}
    tone: {en: Be quick., es: Sea breve.}
  - id: sorry
    for: [reply]
    title: {en: Sorry, es: Disculpas}
    words: {en: "Sorry, says {lab}.", es: "Disculpe, dice {lab}."}
    tone: {en: Be kind., es: Sea amable.}
"""


def read(folder: Path, source: str) -> Replies:
    path = folder / "replies.yaml"
    path.write_text(source, encoding="utf-8")
    return load_replies(path, spoken())


def refusal(folder: Path, source: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        read(folder, source)
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.mark.parametrize("action", ANSWERING)
@pytest.mark.parametrize("category", list(Category))
def test_ours_has_a_reply_for_every_step_with_words_and_every_category(
    action: Action, category: Category
) -> None:
    assert load_replies(None, spoken()).suitable(action, category)


def test_replies_for_the_category_come_before_those_for_any(tmp_path: Path) -> None:
    swapped = GOOD.replace("    about: [specimen]\n", "")
    swapped = swapped.replace("[reply]\n", "[reply]\n    about: [billing]\n")
    replies = read(tmp_path, swapped)
    assert [one.id for one in replies.suitable(Action.REPLY, Category.BILLING)] == ["sorry", "found"]
    assert [one.id for one in replies.suitable(Action.REPLY, Category.IT)] == ["found"]
    assert replies.suitable(Action.ASK, Category.BILLING) == ()


def test_the_words_are_filled_in_in_the_reporters_language(tmp_path: Path) -> None:
    replies = read(tmp_path, GOOD)
    found = replies.find("found")
    assert found is not None
    assert replies.filled(found, "es", {"number": "C-1", "lab": "L"}) == "C-1 apareció, en [lugar]."
    assert replies.find("lost") is None


def test_only_blanks_of_templates_are_missed_in_words(tmp_path: Path) -> None:
    replies = read(tmp_path, GOOD)
    assert replies.left_blank("It is at [place], in [the box].") == "[place]"
    assert replies.left_blank("It is at the desk, in [the box].") is None


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("replies:", "answers:", "1: A file of replies has no replies; add one."),
        ("[reply, resolve]", "[reply, take]", "3: for 'take' is not known; use one of "),
        ("[reply, resolve]", "reply", "3: for has to be a list with at least one entry."),
        ("[specimen]", "[spceimen]", "4: about 'spceimen' is not known; did you mean specimen?"),
        ("id: sorry", "id: found", "8: There is a reply found already; give this one another id."),
        (", es: Apareció", "", "5: title has no words in 'es'; add them."),
        ("Found,", "Found" * 20 + ",", "5: title in 'en' has 100 characters; at most 75 can be shown."),
        ("{number} is", "{name} is", "6: words holds {name}; only {number} and {lab} are filled in."),
        ("    tone: {en: Be quick., es: Sea breve.}\n", "", "2: A reply has no tone; add one."),
        ("tone: {en: Be q", "tune: {en: Be q", "7: A reply has no use for 'tune'; did you mean tone?"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, before: str, after: str, told: str) -> None:
    problems = refusal(tmp_path, GOOD.replace(before, after, 1))
    assert any(problem.startswith(f"replies.yaml:{told}") for problem in problems), problems


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="The file cannot be read"):
        load_replies(tmp_path / "gone.yaml", spoken())


def test_the_example_in_the_guide_is_good(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "complaints.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(replies:\n.*?)```", guide, re.DOTALL)
    (reply,) = read(tmp_path, example)
    assert reply.steps == {Action.PROGRESS, Action.REPLY}
