"""The parts of Block Kit that hold a value: what they are worth and how a person sets them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.wire import Json

Value: TypeAlias = str | Sequence[str] | None
"""What a person puts in: text, an option's label or value, or several of them; None empties."""

TEXTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
SINGLE = frozenset({"static_select", "radio_buttons", "external_select", "overflow"})
SEVERAL = frozenset({"checkboxes", "multi_static_select", "multi_external_select"})
PICKED = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}
PICKED_SEVERAL = {"multi_users_select": "selected_users"}


@dataclass(frozen=True, slots=True)
class Placed:
    """An interactive element and the block it stands in."""

    block: Json
    element: Json

    @property
    def key(self) -> tuple[str, str]:
        """The ids that name the element within a surface."""
        return str(self.block["block_id"]), str(self.element["action_id"])

    @property
    def holds_value(self) -> bool:
        """Whether the element appears in state.values."""
        return str(self.element["type"]) != "button"

    def is_called(self, name: str) -> bool:
        """Whether `name` is its block, its action or the words a person reads on it."""
        label: str | None = self.block.get("label", {}).get("text")
        words: str | None = self.element.get("text", {}).get("text")
        names: set[str | None] = {*self.key, label, words}
        return name in names


def placed_elements(blocks: Sequence[Json]) -> Iterator[Placed]:
    """Every interactive element of the blocks, from top to bottom."""
    for block in blocks:
        if block["type"] == "input":
            yield Placed(block, block["element"])
        elif block["type"] == "actions":
            yield from (Placed(block, element) for element in block["elements"])
        elif block["type"] == "section" and "action_id" in block.get("accessory", {}):
            yield Placed(block, block["accessory"])


def options_of(element: Json) -> list[Json]:
    """The options of a select, radio buttons or checkboxes."""
    groups = element.get("option_groups", ())
    return [*element.get("options", ()), *(option for group in groups for option in group["options"])]


def initial(element: Json) -> Json:
    """The element's entry in state.values before anybody touched it."""
    kind = element["type"]
    if kind in SINGLE:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in SEVERAL:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    if kind in PICKED:
        return {"type": kind, PICKED[kind]: element.get(PICKED[kind].replace("selected", "initial"))}
    if kind in PICKED_SEVERAL:
        name = PICKED_SEVERAL[kind]
        return {"type": kind, name: element.get(name.replace("selected", "initial"), [])}
    return {"type": kind, "value": element.get("initial_value")}


def entered(element: Json, value: Value) -> Json:
    """The element's entry in state.values once a person put `value` in.

    Raises:
        LookupError: there is no such option.
        TypeError: several values where there is room for one.
    """
    kind = element["type"]
    if kind in SEVERAL:
        chosen = [value] if isinstance(value, str) else list(value or ())
        return {"type": kind, "selected_options": [_option(element, one) for one in chosen]}
    if kind in PICKED_SEVERAL:
        return {"type": kind, PICKED_SEVERAL[kind]: [value] if isinstance(value, str) else list(value or ())}
    if value is not None and not isinstance(value, str):
        raise TypeError(f"A {kind} takes one value, not {value!r}.")
    if kind in SINGLE:
        return {"type": kind, "selected_option": None if value is None else _option(element, value)}
    if kind in PICKED:
        return {"type": kind, PICKED[kind]: value}
    return {"type": kind, "value": value or None}


def _option(element: Json, wanted: str) -> Json:
    options = options_of(element)
    for option in options:
        if wanted in {option["value"], option["text"]["text"]}:
            return option
    labels = ", ".join(option["text"]["text"] for option in options)
    raise LookupError(f"No option {wanted!r}; there are: {labels}")


def complaint(placed: Placed, entry: Json) -> str | None:
    """What Slack's own form says against this value before the app is asked, if anything."""
    content = next(entry[name] for name in entry if name != "type")
    if not content:
        return None if placed.block.get("optional") else "Please complete this required field."
    element = placed.element
    if element["type"] not in TEXTS:
        return None
    if len(content) < element.get("min_length", 0):
        return f"Must be at least {element['min_length']} characters."
    if len(content) > element.get("max_length", 3000):
        return f"Must be at most {element.get('max_length', 3000)} characters."
    return None
