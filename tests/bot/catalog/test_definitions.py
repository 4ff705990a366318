"""What an author is told about a questionnaire that cannot be used: whole messages, with file and line."""

from datetime import timedelta

import pytest

from bot.dialog.questionnaire import PraiseFrom
from tests.bot.catalog.conftest import SMALL, Loader, Refusal


def changed(old: str, new: str) -> str:
    assert SMALL.count(old) >= 1
    return SMALL.replace(old, new, 1)


def test_small_questionnaire_is_good(load_small: Loader) -> None:
    assert load_small(SMALL).newest("small").version == 1


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            changed("id: small", "id: Small"),
            (
                "one.yaml:1: id 'Small' has to be a small letter and then at most 31 small letters, "
                "figures or underscores."
            ),
        ),
        (changed("id: small\n", ""), "one.yaml:1: A questionnaire has no id; add one."),
        (changed("id: small", "id:"), "one.yaml:1: id has to be one value; write it after the colon."),
        (changed("id: small", "id: [a]"), "one.yaml:1: id has to be one value; write it after the colon."),
        (
            changed("version: 1", "version: 0"),
            "one.yaml:2: version '0' has to be a whole number from 1 to 100000.",
        ),
        (
            changed("version: 1", "version: 1.5"),
            "one.yaml:2: version '1.5' has to be a whole number from 1 to 100000.",
        ),
        (
            changed("audience: patient", "audience: patients"),
            "one.yaml:3: audience 'patients' is not known; did you mean patient?",
        ),
        (
            changed("audience: patient", "audience: everyone"),
            "one.yaml:3: audience 'everyone' is not known; use one of patient, care_team, staff, public.",
        ),
        (changed(", es: Breve", ""), "one.yaml:4: title has no words in 'es'; add them."),
        (changed("es: Breve", "es:"), "one.yaml:4: title in 'es' has no words; write them after the colon."),
        (
            changed("{en: Small, es: Breve}", "Small"),
            "one.yaml:4: title needs its words by language, such as {en: ..., es: ...}.",
        ),
        (
            changed("en: Small", "en: A title that is too long for us"),
            "one.yaml:4: title in 'en' has 31 characters; at most 24 can be shown.",
        ),
        (
            changed("es: Breve", "es: Breve, ens: Small"),
            "one.yaml:4: title has words in 'ens', which the bot does not speak; did you mean es?",
        ),
        (
            changed("en: Small", 'en: "Small\\0"'),
            "one.yaml:4: title in 'en' holds a character that cannot be sent; remove it.",
        ),
        (
            changed("en: Small", 'en: "Small\\ud800"'),
            "one.yaml:4: title in 'en' holds a character that cannot be sent; remove it.",
        ),
        (
            changed("en: Anything else", f"en: {'x' * 1001}"),
            "one.yaml:23: text in 'en' has 1001 characters; at most 1000 can be shown.",
        ),
        (
            changed("thanks:", "thank:"),
            (
                "one.yaml:1: A questionnaire has no thanks; add one.\n"
                "one.yaml:5: A questionnaire has no use for 'thank'; did you mean thanks?"
            ),
        ),
        (
            changed("    low: 1", "    lowest: 1"),
            (
                "one.yaml:7: An item has no low; add one.\n"
                "one.yaml:10: An item has no use for 'lowest'; did you mean low?"
            ),
        ),
        (
            changed("    type: text\n", "    type: text\n    choices: [a]\n"),
            (
                "one.yaml:23: An item has no use for 'choices'; use one of id, text, required, name, "
                "forms_only, type, max_length, hint, when."
            ),
        ),
        (
            changed("type: scale", "type: rating"),
            "one.yaml:8: type 'rating' is not known; use one of scale, choice, text, reference, colleague.",
        ),
        (changed("high: 5", "high: 1"), "one.yaml:11: high '1' has to be a whole number from 2 to 10."),
        (changed("high: 5", "high: 11"), "one.yaml:11: high '11' has to be a whole number from 2 to 10."),
        (
            changed("favourable: 4", "favourable: 6"),
            "one.yaml:12: favourable '6' has to be a whole number from 1 to 5.",
        ),
        (
            changed("id: again", "id: rating"),
            "one.yaml:15: There is an item rating already; give this one another id.",
        ),
        (
            changed("type: choice", "type: choice\n    required: maybe"),
            "one.yaml:17: required 'maybe' has to be true or false.",
        ),
        (
            changed("{id: no,", "{id: yes,"),
            "one.yaml:20: The choice yes is offered already; give this one another id.",
        ),
        (
            changed("""      - {id: no, label: {en: "No", es: "No"}}\n""", ""),
            "one.yaml:18: One choice is none; offer at least two.",
        ),
        (
            changed("id: no,", f"id: {'n' * 32},"),
            f"one.yaml:20: The id of a choice has at most 31 characters; shorten {'n' * 32}.",
        ),
        (
            changed('es: "No"', 'es: "si."'),
            "one.yaml:18: 'si.' in 'es' means both yes and no; change one.",
        ),
        (
            changed('es: "No"}', 'es: "No"}, also: {en: ["yes"]}'),
            "one.yaml:18: 'yes' in 'en' means both yes and no; change one.",
        ),
        (
            changed('es: "No"}', 'es: "No"}, also: [nope]'),
            "one.yaml:20: also needs lists of words by language, such as {en: [yep, sure]}.",
        ),
        (
            changed('es: "No"}', 'es: "No"}, also: {en: nope}'),
            "one.yaml:20: also needs a list of words, such as [yep, sure].",
        ),
        (
            changed('es: "No"}', 'es: "No"}, also: {fr: [non]}'),
            "one.yaml:20: also has words in 'fr', which the bot does not speak; remove them.",
        ),
        (
            changed("    choices:", "    favourable: [yes, maybe]\n    choices:"),
            "one.yaml:18: favourable has to list choices of this item; 'maybe' is none of them.",
        ),
        (
            changed('es: "No"}', 'es: "No"}, leads_to: complaint'),
            "one.yaml:20: leads_to 'complaint' is not a questionnaire; use one of small.",
        ),
        (SMALL + "items: []\n", "one.yaml:24: items is given on line 6 already; keep one of them."),
        (
            SMALL[: SMALL.index("items:")] + "items: []\n",
            "one.yaml:6: items has to be a list with at least one entry.",
        ),
        (
            SMALL[: SMALL.index("items:")] + "items: [rating]\n",
            "one.yaml:6: An item is written as keys and values.",
        ),
        (
            SMALL + "plan: {aim: Know, sample: All}\n",
            "one.yaml:24: plan has no dates; add one.",
        ),
        (SMALL + "plan: soon\n", "one.yaml:24: plan has to be keys and values, one to a line."),
    ],
)
def test_mistake_is_named_with_its_line_and_its_cure(source: str, problem: str, refusal: Refusal) -> None:
    assert refusal(source) == problem.splitlines()


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ("rating", "when has to be keys and values, one to a line."),
        (
            "{item: comment, is: x}",
            "when can only ask about earlier items, and 'comment' is none; use one of rating, again.",
        ),
        (
            "{item: ratin, is: 1}",
            "when can only ask about earlier items, and 'ratin' is none; did you mean rating?",
        ),
        ("{item: rating}", "A condition needs exactly one of at_least, at_most, is and one_of."),
        (
            "{item: rating, at_least: 1, at_most: 2}",
            "A condition needs exactly one of at_least, at_most, is and one_of.",
        ),
        ("{item: rating, at_least: 6}", "at_least '6' has to be a whole number from 1 to 5."),
        ("{item: rating, is: 6}", "rating is never '6'; it has whole numbers from 1 to 5."),
        ("{item: rating, one_of: [1, bad]}", "rating is never 'bad'; it has whole numbers from 1 to 5."),
        ("{item: again, at_most: 2}", "at_most needs a scale, and again is none; use is or one_of."),
        ("{item: again, is: yess}", "again is never 'yess'; did you mean yes?"),
        ("{at_most: 2}", "A condition begins with item, any or all; add one of them."),
        ("{any: []}", "any has to be a list with at least one entry."),
        ("{any: [x]}", "A condition is written as keys and values."),
        (
            "{item: again, is: yes, not: true}",
            "A condition has no use for 'not'; use one of any, all, item, at_least, at_most, is, one_of.",
        ),
        ("{all: [{any: [{item: again, is: 3}]}]}", "again is never '3'; use one of yes, no."),
    ],
)
def test_condition_that_cannot_hold_is_refused(when: str, problem: str, refusal: Refusal) -> None:
    source = SMALL.replace("    type: text", f"    when: {when}\n    type: text")
    assert [line for line in refusal(source) if "no use for" in problem or "no use for" not in line] == [
        f"one.yaml:22: {problem}"
    ]


