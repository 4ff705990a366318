"""Complaints on a terminal, which what people wrote cannot take command of."""

import textwrap
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.cli.register.speech import NOTHING, Speech
from bot.cli.register.wording import Told
from bot.complaints.terms import Category, Department, Status
from storage.register import Entry

_WIDE = 100
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """`text` with whatever steers a terminal shown as its code; lines and tabs stay."""
    return "".join(
        f"\\x{ord(one):02x}"
        if (unicodedata.category(one) == "Cc" and one not in "\n\t") or one in _DIRECTIONS
        else one
        for one in text
    )


_COLUMNS = {
    "NUMBER": 13,
    "RECEIVED": 10,
    "STATUS": max(map(len, Status)),
    "CATEGORY": max(map(len, Category)),
    "DEPARTMENT": max(map(len, Department)),
    "SEVERITY": 8,
    "DUE": 16,
    "TAKEN BY": 8,
}


def heading() -> str:
    """The names of what `line` shows."""
    return _aligned(*_COLUMNS)


def line(entry: Entry, zone: ZoneInfo, now: datetime) -> str:
    """A complaint on one line; one that is overdue ends with an exclamation mark."""
    severity = f"{entry.severity} safety" if entry.safety else str(entry.severity)
    due = entry.due_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if entry.due_at else NOTHING
    late = " !" if entry.due_at and entry.due_at < now else ""
    return (
        _aligned(
            entry.number,
            f"{entry.received_at.astimezone(zone):%Y-%m-%d}",
            entry.status,
            entry.category,
            entry.department,
            severity,
            due,
            entry.investigator or NOTHING,
        )
        + late
    )


def _aligned(*cells: str) -> str:
    return "  ".join(f"{cell:{width}}" for cell, width in zip(cells, _COLUMNS.values(), strict=True)).rstrip()


def whole(told: Told, speech: Speech) -> Iterator[str]:
    """Every field of a complaint and its history, line by line."""
    yield told.title
    width = max(len(row.label) for section in told.sections for row in section.rows) + 2
    for section in told.sections:
        yield from ("", section.title)
        for row in section.rows:
            yield from _wrapped(f"  {row.label:{width}}", row.value)
    yield from ("", speech.say("register.section.history"))
    for step in told.history:
        yield f"  {step.position}. {step.at}  {step.by}  {step.what} ({step.status})"
        if step.words:
            yield from _wrapped(" " * 5, step.words)
        yield f"     {step.seal}"


def _wrapped(head: str, value: str) -> Iterator[str]:
    """The words behind `head`, broken into lines that begin below each other."""
    indent = " " * len(head)
    for part in printable(value).split("\n"):
        lines = textwrap.wrap(part, max(_WIDE - len(head), 40), break_on_hyphens=False) or [""]
        for one in lines:
            yield f"{head}{one}".rstrip()
            head = indent
