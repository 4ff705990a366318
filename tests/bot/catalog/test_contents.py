"""What the catalogue promises to those who use it."""

from pathlib import Path

import pytest

from bot.catalog import Catalog, DefinitionError, load
from bot.dialog.answer import OneChoice
from bot.dialog.message import Phrase, Wording
from bot.dialog.questionnaire import AllOf, AnyOf, AtLeast, AtMost, OneOf, Shelf
from bot.dialog.schedule import Trigger
from tests.bot.catalog.conftest import SMALL, Loader

OURS = (
    "after_collection",
    "after_results",
    "call_back",
    "complaint",
    "concern",
    "consent",
    "lab_issue",
    "on_behalf",
    "praise",
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


def test_our_own_questionnaires_are_good(catalog: Catalog) -> None:
    assert tuple(catalog.questionnaires) == OURS
    assert catalog.locales == ("en", "es")


def test_catalogue_is_the_shelf_the_dialog_takes_from(catalog: Catalog) -> None:
    shelf: Shelf = catalog
    assert shelf.newest("complaint") is shelf.version("complaint", 1)
    assert [one.id for one in shelf.scheduled(Trigger.COLLECTION)] == ["after_collection"]
    assert [one.id for one in shelf.scheduled(Trigger.RESULTS_DELIVERED)] == ["after_results"]
    with pytest.raises(KeyError):
        shelf.newest("nothing")
    with pytest.raises(KeyError):
        shelf.version("complaint", 2)


def test_after_collection_asks_seven_items_of_everyone(catalog: Catalog) -> None:
    asked = [item.id for item in catalog.newest("after_collection").unconditional]
    assert asked == ["comfort", "courtesy", "privacy", "waiting", "clarity", "recommend", "comment"]


def test_offer_to_put_right_needs_a_low_answer_and_that_to_thank_good_ones_alone(catalog: Catalog) -> None:
    scales = ("comfort", "courtesy", "privacy", "waiting", "clarity")
    assert catalog.newest("after_collection").conditions == {
        "put_right": AnyOf((*(AtMost(scale, 2) for scale in scales), AtMost("recommend", 6))),
        "thank": AllOf((*(AtLeast(scale, 4) for scale in scales), AtLeast("recommend", 9))),
    }
    assert catalog.newest("after_results").conditions == {
        "put_right": AnyOf(
            (
                OneOf("on_time", ("late", "not_yet")),
                AtMost("understood", 2),
                OneOf("will_follow_up", ("no",)),
            )
        )
    }


def test_title_of_a_modal_fits(catalog: Catalog) -> None:
    assert all(len(words) <= 24 for words in catalog.newest("lab_issue").title.by_locale.values())


def test_source_is_the_exact_text(load_small: Loader) -> None:
    assert load_small(SMALL).source("small") == SMALL


def test_file_in_the_extra_folder_replaces_ours(tmp_path: Path) -> None:
    Path(tmp_path, "issue.yml").write_text(
        load().source("lab_issue").replace("version: 2", "version: 3"), encoding="utf-8"
    )
    replaced = load(tmp_path)
    assert replaced.newest("lab_issue").version == 3
    assert tuple(replaced.questionnaires) == OURS


def test_kept_version_stays_within_reach(load_small: Loader) -> None:
    newer = SMALL.replace("version: 1", "version: 2").replace("high: 5", "high: 7")
    catalog = load_small(newer, kept={("small", 1): SMALL, ("gone", 4): SMALL})
    assert catalog.newest("small").version == 2
    assert catalog.version("small", 1).version == 1
    assert "gone" not in catalog.questionnaires
    assert catalog.version("gone", 4).title.in_locale("en") == "Small"


def test_kept_version_may_lack_a_language_added_since(load_small: Loader) -> None:
    older = SMALL.replace(", es: Breve", "")
    assert load_small(SMALL, kept={("small", 1): older}).version("small", 1).version == 1


def test_missing_extra_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path / "nowhere")
    assert caught.value.problems == (
        f"{tmp_path}/nowhere:1: There is no such folder; create it or correct SURVEYS_DIR.",
    )


@pytest.mark.parametrize(
    ("code", "locale"),
    [("en", "en"), ("en-GB", "en"), ("es-MX", "es"), ("EN_us", "en"), ("de", "es"), (None, "es"), ("", "es")],
)
def test_locale_is_the_nearest_we_speak_or_the_default(catalog: Catalog, code: str, locale: str) -> None:
    assert catalog.locale_for(code, "es") == locale


def test_sentence_is_filled_with_its_values(catalog: Catalog) -> None:
    assert catalog.say("reask.scale", "en", low=1, high=5) == "Please tap a number from 1 to 5."
    assert catalog.say("reask.scale", "es", low=1, high=5) == "Toque un número del 1 al 5, por favor."


def test_value_is_never_filled_again(catalog: Catalog) -> None:
    assert catalog.say("told.take", "en", number="{number} {0.__class__} %s") == (
        "Someone is now looking into your complaint {number} {0.__class__} %s."
    )


def test_unknown_sentence_is_named(catalog: Catalog) -> None:
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        catalog.say("no.such.key", "en")


def test_value_that_is_missing_is_named(catalog: Catalog) -> None:
    with pytest.raises(KeyError, match=r"reask\.scale needs high, low"):
        catalog.say("reask.scale", "en")


def test_phrase_and_wording_are_rendered_alike(catalog: Catalog) -> None:
    assert catalog.render(Phrase("figure", {"n": 3}), "es") == "3"
    assert catalog.render(Wording({"en": "No. {number}", "es": "Nº {number}"}), "es-MX", number="7") == "Nº 7"
    assert catalog.render(Phrase("told.take"), "en", number="C-1").endswith("complaint C-1.")


def test_wording_inside_a_phrase_is_in_the_same_language(catalog: Catalog) -> None:
    worst, best = Wording({"en": "Bad", "es": "Malo"}), Wording({"en": "Good"})
    hint = Phrase("hint.scale", {"low": 1, "high": 5, "worst": worst, "best": best})
    assert catalog.render(hint, "es") == "1 = Malo, 5 = Good"


def test_wording_keeps_braces_that_name_nothing(catalog: Catalog) -> None:
    assert catalog.render(Wording({"en": "{who} {0} {}"}), "en") == "{who} {0} {}"


@pytest.mark.parametrize(
    ("item", "typed", "locale", "value"),
    [
        ("comfort", "four", "en", 4),
        ("comfort", "Cuatro.", "es-MX", 4),
        ("comfort", "very comfortable", "en", 5),
        ("comfort", "4️⃣", "en", 4),
        ("comfort", "six", "en", None),
        ("comfort", "cuatro", "en", None),
        ("recommend", "zero", "en", 0),
        ("recommend", "diez", "es", 10),
        ("put_right", "Open a complaint", "en", "complaint"),
        ("put_right", "2", "en", "call_back"),
        ("put_right", "¡No, gracias!", "es", "nothing"),
        ("put_right", "llamenme", "es", "call_back"),
        ("put_right", "4", "en", None),
    ],
)
def test_typed_words_count_when_they_make_sense(
    catalog: Catalog, item: str, typed: str, locale: str, value: object
) -> None:
    assert catalog.newest("after_collection").item(item).read(typed, locale) == value


def test_position_is_no_answer_where_labels_are_figures(load_small: Loader) -> None:
    source = SMALL.replace('{en: "Yes", es: "Sí"}', '{en: "3", es: "3"}')
    item = load_small(source).newest("small").item("again")
    assert isinstance(item, OneChoice)
    assert (item.read("3", "en"), item.read("1", "en")) == ("yes", None)