def test_condition_on_words_is_refused(refusal: Refusal) -> None:
    source = SMALL + (
        "  - id: more\n    type: text\n    text: {en: More, es: Más}\n    when: {item: comment, is: x}\n"
    )
    assert refusal(source) == [
        "one.yaml:27: comment is never 'x'; a condition can only ask about a scale or a choice."
    ]


def test_first_item_cannot_have_a_condition(refusal: Refusal) -> None:
    source = changed("    type: scale", "    when: {item: again, is: yes}\n    type: scale")
    assert refusal(source) == [
        (
            "one.yaml:8: when can only ask about earlier items, and 'again' is none; "
            "there is none before this one."
        )
    ]


@pytest.mark.parametrize(("after", "days"), [("collection", 0), ("results_delivered", 1)])
def test_a_survey_comes_a_day_after_results_unless_it_says_otherwise(
    after: str, days: int, load_small: Loader
) -> None:
    schedule = load_small(f"{SMALL}schedule: {{after: {after}, expires: 7d}}\n").newest("small").schedule
    assert schedule is not None
    assert schedule.delay == timedelta(days=days)


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ("weekly", "schedule has to be keys and values, one to a line."),
        ("{after: collection}", "schedule has no expires; add one."),
        (
            "{after: collected, expires: 7d}",
            "after 'collected' is not known; did you mean collection?",
        ),
        (
            "{after: collection, expires: 7 days}",
            "expires '7 days' has to be a length of time such as 1d, 36h or 30m, and at most 366d.",
        ),
        (
            "{after: collection, expires: 367d}",
            "expires '367d' has to be a length of time such as 1d, 36h or 30m, and at most 366d.",
        ),
        (
            "{after: collection, expires: 7d, delay: 1d}",
            "A survey after collection begins when the person joins; remove delay.",
        ),
        (
            "{after: results_delivered, expires: 2d, remind: 48h}",
            "remind has to come before expires; make it shorter.",
        ),
        (
            "{after: results_delivered, expires: 2d, window: 19:00-09:00}",
            "window '19:00-09:00' has to be two times of one day, the earlier first, such as 09:00-19:00.",
        ),
        (
            "{after: results_delivered, expires: 2d, window: 9-19}",
            "window '9-19' has to be two times of one day, the earlier first, such as 09:00-19:00.",
        ),
        (
            "{after: results_delivered, expires: 2d, windows: x}",
            "schedule has no use for 'windows'; did you mean window?",
        ),
    ],
)
def test_schedule_that_cannot_be_kept_is_refused(schedule: str, problem: str, refusal: Refusal) -> None:
    assert refusal(f"{SMALL}schedule: {schedule}\n") == [f"one.yaml:24: {problem}"]


