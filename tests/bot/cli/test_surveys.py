"""`labvoice survey`: listing, checking and playing questionnaires."""

from pathlib import Path

import pytest

from bot.catalog import load
from tests.bot.catalog.conftest import SMALL
from tests.bot.cli.conftest import Terminal


def test_every_questionnaire_is_listed_with_its_title(terminal: Terminal) -> None:
    said = terminal.type("survey", "list")
    catalog = load()
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines] == list(catalog.questionnaires)
    assert [
        line.endswith(one.title.in_locale("en"))
        for line, one in zip(lines, catalog.questionnaires.values(), strict=True)
    ] == [True] * len(lines)


def test_our_own_questionnaires_have_no_problems(terminal: Terminal) -> None:
    said = terminal.type("survey", "lint")
    assert (said.code, said.out) == (
        0,
        f"{len(load().questionnaires)} questionnaires, in en, es: no problems\n",
    )


def test_problems_are_told_with_file_and_line(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "broken.yaml").write_text("id: [", encoding="utf-8")
    said = terminal.type("survey", "lint", "mine")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("mine/broken.yaml:1: ")


def test_a_question_that_leads_to_an_answer_gets_advice_and_stays_usable(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    source = SMALL.replace("How was it", "Surely it was good")
    (tmp_path / "mine" / "small.yaml").write_text(source, encoding="utf-8")
    said = terminal.type("survey", "lint", "mine")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("small, rating: en: “Surely” leads to an answer; ")


def test_a_folder_that_is_not_there_is_a_usage_error(terminal: Terminal) -> None:
    assert terminal.type("survey", "lint", "nowhere").code == 2


def test_a_survey_is_played_to_its_end(terminal: Terminal) -> None:
    answers = "4\nfive\nwhat?\n3\nBack\n5\n4\n5\n9\nskip\nYes, please\nskip\nHow kind you were\n"
    said = terminal.type("survey", "play", "after_collection", answers=answers)
    assert (said.code, said.err) == (0, "")
    kept = [line.strip() for line in said.out.splitlines() if line.lstrip("> ").startswith("[saved")]
    assert [line.lstrip("> ") for line in kept] == [
        "[saved: comfort = 4]",
        "[saved: courtesy = 5]",
        "[saved: privacy = 3]",
        "[saved: privacy = 5]",
        "[saved: waiting = 4]",
        "[saved: clarity = 5]",
        "[saved: recommend = 9]",
        "[saved: thank = gladly]",
        "[saved: words = How kind you were]",
    ]
    assert "Please tap a number from 1 to 5." in said.out
    assert said.out.count("[completed]") == 2
    assert "[thanks passed on: words = How kind you were]" in said.out


def test_a_complaint_can_be_played_in_spanish(terminal: Terminal) -> None:
    said = terminal.type("survey", "play", "complaint", "--locale", "es", answers="Mal trato\nTerminar\n")
    assert said.code == 0
    assert "¿Qué ocurrió?" in said.out
    assert "[saved: happened = Mal trato]" in said.out
    assert "[stopped]" in said.out


def test_a_low_score_can_be_played_on_into_a_complaint(terminal: Terminal) -> None:
    survey = "1\n5\n5\n5\n5\n9\nskip\nOpen a complaint\n"
    complaint = "It hurt\nSomething else\nA small thing\nYes\n"
    said = terminal.type("survey", "play", "after_collection", answers=survey + complaint)
    assert (said.code, said.out.count("[completed]")) == (0, 2)
    opened = "phase = general, severity = minor, words = It hurt, contact = yes"
    assert all(part in said.out for part in ("[complaint opened: ", *opened.split(", ")))
    assert "C-0000-000000" in said.out


def test_words_of_a_button_that_is_gone_are_an_answer_like_any_other(terminal: Terminal) -> None:
    said = terminal.type("survey", "play", "after_collection", answers="back\nstop\n")
    assert "Please tap a number from 1 to 5." in said.out


def test_leaving_before_the_end_is_a_failure(terminal: Terminal) -> None:
    said = terminal.type("survey", "play", "after_collection", answers="4\n")
    assert (said.code, said.err) == (1, "\nLeft before the end.\n")


@pytest.mark.parametrize("words", [("nothing",), ("complaint", "--locale", "xx")])
def test_playing_what_is_not_there_is_a_usage_error(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.type("survey", "play", *words).code == 2


@pytest.mark.parametrize("survey", list(load().questionnaires))
def test_every_questionnaire_can_be_begun_and_stopped(terminal: Terminal, survey: str) -> None:
    said = terminal.type("survey", "play", survey, answers="stop\n")
    assert (said.code, "[stopped]" in said.out) == (0, True)
