"""What the bot sends to Telegram and Slack that comes back to it unseen: it may name things, never people."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from unittest.mock import patch

from starlette.requests import Request

import sandbox.slack.sandbox
import sandbox.telegram.sandbox
from bot.catalog import Catalog, load_replies
from bot.complaints import terms
from bot.complaints.lifecycle import Action
from bot.dialog.answer import OneChoice
from bot.turns.desk.recording import FIELDS
from sandbox.wire import read_body
from storage.lists import Listing

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NUMBER = r"C-\d{4}-\d{6}"
ACTION = r"press\.\d+|home\.(report|digest|enter|open|list|page\.\w+)|template|value(\.[a-z_]+)?"
BLOCKS = {"outcome", "reason", "note", "words", "template", "department", "colleague"}
BLOCKS |= {"original", "number"}
BLOCKS |= {f"measure_{part}" for part in ("kind", "words", "owner", "due")}
TERMS = {
    one.value
    for kind in vars(terms).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum)
    for one in kind
}
HIDDEN = frozenset(
    ("callback_data", "value", "private_metadata", "action_id", "block_id", "callback_id", "external_id")
)
CODE = rf"=?\d{{1,2}}|~[aypn][A-Za-z0-9_-]{{22}}|{UUID}|{NUMBER}"
BUTTON = rf"[A-Za-z0-9_-]{{22}}\.\d+\.(?P<code>\S{{1,40}})|complaint\.[a-z_]+\.{UUID}"


@contextmanager
def outgoing() -> Iterator[list[object]]:
    """The arguments of every call the bot makes until the block ends."""
    calls: list[object] = []

    async def listening(request: Request) -> object:
        body = await read_body(request)
        calls.append(dict(body.fields))
        return body

    with (
        patch.object(sandbox.slack.sandbox, "read_body", listening),
        patch.object(sandbox.telegram.sandbox, "read_body", listening),
    ):
        yield calls


def telling(calls: list[object], catalog: Catalog) -> list[str]:
    """Every hidden field that holds anything but ids of ours."""
    ids = {one.id for one in catalog.questionnaires.values()}
    items = [item for one in catalog.questionnaires.values() for item in one.items]
    choices = {choice.id for item in items if isinstance(item, OneChoice) for choice in item.choices}
    codes = {"<", ">", "x", *(f"lang-{locale}" for locale in catalog.locales)}
    offered = {*Listing, *TERMS, *(one.id for one in load_replies(None, catalog.locales))}
    known = ids | {item.id for item in items} | choices | FIELDS | BLOCKS

    def is_fine(name: str, value: str) -> bool:
        match name:
            case "value" if value.startswith("{"):
                return _is_id_alone(value, ids, catalog.locales)
            case "callback_data" | "value":
                found = re.fullmatch(BUTTON, value)
                code = found["code"] if found else value
                return (
                    code is None
                    or code in codes | choices | offered
                    or code.lstrip("=") in choices
                    or re.fullmatch(CODE, code) is not None
                )
            case "private_metadata":
                return _is_id_alone(value, ids, catalog.locales)
            case "action_id":
                return re.fullmatch(ACTION, value) is not None
            case "block_id":
                return value in known
            case _:
                return value in {"questionnaire", "detail", *(f"step.{action}" for action in Action)}

    return [f"{name}: {value}" for name, value in _hidden(calls) if not is_fine(name, value)]


def _is_id_alone(text: str, ids: set[str], locales: Sequence[str]) -> bool:
    def is_opaque(name: str, value: object) -> bool:
        match name, value:
            case ("complaint" | "id", str(one)):
                return re.fullmatch(UUID, one) is not None
            case ("number", str(one)):
                return re.fullmatch(NUMBER, one) is not None
            case ("language", str(one)):
                return one in locales
            case ("questionnaire", str(one)):
                return one in ids
            case ("template", str(one)):
                return re.fullmatch(r"[a-z_]+", one) is not None
            case ("was", dict(sums)):
                return sums.keys() <= FIELDS and all(
                    re.fullmatch("[0-9a-f]{8}", one) for one in sums.values()
                )
            case ("home", dict(place)):
                return all(is_opaque(*one) for one in place.items())
            case ("list", str(one)):
                return one in list(Listing)
            case ("at", str(one)):
                return re.fullmatch(r"[0-9:T.+-]*", one) is not None
            case ("version", int()) | ("detail" | "back", bool()):
                return True
        return False

    return all(is_opaque(*one) for one in json.loads(text).items())


def _hidden(found: object) -> Iterator[tuple[str, str]]:
    """Every field anywhere in `found` that people do not see and that comes back to the bot."""
    match found:
        case Mapping():
            for name, value in found.items():
                if name in HIDDEN and isinstance(value, str):
                    yield name, value
                else:
                    yield from _hidden(value)
        case list():
            for one in found:
                yield from _hidden(one)
        case str() if found[:1] in ("{", "["):
            try:
                yield from _hidden(json.loads(found))
            except ValueError:
                return
