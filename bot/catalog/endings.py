"""`opens` and `praises`: how a finished response becomes a complaint, or thanks to be passed on."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.catalog.fields import Fields
from bot.catalog.problems import did_you_mean
from bot.complaints.terms import Category, Complainant, Consequence, Phase, Via
from bot.dialog.answer import Colleague, FreeText, Item, OneChoice, Reference
from bot.dialog.questionnaire import ComplaintFrom, PraiseFrom


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
_PRAISE: Mapping[str, type[Item]] = MappingProxyType(
    {"words": FreeText, "about": FreeText, "colleague": Colleague, "site": FreeText}
)
_NAMES: Mapping[type[Item], str] = MappingProxyType(
    {FreeText: "a text", Reference: "a reference", Colleague: "a colleague"}
)


def read_opens(fields: Fields, items: Mapping[str, Item], conditional: Collection[str]) -> ComplaintFrom:
    """Where each field of the complaint comes from; `conditional` are the items not everyone is asked."""
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


def read_praises(fields: Fields, items: Mapping[str, Item], conditional: Collection[str]) -> PraiseFrom:
    """Where each field of the praise comes from; `conditional` are the items not everyone is asked."""
    from_items: dict[str, str] = {}
    for key, kind in _PRAISE.items():
        if not fields.has(key):
            if key == "words":
                fields.node(key)
            continue
        word = fields.word(key)
        item = items.get(word.removeprefix("$"))
        if item is None or not word.startswith("$"):
            hint = did_you_mean(word.removeprefix("$"), items)
            fields.wrong(key, f"{key} is taken from an item, with $ before its id, not {word[:64]!r}; {hint}")
            continue
        from_items[key] = item.id
        if key == "words" and (not item.required or item.id in conditional):
            fields.wrong(key, f"All praise has words; make {item.id} required and ask it of everyone.")
        _check_kind(fields, key, item, kind)
    fields.finish()
    return PraiseFrom(from_items)


def _check_kind(fields: Fields, key: str, item: Item, kind: type[Item]) -> None:
    if type(item) is not kind:
        fields.wrong(key, f"{key} needs {_NAMES[kind]}, and {item.id} is of type {item.kind}.")


def _check_item(fields: Fields, key: str, item: Item) -> None:
    """Whether every answer to `item` can stand in the field `key`."""
    if key in _OWN_WORDS:
        _check_kind(fields, key, item, _OWN_WORDS[key])
        return
    known = [name.value for name in _WORDS[key]]
    if not isinstance(item, OneChoice):
        fields.wrong(key, f"{key} needs a choice, and {item.id} is of type {item.kind}.")
        return
    for choice in item.choices:
        if choice.id not in known:
            fields.wrong(key, f"{key} cannot be {choice.id!r}; {did_you_mean(choice.id, known)}")
