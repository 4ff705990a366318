"""Modals and App Home: what the app asks for, and what a person has put in."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.slack.blocks import accepted, check_text
from sandbox.slack.elements import Placed, Value, complaint, entered, initial, placed_elements
from sandbox.slack.errors import RefusedError
from sandbox.wire import Json

_KEPT = (
    "type",
    "title",
    "submit",
    "close",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
)


@dataclass(frozen=True, slots=True)
class View:
    """A modal or App Home as a person sees it now.

    `values` is state.values in Slack's shape; `errors` are the words shown under inputs, by block_id.
    """

    view_id: str
    kind: str
    callback_id: str
    title: str
    submit: str | None
    blocks: tuple[Json, ...]
    private_metadata: str
    values: Mapping[str, Mapping[str, Json]]
    errors: Mapping[str, str]


@dataclass(slots=True)
class LiveView:
    """A view while it is open: its content changes with views.update, its values with a person's typing."""

    owner: str
    content: Json
    view_id: str = field(default_factory=lambda: f"V{secrets.token_hex(5).upper()}")
    revision: str = field(default_factory=lambda: secrets.token_hex(8))
    root_id: str | None = None
    previous_id: str | None = None
    filled: dict[tuple[str, str], Json] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def replace(self, content: Json) -> None:
        """Take new content; what was put into inputs that are still there stays."""
        self.content = content
        self.revision = secrets.token_hex(8)
        self.errors = {}
        keys = {placed.key for placed in self.elements()}
        self.filled = {key: entry for key, entry in self.filled.items() if key in keys}

    def elements(self) -> list[Placed]:
        """The interactive elements, from top to bottom."""
        return list(placed_elements(self.content["blocks"]))

    def element(self, name: str) -> Placed:
        """The element whose block, action or words are `name`.

        Raises:
            LookupError: there is none; the message says which there are.
        """
        elements = self.elements()
        for placed in elements:
            if placed.is_called(name):
                return placed
        names = ", ".join(str(placed.block.get("label", {}).get("text", placed.key)) for placed in elements)
        raise LookupError(f"Nothing here is called {name!r}; there are: {names}")

    def fill(self, name: str, value: Value) -> Placed:
        """Put a value into an element and return it."""
        placed = self.element(name)
        self.filled[placed.key] = entered(placed.element, value)
        self.errors.pop(placed.key[0], None)
        return placed

    def values(self) -> dict[str, dict[str, Json]]:
        """state.values."""
        values: dict[str, dict[str, Json]] = {}
        for placed in self.elements():
            if placed.holds_value:
                block_id, action_id = placed.key
                values.setdefault(block_id, {})[action_id] = self._entry(placed)
        return values

    def complaints(self) -> dict[str, str]:
        """What Slack's own form says against the inputs, by block_id."""
        found = {}
        for placed in self.elements():
            words = complaint(placed, self._entry(placed)) if placed.block["type"] == "input" else None
            if words is not None:
                found[placed.key[0]] = words
        return found

    def wire(self, ids: Json) -> Json:
        """The view object; `ids` are the members that name the app and the team."""
        return {
            "id": self.view_id,
            **ids,
            "close": None,
            "submit": None,
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            **{name: self.content[name] for name in _KEPT if name in self.content},
            "blocks": self.content["blocks"],
            "private_metadata": self.content.get("private_metadata", ""),
            "state": {"values": self.values()},
            "hash": self.revision,
            "root_view_id": self.root_id or self.view_id,
            "previous_view_id": self.previous_id,
        }

    def seen(self) -> View:
        """The view as it stands."""
        content = self.content
        submit = content.get("submit")
        return View(
            view_id=self.view_id,
            kind=content["type"],
            callback_id=content.get("callback_id", ""),
            title=content.get("title", {}).get("text", ""),
            submit=None if submit is None else submit["text"],
            blocks=tuple(content["blocks"]),
            private_metadata=content.get("private_metadata", ""),
            values=self.values(),
            errors=dict(self.errors),
        )

    def _entry(self, placed: Placed) -> Json:
        return self.filled.get(placed.key) or initial(placed.element)


def checked_view(view: Json | None, kind: str) -> Json:
    """The view's content as Slack keeps it.

    Raises:
        RefusedError: invalid_arguments with a reason for everything that is wrong.
    """
    if view is None:
        raise RefusedError("invalid_arguments", ["missing required field: view"])
    if view.get("type") != kind:
        raise RefusedError("invalid_arguments", [f"must be {kind} [json-pointer:/view/type]"])
    reasons: list[str] = []
    if kind == "modal":
        reasons += check_text(view.get("title"), "/view/title", 24, plain=True)
    for name in ("submit", "close"):
        if view.get(name) is not None:
            reasons += check_text(view[name], f"/view/{name}", 24, plain=True)
    for name, longest in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(view.get(name) or "") > longest:
            reasons.append(f"must be less than {longest + 1} characters [json-pointer:/view/{name}]")
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise RefusedError(
            "invalid_arguments", [*reasons, "missing required field: blocks [json-pointer:/view]"]
        )
    if kind == "modal" and "submit" not in view and any(block.get("type") == "input" for block in blocks):
        reasons.append("missing required field: submit [json-pointer:/view]")
    try:
        kept = accepted(blocks, "modal" if kind == "modal" else "home")
    except RefusedError as refused:
        raise RefusedError("invalid_arguments", [*reasons, *refused.reasons]) from refused
    if reasons:
        raise RefusedError("invalid_arguments", reasons)
    return {**view, "blocks": kept}
