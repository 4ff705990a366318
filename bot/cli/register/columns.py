"""The register as tables: a column for every field, by the codes it is kept with."""

from dataclasses import fields
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.cli.csv_files import Value
from storage.register import Entry, Line, Planned, Progress

_ELSEWHERE = frozenset(("id", "reporter", "history"))
_FIELDS = tuple(one.name for one in fields(Entry) if one.name not in _ELSEWHERE)
_REPORTER = ("reporter_name", "reporter_phone", "reporter_account")
STEPS = ("number", "line", "at", "action", "status", "by", "note", "field", "before", "after", "seal")
"""The columns of the history."""
MEASURES = ("number", "kind", "words", "owner", "due_on", "done_at")
"""The columns of the corrective and preventive actions."""


def columns(*, identities: bool) -> tuple[str, ...]:
    """The columns of the complaints, and of who reported them where that is to be seen."""
    return (*_FIELDS, *_REPORTER) if identities else _FIELDS


def row(entry: Entry, zone: ZoneInfo) -> tuple[Value, ...]:
    """A complaint; of what it has several of, each is a line, with its time on the clock of `zone`."""
    values = tuple(_value(getattr(entry, name), zone) for name in _FIELDS)
    if entry.reporter is None:
        return values
    return (*values, entry.reporter.name, entry.reporter.phone, entry.reporter.account)


def measures(entry: Entry) -> list[tuple[Value, ...]]:
    """A row for every action."""
    return [(entry.number, one.kind, one.words, one.owner, one.due_on, one.done_at) for one in entry.measures]


def steps(entry: Entry) -> list[tuple[Value, ...]]:
    """A row for every line of the history, and one for each field that it changed."""
    return [
        (
            *(entry.number, line.position, line.at, line.action, line.status, _by(line), line.note),
            *((change.field, change.before, change.after) if change else (None, None, None)),
            line.seal,
        )
        for line in entry.history
        for change in (line.changes or (None,))
    ]


def _by(line: Line) -> str | None:
    return "reporter" if line.by_reporter else line.by


def _value(value: Value | tuple[str | Progress | Planned, ...], zone: ZoneInfo) -> Value:
    return "\n".join(_line(one, zone) for one in value) if isinstance(value, tuple) else value


def _line(one: str | Progress | Planned, zone: ZoneInfo) -> str:
    match one:
        case str():
            return one
        case Progress(at, by, words):
            return _sentence((at.astimezone(zone), by), words)
        case Planned():
            done = "open" if one.done_at is None else f"done {one.done_at.astimezone(zone):%Y-%m-%d}"
            return _sentence((one.kind, one.owner, f"due {one.due_on}", done), one.words)
        case _:
            assert_never(one)


def _sentence(parts: tuple[object, ...], words: str | None) -> str:
    shown = (f"{part:%Y-%m-%d %H:%M}" if isinstance(part, datetime) else part for part in parts if part)
    head = ", ".join(map(str, shown))
    return f"{head}: {words}" if words else head