COMPLAINT = SMALL.replace("{en: Thank you., es: Gracias.}", "{en: 'Number {number}', es: 'Número {number}'}")
OPENS = "{category: other, phase: general, severity: minor, words: $comment}"


@pytest.mark.parametrize(
    ("opens", "problem"),
    [
        (OPENS.replace(", words: $comment", ""), "opens has no words; add one."),
        (
            OPENS,
            "Every complaint has words; make comment required and ask it of everyone.",
        ),
        (OPENS.replace("$comment", "$coment"), "words is taken from '$coment'; did you mean comment?"),
        (
            OPENS.replace("other,", "others,").replace("$comment", "x"),
            "category 'others' is not known; did you mean other?",
        ),
        (
            OPENS.replace("$comment", "x, contact: $rating"),
            "contact needs a choice, and rating is of type scale.",
        ),
        (
            OPENS.replace("$comment", "x, best_time: $again"),
            (
                "best_time cannot be 'yes'; use one of morning, afternoon, any.\n"
                "one.yaml:24: best_time cannot be 'no'; use one of morning, afternoon, any."
            ),
        ),
        (
            OPENS.replace("$comment", "x, order: $comment"),
            "order needs a reference, and comment is of type text.",
        ),
        (OPENS.replace("$comment", "x, phone: $again"), "phone needs a text, and again is of type choice."),
        (
            OPENS.replace("$comment", "x, colour: red"),
            (
                "opens has no use for 'colour'; use one of category, phase, severity, contact, best_time, "
                "anonymous, confidential, complainant, channel, words, need, order, phone, name, site."
            ),
        ),
    ],
)
def test_complaint_that_cannot_be_opened_is_refused(opens: str, problem: str, refusal: Refusal) -> None:
    assert refusal(f"{COMPLAINT}opens: {opens}\n") == f"one.yaml:24: {problem}".splitlines()


def test_thanks_for_a_complaint_must_give_its_number(refusal: Refusal) -> None:
    source = SMALL.replace("    type: text", "    type: text\n    required: true") + f"opens: {OPENS}\n"
    assert refusal(source) == [
        "one.yaml:5: thanks in 'en' has to give the complaint's number; write {number} in it.",
        "one.yaml:5: thanks in 'es' has to give the complaint's number; write {number} in it.",
    ]


PRAISES = "{words: $comment, about: $who, colleague: $whom}"
WHO = """\
  - {id: who, type: text, forms_only: true, text: {en: Who, es: Quién}}
  - {id: whom, type: colleague, forms_only: true, text: {en: Whom, es: A quién}}
"""
PRAISE = SMALL.replace("    type: text", "    type: text\n    required: true") + WHO


