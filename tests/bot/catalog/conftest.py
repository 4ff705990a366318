from collections.abc import Callable
from pathlib import Path

import pytest

from bot.catalog.contents import Catalog
from bot.catalog.loader import LOCALES, Kept, load_from
from bot.catalog.problems import DefinitionError

Loader = Callable[..., Catalog]
Refusal = Callable[..., list[str]]

SMALL = """\
id: small
version: 1
audience: patient
title: {en: Small, es: Breve}
thanks: {en: Thank you., es: Gracias.}
items:
  - id: rating
    type: scale
    text: {en: How was it, es: Cómo fue}
    low: 1
    high: 5
    favourable: 4
    low_label: {en: Bad, es: Malo}
    high_label: {en: Good, es: Bueno}
  - id: again
    type: choice
    text: {en: Would you come again, es: Volvería}
    choices:
      - {id: yes, label: {en: "Yes", es: "Sí"}}
      - {id: no, label: {en: "No", es: "No"}}
  - id: comment
    type: text
    text: {en: Anything else, es: Algo más}
"""


@pytest.fixture
def load_small(tmp_path: Path) -> Loader:
    """Loads nothing but the given texts, each a file of its own: one.yaml, two.yaml, ..."""

    def load(*sources: str, kept: Kept | None = None) -> Catalog:
        for name, source in zip(("one", "two", "three"), sources, strict=False):
            (tmp_path / f"{name}.yaml").write_text(source, encoding="utf-8", errors="surrogateescape")
        return load_from([tmp_path], LOCALES, kept or {})

    return load


@pytest.fixture
def refusal(load_small: Loader, tmp_path: Path) -> Refusal:
    """The problems of the given texts, with the folder taken off."""

    def refuse(*sources: str, kept: Kept | None = None) -> list[str]:
        with pytest.raises(DefinitionError) as caught:
            load_small(*sources, kept=kept)
        return [problem.removeprefix(f"{tmp_path}/") for problem in caught.value.problems]

    return refuse
