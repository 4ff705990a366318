"""`opens`: how a finished response becomes a complaint."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.catalog.fields import Fields
from bot.catalog.problems import did_you_mean
from bot.complaints.terms import Category, Complainant, Consequence, Phase, Via
from bot.dialog.answer import FreeText, Item, OneChoice, Reference
from bot.dialog.questionnaire import ComplaintFrom


class Contact(StrEnum):
    """Whether the reporter may be contacted."""

    YES = "yes"
    NO = "no"


class Anonymous(StrEnum):
    """Whether the reporter stays unknown to the laboratory, or unnamed to those who look after it."""

    YES = "yes"
    NO = "no"


class BestTime(StrEnum):
    """When the reporter prefers to be called."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    ANY = "any"


# What each field of a complaint takes: one of these words, or words of the person's own.
_WORDS: Mapping[str, type[StrEnum]] = MappingProxyType(
    {
        "category": Category,
        "phase": Phase,
        "severity": Consequence,
        "contact": Contact,
        "best_time": BestTime,
        "anonymous": Anonymous,
        "confidential": Anonymous,
        "complainant": Complainant,
        "channel": Via,
    }
)
_OWN_WORDS: Mapping[str, type[Item]] = MappingProxyType(
    {
        "words": FreeText,
        "need": FreeText,
        "order": Reference,
        "phone": FreeText,
        "name": FreeText,
        "site": FreeText,
    }
)
_ALWAYS = ("category", "phase", "severity", "words")


def read_opens(fields: Fields, items: Mapping[str, Item], conditional: Mapping[str, object]) -> ComplaintFrom:
    """Where each field of the complaint comes from; `conditional` has the items not everyone is asked."""
    from_items: dict[str, str] = {}
    fixed: dict[str, str] = {}
    for key in (*_WORDS, *_OWN_WORDS):
        if not fields.has(key):
            if key in _ALWAYS:
                fields.node(key)
            continue
        word = fields.word(key)
        if not word.startswith("$"):
            fixed[key] = fields.one_of(key, _WORDS[key]) if key in _WORDS else word
            continue
        item = items.get(word[1:])
        if item is None:
            fields.wrong(key, f"{key} is taken from {word[:64]!r}; {did_you_mean(word[1:], items)}")
            continue
        from_items[key] = item.id
        if key in _ALWAYS and (not item.required or item.id in conditional):
            fields.wrong(key, f"Every complaint has {key}; make {item.id} required and ask it of everyone.")
        _check_item(fields, key, item)
    fields.finish()
    return ComplaintFrom(from_items, fixed)


def _check_item(fields: Fields, key: str, item: Item) -> None:
    """Whether every answer to `item` can stand in the field `key`."""
    if key in _OWN_WORDS:
        kind = _OWN_WORDS[key]
        if type(item) is not kind:
            wanted = "a reference" if kind is Reference else "a text"
            fields.wrong(key, f"{key} needs {wanted}, and {item.id} is of type {item.kind}.")
        return
    known = [name.value for name in _WORDS[key]]
    if not isinstance(item, OneChoice):
        fields.wrong(key, f"{key} needs a choice, and {item.id} is of type {item.kind}.")
        return
    for choice in item.choices:
        if choice.id not in known:
            fields.wrong(key, f"{key} cannot be {choice.id!r}; {did_you_mean(choice.id, known)}")