def test_thanks_are_taken_from_items(load_small: Loader) -> None:
    praises = load_small(f"{PRAISE}praises: {PRAISES}\n").newest("small").praises
    assert praises == PraiseFrom({"words": "comment", "about": "who", "colleague": "whom"})


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (f"{PRAISE}praises: {{about: $who}}\n", "27: praises has no words; add one."),
        (
            f"{PRAISE}praises: {{words: Well done}}\n",
            "27: words is taken from an item, with $ before its id, not 'Well done'; use one of",
        ),
        (
            f"{PRAISE}praises: {{words: $who}}\n",
            "27: All praise has words; make who required and ask it of everyone.",
        ),
        (
            f"{PRAISE}praises: {PRAISES.replace('$whom', '$who')}\n",
            "27: colleague needs a colleague, and who is of type text.",
        ),
        (f"{PRAISE}praises: {PRAISES}\nfor: us\n", "28: A questionnaire has no use for 'for'"),
        (
            PRAISE.replace("type: colleague, forms_only: true", "type: colleague"),
            "26: Only a form has a list of colleagues; add forms_only: true.",
        ),
    ],
)
def test_thanks_that_cannot_be_passed_on_are_refused(source: str, problem: str, refusal: Refusal) -> None:
    (found,) = refusal(source)
    assert found.startswith(f"one.yaml:{problem}")


def test_what_opens_a_complaint_praises_nobody(refusal: Refusal) -> None:
    source = PRAISE.replace(
        "{en: Thank you., es: Gracias.}", "{en: 'Number {number}', es: 'Número {number}'}"
    )
    assert refusal(f"{source}opens: {OPENS}\npraises: {PRAISES}\n") == [
        "one.yaml:28: What opens a complaint cannot praise as well; remove one of them."
    ]


@pytest.mark.parametrize("key", ["forms_only: true", "when: {item: rating, at_least: 1}"])
def test_a_conversation_has_to_have_a_beginning(key: str, refusal: Refusal) -> None:
    first, _, rest = SMALL.partition("  - id: again")
    source = first.replace("type: scale", "type: scale\n    forms_only: true")
    again = f"  - id: again\n    {key}" + rest.partition("  - id: comment")[0]
    (found,) = refusal(source + again)
    assert found.startswith(
        "one.yaml:6: A conversation has to begin with an item without forms_only and when;"
    )


def test_the_form_of_praise_has_to_pass_thanks_on(refusal: Refusal) -> None:
    assert refusal(SMALL.replace("id: small", "id: praise")) == [
        "one.yaml:1: praise has to pass thanks on; add praises."
    ]


def test_every_problem_of_every_file_is_told_at_once(refusal: Refusal) -> None:
    problems = refusal(SMALL.replace("version: 1", "version: x").replace("type: text", "type: words"), "[]")
    assert problems == [
        "one.yaml:2: version 'x' has to be a whole number from 1 to 100000.",
        "one.yaml:22: type 'words' is not known; use one of scale, choice, text, reference, colleague.",
        "two.yaml:1: A file is written as keys and values; begin with a key.",
    ]


def test_two_files_cannot_share_an_id(refusal: Refusal, tmp_path: object) -> None:
    assert refusal(SMALL, SMALL) == [
        f"two.yaml:1: The id small is that of {tmp_path}/one.yaml already; choose another."
    ]


def test_only_one_survey_begins_after_collection(refusal: Refusal) -> None:
    schedule = "schedule: {after: collection, expires: 7d}\n"
    assert refusal(SMALL + schedule, SMALL.replace("id: small", "id: tiny") + schedule) == [
        "two.yaml:1: small begins after collection already; give this one that id to replace it."
    ]


def test_consent_must_be_yes_or_no(refusal: Refusal) -> None:
    assert refusal(SMALL.replace("id: small", "id: consent")) == [
        "one.yaml:1: consent has to begin with a choice of yes and no."
    ]


def test_intake_must_open_a_complaint(refusal: Refusal) -> None:
    assert refusal(SMALL.replace("id: small", "id: lab_issue")) == [
        "one.yaml:1: lab_issue has to open a complaint; add opens."
    ]


def test_used_version_cannot_get_other_items(refusal: Refusal) -> None:
    assert refusal(SMALL.replace("high: 5", "high: 7"), kept={("small", 1): SMALL}) == [
        "one.yaml:2: Version 1 of small has been used with other items; make this version 2."
    ]


def test_used_version_may_get_better_words(load_small: Loader) -> None:
    catalog = load_small(SMALL.replace("How was it", "How did it go"), kept={("small", 1): SMALL})
    assert catalog.version("small", 1).items[0].text.in_locale("en") == "How did it go"


def test_kept_version_that_cannot_be_read_is_named(refusal: Refusal) -> None:
    assert refusal(SMALL, kept={("old", 3): SMALL.replace("id: small", "id: Old")})[0] == (
        "old version 3, kept in the database:1: id 'Old' has to be a small letter and then at most 31 small "
        "letters, figures or underscores."
    )
