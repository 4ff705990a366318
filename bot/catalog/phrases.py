"""The sentences of the interface, by locale, out of `<locale>/LC_MESSAGES/labvoice.po`."""

import re
from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import PoFileError, read_po

from bot.catalog.problems import DefinitionError, Problems

FALLBACK = "en"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_NUMBERS = "numbers"


def placeholders(words: str) -> frozenset[str]:
    """The names standing in braces in `words`."""
    if "{" not in words:  # most have none, and every label of every button is asked
        return frozenset()
    return frozenset(_PLACEHOLDER.findall(words))


def fill(words: str, values: Mapping[str, str | int]) -> str:
    """`words` with every `{name}` of `values` put in as it is; a value is never filled again.

    A name without a value stays as written.
    """
    if "{" not in words:
        return words
    return _PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), words)


class Phrases:
    """Every sentence by locale and key."""

    def __init__(self, by_locale: Mapping[str, Mapping[str, str]]) -> None:
        self.by_locale = by_locale

    def find(self, key: str, locale: str) -> str:
        """The words of `key` in `locale`, else in its language, else in English; KeyError if none."""
        for one in (locale, locale.partition("-")[0], FALLBACK):
            if words := self.by_locale.get(one, {}).get(key):
                return words
        raise KeyError(key)

    def knows(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self.by_locale[FALLBACK]

    @property
    def locales(self) -> tuple[str, ...]:
        """The locales there are words for, English first."""
        return tuple(sorted(self.by_locale, key=lambda locale: (locale != FALLBACK, locale)))

    @property
    def numbers(self) -> Mapping[str, tuple[str, ...]]:
        """The words for zero to ten, by locale."""
        return {locale: tuple(words[_NUMBERS].split()) for locale, words in self.by_locale.items()}


def read_phrases(folder: Path) -> Phrases:
    """Every locale in `folder`; DefinitionError naming file and line if one cannot be used."""
    found: list[str] = []
    by_locale: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*/LC_MESSAGES/labvoice.po")):
        problems = Problems(str(path))
        by_locale[path.parent.parent.name.replace("_", "-")] = _read(path, problems)
        found.extend(problems.lines)
    if FALLBACK not in by_locale:
        found.append(f"{folder}:1: There is no {FALLBACK}/LC_MESSAGES/labvoice.po; every lab needs it.")
    if found:
        raise DefinitionError(found)
    return Phrases(by_locale)


def _read(path: Path, problems: Problems) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            messages = read_po(file, abort_invalid=True)
    except PoFileError as error:
        problems.at(error.lineno + 1, "This line has no place in a .po file; correct it.")
        return {}
    words: dict[str, str] = {}
    for message in messages:
        if isinstance(message.id, str) and message.id and isinstance(message.string, str):
            words[message.id] = message.string
    if len(words.get(_NUMBERS, "").split()) != 11:
        problems.at(1, f"{_NUMBERS} has to be the eleven words for zero to ten, with spaces between.")
    return words
