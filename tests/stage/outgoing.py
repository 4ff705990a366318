"""What the bot sends to Telegram and Slack that comes back to it unseen: it may name things, never people."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from unittest.mock import patch

from starlette.requests import Request

import sandbox.slack.sandbox
import sandbox.telegram.sandbox
from bot.catalog import Catalog
from bot.dialog.answer import OneChoice
from sandbox.wire import read_body

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
HIDDEN = frozenset(
    ("callback_data", "value", "private_metadata", "action_id", "block_id", "callback_id", "external_id")
)
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
    known = ids | {item.id for item in items} | choices | {"outcome", "words"}

    def is_fine(name: str, value: str) -> bool:
        match name:
            case "callback_data" | "value":
                found = re.fullmatch(BUTTON, value)
                code = found["code"] if found else value
                return (
                    code is None or code in codes | choices or code.lstrip("=") in choices or _is_figure(code)
                )
            case "private_metadata":
                return _is_id_alone(value, ids)
            case "action_id":
                return re.fullmatch(r"press\.\d+|home\.(report|digest)|value", value) is not None
            case "block_id":
                return value in known
            case _:
                return value in {"questionnaire", "resolve"}

    return [f"{name}: {value}" for name, value in _hidden(calls) if not is_fine(name, value)]


def _is_figure(code: str) -> bool:
    return re.fullmatch(r"=?\d{1,2}", code) is not None


def _is_id_alone(text: str, ids: set[str]) -> bool:
    match json.loads(text):
        case {"complaint": str(complaint), **more}:
            return re.fullmatch(UUID, complaint) is not None and not more
        case {"questionnaire": name, "version": int(), **more}:
            return name in ids and not more
    return False


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
