"""Items out of a definition: their kinds, bounds, choices, and the typed words that count as an answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypedDict

from bot.catalog.document import Leaf, Listing, Table
from bot.catalog.fields import Fields
from bot.dialog.answer import Choice, Colleague, FreeText, Item, OneChoice, Reference, Scale, Value, folded
from bot.dialog.message import Wording

# Slack shows at most 75 characters of an option.
MAX_LABEL = 75
# Of the 64 bytes a Telegram button carries, 22 name the conversation, 8 its revision, and three part them.
MAX_CHOICE_ID = 64 - 22 - 8 - 3

NumberWords = Mapping[str, Sequence[str]]
"""By locale, the words for zero to ten."""


class _Kind(StrEnum):
    SCALE = Scale.kind
    CHOICE = OneChoice.kind
    TEXT = FreeText.kind
    REFERENCE = Reference.kind
    COLLEAGUE = Colleague.kind


class _Common(TypedDict):
    id: str
    text: Wording
    required: bool
    name: Wording | None
    forms_only: bool


@dataclass(frozen=True, slots=True)
class ItemReader:
    """Reads items. `leads` collects where each `leads_to` stands and the questionnaire it names."""

    numbers: NumberWords
    leads: list[tuple[int, str]] = field(default_factory=list)

    def read(self, fields: Fields) -> Item:
        """One item; only of use if no problem was noted. The caller reads `when` and finishes `fields`."""
        common = _Common(
            id=fields.identifier(),
            text=fields.wording("text"),
            required=fields.flag("required"),
            name=fields.wording("name", MAX_LABEL) if fields.has("name") else None,
            forms_only=fields.flag("forms_only"),
        )
        noted = len(fields.problems)
        kind = fields.one_of("type", _Kind)
        if len(fields.problems) > noted:
            fields.excuse()
            kind = _Kind.TEXT
        match kind:
            case _Kind.SCALE:
                return self._scale(fields, common)
            case _Kind.CHOICE:
                return self._choice(fields, common)
            case _Kind.TEXT:
                longest = fields.number("max_length", 1, 3000) if fields.has("max_length") else 3000
                return FreeText(**common, max_length=longest, hint=_hint(fields))
            case _Kind.REFERENCE:
                longest = fields.number("max_length", 1, 64) if fields.has("max_length") else 64
                return Reference(**common, max_length=longest, hint=_hint(fields))
            case _Kind.COLLEAGUE:
                if not common["forms_only"]:
                    fields.wrong("type", "Only a form has a list of colleagues; add forms_only: true.")
                return Colleague(**common, hint=_hint(fields))

    def _scale(self, fields: Fields, common: _Common) -> Scale:
        low = fields.number("low", 0, 9)
        high = fields.number("high", low + 1, 10, stand_in=10)
        favourable = fields.number("favourable", low, high)
        low_label = fields.wording("low_label", MAX_LABEL)
        high_label = fields.wording("high_label", MAX_LABEL)
        synonyms: dict[str, dict[str, Value]] = {}
        for locale, words in self.numbers.items():
            synonyms[locale] = {
                folded(low_label.in_locale(locale)): low,
                folded(high_label.in_locale(locale)): high,
                **{folded(word): value for value, word in enumerate(words) if low <= value <= high},
            }
        return Scale(
            **common,
            low=low,
            high=high,
            low_label=low_label,
            high_label=high_label,
            favourable=favourable,
            synonyms=synonyms,
        )

    def _choice(self, fields: Fields, common: _Common) -> OneChoice:
        choices: dict[str, Choice] = {}
        also: dict[str, Mapping[str, tuple[str, ...]]] = {}
        offered = 0
        for entry in fields.listed("choices", "A choice"):
            offered += 1
            choice = self._one(entry)
            if choice.id in choices:
                entry.wrong("id", f"The choice {choice.id} is offered already; give this one another id.")
            choices[choice.id] = choice
            also[choice.id] = _also(entry)
            entry.finish()
        if offered == 1:
            fields.wrong("choices", "One choice is none; offer at least two.")
        return OneChoice(
            **common,
            choices=tuple(choices.values()),
            favourable=_favourable(fields, choices),
            synonyms=_choice_synonyms(fields, tuple(choices.values()), also),
        )

    def _one(self, fields: Fields) -> Choice:
        choice_id = fields.identifier()
        if len(choice_id) > MAX_CHOICE_ID:
            fields.wrong(
                "id", f"The id of a choice has at most {MAX_CHOICE_ID} characters; shorten {choice_id}."
            )
        label = fields.wording("label", MAX_LABEL)
        leads_to = None
        if fields.has("leads_to"):
            leads_to = fields.identifier("leads_to")
            self.leads.append((fields.line("leads_to"), leads_to))
        return Choice(choice_id, label, leads_to or None)


def _hint(fields: Fields) -> Wording | None:
    return fields.wording("hint") if fields.has("hint") else None


def _favourable(fields: Fields, choices: Iterable[str]) -> tuple[str, ...]:
    """The favourable choices: ids of this item's."""
    if not fields.has("favourable"):
        return ()
    favourable = []
    for node in fields.entries("favourable"):
        word = node.text if isinstance(node, Leaf) else ""
        if word not in choices:
            message = f"favourable has to list choices of this item; {word[:64]!r} is none of them."
            fields.problems.at(node.line, message)
        favourable.append(word)
    return tuple(favourable)


def _also(fields: Fields) -> Mapping[str, tuple[str, ...]]:
    """Further typed words for a choice, by locale."""
    if not fields.has("also"):
        return {}
    node = fields.node("also")
    if not isinstance(node, Table):
        fields.wrong("also", "also needs lists of words by language, such as {en: [yep, sure]}.")
        return {}
    words: dict[str, tuple[str, ...]] = {}
    for locale, listing in node.entries.items():
        if fields.locales is not None and locale not in fields.locales:
            message = f"also has words in {locale[:64]!r}, which the bot does not speak; remove them."
            fields.problems.at(node.key_lines[locale], message)
        if not isinstance(listing, Listing) or not all(isinstance(word, Leaf) for word in listing.entries):
            fields.problems.at(node.key_lines[locale], "also needs a list of words, such as [yep, sure].")
            continue
        words[locale] = tuple(word.text for word in listing.entries if isinstance(word, Leaf))
    return words


def _choice_synonyms(
    fields: Fields, choices: Sequence[Choice], also: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Mapping[str, Mapping[str, Value]]:
    """Label, position and further words of every choice, by locale; no word may mean two choices."""
    locales = {locale: None for choice in choices for locale in choice.label.by_locale}
    synonyms: dict[str, dict[str, Value]] = {}
    for locale in locales:
        words: dict[str, Value] = {}
        for choice in choices:
            for word in (choice.label.by_locale.get(locale, ""), *also[choice.id].get(locale, ())):
                meant = words.setdefault(folded(word), choice.id)
                if folded(word) and meant != choice.id:
                    message = f"{word[:64]!r} in {locale!r} means both {meant} and {choice.id}; change one."
                    fields.wrong("choices", message)
        if not any(word.isdigit() for word in words):
            words |= {str(position): choice.id for position, choice in enumerate(choices, start=1)}
        words.pop("", None)
        synonyms[locale] = words
    return synonyms
