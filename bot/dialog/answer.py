"""Item types: what one question accepts, offers and makes of what people type."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.dialog.message import Phrase, Text, Wording

Value = int | str

# NUL and lone surrogates cannot be stored or sent on; other control characters have no meaning in a chat.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` without characters that can be neither stored nor shown, and without outer white space."""
    return _UNSTORABLE.sub("", text).strip()


def folded(text: str) -> str:
    """`text` as typed words are compared: without case, accents, outer punctuation and doubled spaces."""
    plain = unicodedata.normalize("NFKD", clean(text).casefold())
    bare = "".join(mark for mark in plain if unicodedata.category(mark) not in {"Mn", "Me"})
    return " ".join(bare.strip(".!¡¿?,;: \n\t").split())


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer on offer. `leads_to` names a questionnaire begun once this one is finished."""

    id: str
    label: Wording
    leads_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """What every item has. `synonyms` are further typed words per locale, filled by the catalogue.

    `name` is what the item is called in figures and lists, where its question would be too long. With
    `forms_only` a conversation passes it over.
    """

    id: str
    text: Wording
    required: bool
    name: Wording | None = None
    forms_only: bool = False
    synonyms: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    def _typed(self, text: str, locale: str) -> Value | None:
        words = self.synonyms.get(locale) or self.synonyms.get(locale.partition("-")[0]) or {}
        return words.get(folded(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(_Base):
    """A whole number from `low` to `high`; `low_label` and `high_label` say what the ends mean.

    `favourable` is the least value counted as a favourable answer in indicators.
    """

    kind: ClassVar[str] = "scale"
    low: int
    high: int
    low_label: Wording
    high_label: Wording
    favourable: int

    def accept(self, raw: str) -> Value | None:
        """The value behind a pressed button or a form field, or None if it is not one of ours."""
        return int(raw) if re.fullmatch(r"\d{1,3}", raw) and self.low <= int(raw) <= self.high else None

    def read(self, text: str, locale: str) -> Value | None:
        """The value a person meant by typing `text`: a figure, a number word, or None."""
        typed = folded(text)
        return self.accept(typed) if typed.isascii() and typed.isdigit() else self._typed(text, locale)

    @property
    def reask(self) -> Text:
        """What to say to an answer that makes no sense."""
        return Phrase("reask.scale", {"low": self.low, "high": self.high})


@dataclass(frozen=True, slots=True, kw_only=True)
class OneChoice(_Base):
    """One of the given choices. `favourable` lists the choices counted as favourable in indicators."""

    kind: ClassVar[str] = "choice"
    choices: tuple[Choice, ...]
    favourable: tuple[str, ...] = ()

    def accept(self, raw: str) -> Value | None:
        """The choice's id, or None if it is not one of ours."""
        return raw if any(choice.id == raw for choice in self.choices) else None

    def read(self, text: str, locale: str) -> Value | None:
        """The choice whose label (or position, or synonym) was typed, or None."""
        typed = folded(text)
        for choice in self.choices:
            if folded(choice.label.in_locale(locale)) == typed:
                return choice.id
        return self._typed(text, locale)

    @property
    def reask(self) -> Text:
        """What to say to an answer that makes no sense."""
        return Phrase("reask.choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeText(_Base):
    """Words of the person's own, up to `max_length` characters. Kept encrypted. `hint` says what to write."""

    kind: ClassVar[str] = "text"
    max_length: int = 3000
    hint: Wording | None = None

    def accept(self, raw: str) -> Value | None:
        """The cleaned words, or None when there are none or too many."""
        words = clean(raw)
        return words if 0 < len(words) <= self.max_length else None

    def read(self, text: str, locale: str) -> Value | None:
        """As `accept`: whatever is typed is the answer."""
        return self.accept(text)

    @property
    def reask(self) -> Text:
        """What to say to an answer that makes no sense."""
        return Phrase("reask.text", {"max": self.max_length})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(FreeText):
    """An order number: looked up by keyed hash, shown masked, never kept in clear."""

    kind: ClassVar[str] = "reference"
    max_length: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague(FreeText):
    """A person chosen from the list a form has of those on its channel: their account there."""

    kind: ClassVar[str] = "colleague"
    max_length: int = 64


Item = Scale | OneChoice | FreeText | Reference | Colleague
