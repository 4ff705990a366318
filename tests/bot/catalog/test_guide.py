"""The guide for authors: its examples can be used as they stand, and it leaves no key out."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from textwrap import indent

import pytest

from bot.catalog.contents import Catalog
from bot.catalog.endings import Anonymous, BestTime, Contact
from bot.catalog.fields import Fields
from bot.catalog.lint import lint
from bot.catalog.loader import LOCALES, SURVEYS, load, load_from
from bot.catalog.reader import Audience
from bot.complaints.terms import Category, Complainant, Consequence, Phase, Via
from bot.dialog.schedule import Trigger

GUIDE = (Path(__file__).parents[3] / "docs" / "questionnaires.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
WHOLE = [block for block in BLOCKS if re.search(r"^id: ", block, re.MULTILINE)]
ITEMS = [block for block in BLOCKS if block not in WHOLE]
KINDS: tuple[type[StrEnum], ...] = (
    Audience,
    Trigger,
    Category,
    Phase,
    Consequence,
    BestTime,
    Contact,
    Anonymous,
    Complainant,
    Via,
)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """An author's folder with every whole example of the guide in it."""
    for number, source in enumerate(WHOLE):
        (tmp_path / f"{number}.yaml").write_text(source, encoding="utf-8")
    return tmp_path


def keys_read(mine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Every key the reader asks for, in our questionnaires and in the guide's."""
    asked: dict[str, None] = {}
    is_given = Fields.has

    def noted(fields: Fields, key: str) -> bool:
        asked[key] = None
        return is_given(fields, key)

    monkeypatch.setattr(Fields, "has", noted)
    load_from([SURVEYS, mine], LOCALES, {})
    return iter(asked)


def usable(catalog: Catalog) -> dict[str, int]:
    return {name: len(lint(one)) for name, one in catalog.questionnaires.items()}


def test_whole_examples_can_be_used_beside_our_own_and_need_no_advice(mine: Path) -> None:
    assert len(WHOLE) == 2
    assert usable(load(mine)) == dict.fromkeys((*load().questionnaires, "home_visit", "privacy_concern"), 0)


def test_examples_of_items_fit_into_the_survey(mine: Path) -> None:
    (mine / "0.yaml").write_text(WHOLE[0] + "".join(indent(item, "  ") for item in ITEMS), encoding="utf-8")
    longer = load(mine).newest("home_visit")
    assert [item.id for item in longer.items] == ["punctual", "again", "late", "next_step"]
    assert usable(load(mine))["home_visit"] == 0


def test_every_key_that_can_be_written_is_explained(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explained = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", GUIDE))))
    assert set(keys_read(mine, monkeypatch)) - explained == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_that_can_be_chosen_is_named(kind: type[StrEnum]) -> None:
    assert [word.value for word in kind if f"`{word.value}`" not in GUIDE] == []
