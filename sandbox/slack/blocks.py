"""Block Kit as Slack checks it where it bites: types, lengths, counts, required members."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sandbox.slack.elements import PICKED, PICKED_SEVERAL, SEVERAL, SINGLE, TEXTS, options_of, placed_elements
from sandbox.slack.errors import RefusedError
from sandbox.wire import Json

Surface: TypeAlias = Literal["message", "modal", "home"]

_MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
_MOST_OPTIONS = {"radio_buttons": 10, "checkboxes": 10, "overflow": 5}
_UNCHECKED = frozenset({"divider", "rich_text", "file", "video", "markdown", "table", "context_actions"})
_INTERACTIVE = TEXTS | SINGLE | SEVERAL | PICKED.keys() | PICKED_SEVERAL.keys() | {"button"}


def accepted(blocks: Sequence[Json], surface: Surface) -> list[Json]:
    """The blocks as Slack keeps them, each with a block_id, each element with an action_id.

    Raises:
        RefusedError: invalid_blocks with a reason and a JSON pointer for everything that is wrong.
    """
    check = _Check(surface)
    check.blocks(blocks)
    if check.reasons:
        raise RefusedError("invalid_blocks", check.reasons)
    kept = [{**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)} for block in blocks]
    for placed in placed_elements(kept):
        placed.element.setdefault("action_id", secrets.token_urlsafe(4))
    return kept


def check_text(value: object, pointer: str, longest: int, *, plain: bool) -> list[str]:
    """What is wrong with a text object."""
    check = _Check("message")
    check.text(value, pointer, longest, plain=plain)
    return check.reasons


@dataclass(slots=True)
class _Check:
    surface: Surface
    reasons: list[str] = field(default_factory=list)

    def wrong(self, reason: str, pointer: str) -> None:
        self.reasons.append(f"{reason} [json-pointer:{pointer}]")

    def blocks(self, blocks: Sequence[Json]) -> None:
        root = "/blocks" if self.surface == "message" else "/view/blocks"
        if len(blocks) > _MOST_BLOCKS[self.surface]:
            self.wrong(f"no more than {_MOST_BLOCKS[self.surface]} items allowed", root)
        seen: set[str] = set()
        for number, block in enumerate(blocks):
            block_id = block.get("block_id")
            if block_id is not None:
                self.length(block_id, f"{root}/{number}/block_id", 255)
                if block_id in seen:
                    self.wrong(f"`block_id` {block_id} already exists", f"{root}/{number}/block_id")
                seen.add(block_id)
            self.block(block, f"{root}/{number}")

    def block(self, block: Json, pointer: str) -> None:
        match block.get("type"):
            case "section":
                self.section(block, pointer)
            case "header":
                self.text(block.get("text"), f"{pointer}/text", 150, plain=True)
            case "context":
                self.count(block.get("elements"), f"{pointer}/elements", 10)
            case "actions":
                self.actions(block, pointer)
            case "input":
                self.input(block, pointer)
            case "image":
                self.image(block, pointer)
            case kind if kind in _UNCHECKED:
                pass
            case kind:
                self.wrong(f"unsupported type: {kind}", f"{pointer}/type")

    def section(self, block: Json, pointer: str) -> None:
        if "text" not in block and not block.get("fields"):
            self.wrong("missing required field: text", pointer)
        if "text" in block:
            self.text(block["text"], f"{pointer}/text", 3000, plain=False)
        if "fields" in block:
            for number, text in enumerate(self.count(block["fields"], f"{pointer}/fields", 10)):
                self.text(text, f"{pointer}/fields/{number}", 2000, plain=False)
        if "accessory" in block:
            self.element(block["accessory"], f"{pointer}/accessory")

    def actions(self, block: Json, pointer: str) -> None:
        elements = self.count(block.get("elements"), f"{pointer}/elements", 25)
        seen: set[str] = set()
        for number, element in enumerate(elements):
            self.element(element, f"{pointer}/elements/{number}")
            action_id = element.get("action_id") if isinstance(element, dict) else None
            if action_id in seen:
                self.wrong(f"`action_id` {action_id} already exists", f"{pointer}/elements/{number}")
            if action_id is not None:
                seen.add(action_id)

    def input(self, block: Json, pointer: str) -> None:
        self.text(block.get("label"), f"{pointer}/label", 2000, plain=True)
        if "hint" in block:
            self.text(block["hint"], f"{pointer}/hint", 2000, plain=True)
        element = block.get("element")
        if isinstance(element, dict) and element.get("type") == "button":
            self.wrong("unsupported type: button", f"{pointer}/element/type")
        self.element(element, f"{pointer}/element")

    def image(self, block: Json, pointer: str) -> None:
        if "image_url" not in block and "slack_file" not in block:
            self.wrong("missing required field: image_url", pointer)
        self.length(block.get("alt_text"), f"{pointer}/alt_text", 2000)

    def element(self, element: object, pointer: str) -> None:
        if not isinstance(element, dict):
            self.wrong("missing required field: element", pointer)
            return
        kind = element.get("type")
        if kind == "image":
            self.image(element, pointer)
            return
        if kind not in _INTERACTIVE:
            self.wrong(f"unsupported type: {kind}", f"{pointer}/type")
            return
        if "action_id" in element:
            self.length(element["action_id"], f"{pointer}/action_id", 255)
        if "placeholder" in element:
            self.text(element["placeholder"], f"{pointer}/placeholder", 150, plain=True)
        if kind == "button":
            self.button(element, pointer)
        elif kind in {"static_select", "multi_static_select", *_MOST_OPTIONS}:
            self.options(element, pointer)
        elif element.get("max_length", 1) not in range(1, 3001):
            self.wrong("must be between 1 and 3000", f"{pointer}/max_length")

    def button(self, element: Json, pointer: str) -> None:
        self.text(element.get("text"), f"{pointer}/text", 75, plain=True)
        if "value" in element:
            self.length(element["value"], f"{pointer}/value", 2000)
        if "url" in element:
            self.length(element["url"], f"{pointer}/url", 3000)
        if element.get("style", "primary") not in {"primary", "danger"}:
            self.wrong("must be one of primary, danger", f"{pointer}/style")

    def options(self, element: Json, pointer: str) -> None:
        options = options_of(element)
        self.count(options, f"{pointer}/options", _MOST_OPTIONS.get(element["type"], 100))
        for number, option in enumerate(options):
            where = f"{pointer}/options/{number}"
            rich = element["type"] in {"radio_buttons", "checkboxes"}
            self.text(option.get("text"), f"{where}/text", 75, plain=not rich)
            self.length(option.get("value"), f"{where}/value", 150)
        chosen = [*element.get("initial_options", ())]
        if element.get("initial_option") is not None:
            chosen.append(element["initial_option"])
        if any(option not in options for option in chosen):
            self.wrong("initial options must match one of the options", f"{pointer}/initial_option")

    def text(self, value: object, pointer: str, longest: int, *, plain: bool) -> None:
        if not isinstance(value, dict):
            self.wrong(f"missing required field: {pointer.rpartition('/')[2]}", pointer.rpartition("/")[0])
            return
        if value.get("type") not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
            self.wrong(f"unsupported type: {value.get('type')}", f"{pointer}/type")
        self.length(value.get("text"), f"{pointer}/text", longest)

    def length(self, value: object, pointer: str, longest: int) -> None:
        if not isinstance(value, str):
            self.wrong("must be a string", pointer)
        elif not value:
            self.wrong("must be more than 0 characters", pointer)
        elif len(value) > longest:
            self.wrong(f"must be less than {longest + 1} characters", pointer)

    def count(self, value: object, pointer: str, most: int) -> Sequence[object]:
        if not isinstance(value, list) or not value:
            self.wrong("no fewer than 1 items allowed", pointer)
            return ()
        if len(value) > most:
            self.wrong(f"no more than {most} items allowed", pointer)
        return value
