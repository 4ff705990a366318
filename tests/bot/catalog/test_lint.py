"""The survey linter finds what biases answers, and has nothing to say about our own surveys."""

import pytest

from bot.catalog import Catalog, load
from bot.catalog.lint import Finding, lint
from tests.bot.catalog.conftest import SMALL, Loader

QUESTION = "{en: How was it, es: Cómo fue}"


def worded(question: str, spanish: str = "Cómo fue") -> str:
    return SMALL.replace(QUESTION, f"{{en: {question!r}, es: {spanish!r}}}")


@pytest.fixture(scope="module")
def ours() -> Catalog:
    return load()


def test_our_own_surveys_are_clean(ours: Catalog) -> None:
    findings = {name: lint(one) for name, one in ours.questionnaires.items()}
    assert findings == dict.fromkeys(ours.questionnaires, ())


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Don’t you think we were quick?", "Don’t you"),
        ("How much did you enjoy your visit?", "How much did you enjoy"),
        ("How friendly was our staff?", "How friendly was"),
        ("How did our caring team treat you?", "our caring"),
        ("We were quick, right?", ", right?"),
    ],
)
def test_leading_question_is_found(question: str, words: str, load_small: Loader) -> None:
    message = f"en: “{words}” leads to an answer; ask so that every answer is as easy to give."
    assert lint(load_small(worded(question)).newest("small")) == (Finding("rating", message),)


def test_leading_question_is_found_in_spanish(load_small: Loader) -> None:
    message = "es: “¿No le parece” leads to an answer; ask so that every answer is as easy to give."
    source = worded("How was it?", "¿No le parece que fuimos rápidos?")
    assert lint(load_small(source).newest("small")) == (Finding("rating", message),)


@pytest.mark.parametrize(
    ("question", "spanish", "message"),
    [
        (
            "Were we quick and kind?",
            "¿Cómo fue?",
            "en: “and” may ask two things at once; ask one, or make it two items.",
        ),
        (
            "How was it?",
            "¿Fuimos rápidos y amables?",
            "es: “y” may ask two things at once; ask one, or make it two items.",
        ),
    ],
)
def test_two_questions_in_one_are_found(
    question: str, spanish: str, message: str, load_small: Loader
) -> None:
    assert lint(load_small(worded(question, spanish)).newest("small")) == (Finding("rating", message),)


def test_and_outside_the_question_is_fine(load_small: Loader) -> None:
    source = worded("We ask now and later. How was it?", "Preguntamos hoy y mañana. ¿Cómo fue?")
    assert lint(load_small(source).newest("small")) == ()


def test_two_negatives_are_found(load_small: Loader) -> None:
    message = "en: Two negatives in one question are easily misread; put it positively."
    source = worded("Was nothing not explained without delay?")
    assert lint(load_small(source).newest("small")) == (Finding("rating", message),)


def test_long_text_is_found(load_small: Loader) -> None:
    source = worded("How was it " + "really " * 23 + "?")
    message = "en: There are 27 words; say it in 25 or fewer."
    assert lint(load_small(source).newest("small")) == (Finding("rating", message),)


def test_word_of_the_laboratory_is_found_for_patients_alone(load_small: Loader) -> None:
    source = worded("How was the phlebotomist?").replace('{en: "Yes"', "{en: Specimen")
    spared = source.replace("audience: patient", "audience: care_team")
    assert lint(load_small(source).newest("small")) == (
        Finding(
            "rating",
            "en: “phlebotomist” is a word of the laboratory; say it as you would to a neighbour.",
        ),
        Finding("again", "en: “Specimen” is a word of the laboratory; say it as you would to a neighbour."),
    )
    assert lint(load_small(spared).newest("small")) == ()


def test_unbalanced_scale_is_found(load_small: Loader) -> None:
    message = "en: “Bad” and “Very good” are not equally strong; balance the ends of the scale."
    source = SMALL.replace("{en: Good, es: Bueno}", "{en: Very good, es: Bueno}")
    assert lint(load_small(source).newest("small")) == (Finding("rating", message),)


def test_scale_with_nothing_but_favourable_answers_is_found(load_small: Loader) -> None:
    source = SMALL.replace("favourable: 4", "favourable: 1")
    assert lint(load_small(source).newest("small")) == (
        Finding("rating", "Every answer counts as favourable; raise favourable."),
    )


def test_survey_without_a_plan_is_found(load_small: Loader) -> None:
    source = SMALL + "schedule: {after: results_delivered, expires: 7d}\n"
    assert lint(load_small(source).newest("small")) == (
        Finding("", "There is no plan; write down its aim, its sample and its dates before anyone is asked."),
    )


def test_survey_nobody_may_skip_anything_of_is_found(load_small: Loader) -> None:
    source = SMALL.replace("    text: {", "    required: true\n    text: {") + (
        "schedule: {after: results_delivered, expires: 7d}\nplan: {aim: Know, sample: All, dates: May}\n"
    )
    assert lint(load_small(source).newest("small")) == (
        Finding("", "Nothing may be skipped; let people skip what they would rather not answer."),
    )


def test_long_survey_is_found_by_what_everyone_is_asked(load_small: Loader) -> None:
    item = "  - {{id: more{n}, type: text, text: {{en: More, es: Más}}{when}}}\n"
    asked = "".join(item.format(n=n, when="") for n in range(6))
    asked_of_some = "".join(item.format(n=n, when=", when: {item: again, is: no}") for n in range(6, 20))
    assert lint(load_small(SMALL + asked + asked_of_some).newest("small")) == ()
    assert lint(load_small(SMALL + asked + item.format(n=30, when="")).newest("small")) == (
        Finding("", "Everyone is asked 10 items; half of those who give up do so by 9. Drop some."),
    )
