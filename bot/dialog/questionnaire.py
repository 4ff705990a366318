"""A questionnaire: a versioned definition of items, wording and rules. Data only; nothing here acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.dialog.answer import Item, Value
from bot.dialog.message import Wording
from bot.dialog.schedule import Schedule, Trigger


@dataclass(frozen=True, slots=True)
class AtLeast:
    """True when the item was answered with `bound` or more."""

    item: str
    bound: int


@dataclass(frozen=True, slots=True)
class AtMost:
    """True when the item was answered with `bound` or less."""

    item: str
    bound: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """True when the item was answered with one of `values`."""

    item: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when at least one of `conditions` is."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every one of `conditions` is."""

    conditions: tuple["Condition", ...]


Condition = AtLeast | AtMost | OneOf | AnyOf | AllOf


def holds(condition: Condition, answers: Mapping[str, Value]) -> bool:
    """Whether `condition` is true of `answers`; an item not answered makes its condition false."""
    match condition:
        case AtLeast(item, bound):
            value = answers.get(item)
            return isinstance(value, int) and value >= bound
        case AtMost(item, bound):
            value = answers.get(item)
            return isinstance(value, int) and value <= bound
        case OneOf(item, values):
            return answers.get(item) in values
        case AnyOf(conditions):
            return any(holds(one, answers) for one in conditions)
        case AllOf(conditions):
            return all(holds(one, answers) for one in conditions)


@dataclass(frozen=True, slots=True)
class Plan:
    """Why the survey is run, whom it asks, and when: shown to managers and checked by the linter."""

    aim: str
    sample: str
    dates: str


@dataclass(frozen=True, slots=True)
class ComplaintFrom:
    """An ending that opens a complaint: a field is an item's answer (`from_items`) or a fixed word."""

    from_items: Mapping[str, str]
    fixed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PraiseFrom:
    """An ending that passes thanks on: every field is an item's answer."""

    from_items: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One version of one questionnaire. Items are asked in order; those whose condition is false are not.

    `thanks` ends it; when it opens a complaint, `{number}` in it stands for the complaint's number.
    """

    id: str
    version: int
    audience: str
    title: Wording
    items: tuple[Item, ...]
    conditions: Mapping[str, Condition]
    intro: Wording | None
    thanks: Wording
    schedule: Schedule | None
    plan: Plan | None
    opens: ComplaintFrom | None
    praises: PraiseFrom | None = None

    @property
    def asked(self) -> tuple[Item, ...]:
        """The items of a conversation; a form has all of them."""
        return tuple(item for item in self.items if not item.forms_only)

    @property
    def unconditional(self) -> tuple[Item, ...]:
        """The items everyone is asked; progress such as 2/7 counts these."""
        return tuple(item for item in self.asked if item.id not in self.conditions)

    def item(self, item_id: str) -> Item:
        """The item of that id; KeyError if there is none."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    def applies(self, item: Item, answers: Mapping[str, Value]) -> bool:
        """Whether `item` is to be asked given the `answers` so far."""
        condition = self.conditions.get(item.id)
        return condition is None or holds(condition, answers)

    def after(self, item_id: str | None, answers: Mapping[str, Value]) -> Item | None:
        """The next item to ask after `item_id` (None: from the start), or None at the end."""
        asked = self.asked
        start = 0 if item_id is None else [item.id for item in asked].index(item_id) + 1
        return next((item for item in asked[start:] if self.applies(item, answers)), None)

    def is_answered(self, item_id: str) -> bool:
        """Whether who stands at this item has been asked all that everybody is: what is left is only offered.

        Never so where a complaint is opened or thanks are passed on at the end: nothing is sent before the
        person has finished.
        """
        asked = self.asked
        rest = asked[[item.id for item in asked].index(item_id) :]
        is_sent = self.opens is not None or self.praises is not None
        return not is_sent and all(item.id in self.conditions for item in rest)

    def before(self, item_id: str, answers: Mapping[str, Value]) -> Item | None:
        """The item asked before `item_id`, or None at the beginning."""
        asked = self.asked
        earlier = reversed(asked[: [item.id for item in asked].index(item_id)])
        return next((item for item in earlier if self.applies(item, answers)), None)


class Shelf(Protocol):
    """Where the engine finds questionnaires: the newest for a new response, its own for a running one."""

    @property
    def questionnaires(self) -> Mapping[str, Questionnaire]:
        """The newest version of every questionnaire, by id."""
        ...

    def newest(self, questionnaire_id: str) -> Questionnaire:
        """The newest version; KeyError if there is no such questionnaire."""
        ...

    def version(self, questionnaire_id: str, version: int) -> Questionnaire:
        """Exactly that version; KeyError if it was never known here."""
        ...

    def scheduled(self, trigger: Trigger) -> tuple[Questionnaire, ...]:
        """The newest version of every questionnaire whose schedule counts from `trigger`."""
        ...
