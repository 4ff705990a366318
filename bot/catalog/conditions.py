"""`when`: the small closed form in which an item says for whom it is."""

from collections.abc import Mapping

from bot.catalog.document import Leaf, Node
from bot.catalog.fields import Fields
from bot.catalog.problems import did_you_mean
from bot.dialog.answer import Item, OneChoice, Scale, Value
from bot.dialog.questionnaire import AllOf, AnyOf, AtLeast, AtMost, Condition, OneOf


def read_condition(fields: Fields, earlier: Mapping[str, Item]) -> Condition | None:
    """The condition in `fields`, about items of `earlier` alone; None with the reason noted."""
    condition = _grouped(fields, earlier) or _compared(fields, earlier)
    fields.finish()
    return condition


def _grouped(fields: Fields, earlier: Mapping[str, Item]) -> Condition | None:
    for key, group in (("any", AnyOf), ("all", AllOf)):
        if fields.has(key):
            entries = [read_condition(entry, earlier) for entry in fields.listed(key, "A condition")]
            return group(tuple(entry for entry in entries if entry is not None))
    return None


def _compared(fields: Fields, earlier: Mapping[str, Item]) -> Condition | None:
    if not fields.has("item"):
        fields.problems.at(fields.table.line, "A condition begins with item, any or all; add one of them.")
        return None
    item_id = fields.word("item")
    item = earlier.get(item_id)
    tests = [key for key in ("at_least", "at_most", "is", "one_of") if fields.has(key)]
    if item is None:
        hint = did_you_mean(item_id, earlier) if earlier else "there is none before this one."
        fields.wrong("item", f"when can only ask about earlier items, and {item_id[:64]!r} is none; {hint}")
        return None
    if len(tests) != 1:
        fields.wrong("item", "A condition needs exactly one of at_least, at_most, is and one_of.")
        return None
    test = tests[0]
    if test in {"at_least", "at_most"}:
        if not isinstance(item, Scale):
            fields.wrong(test, f"{test} needs a scale, and {item_id} is none; use is or one_of.")
            return None
        bound = fields.number(test, item.low, item.high)
        return AtLeast(item_id, bound) if test == "at_least" else AtMost(item_id, bound)
    node = fields.node(test)
    nodes = fields.entries(test) if test == "one_of" else (node,) if node is not None else ()
    values = tuple(_fitting(fields, item, value) for value in nodes)
    return OneOf(item_id, tuple(value for value in values if value is not None))


def _fitting(fields: Fields, item: Item, node: Node) -> Value | None:
    """The value written in `node`, if `item` can have it."""
    word = node.text if isinstance(node, Leaf) else ""
    match item:
        case Scale():
            if (value := item.accept(word)) is not None:
                return value
            hint = f"it has whole numbers from {item.low} to {item.high}."
        case OneChoice(choices=choices):
            if (value := item.accept(word)) is not None:
                return value
            hint = did_you_mean(word, [choice.id for choice in choices])
        case _:
            hint = "a condition can only ask about a scale or a choice."
    fields.problems.at(node.line, f"{item.id} is never {word[:64]!r}; {hint}")
    return None
