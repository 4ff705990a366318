"""CSV files out of the database: batch by batch, safe to open in a spreadsheet, whole or not there at all."""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.cli.console import progress
from bot.cli.output import whole_text
from storage import exports
from storage.complaints import OPENED
from storage.database import Database, Session

BATCH = 500
# What spreadsheets take for the beginning of a formula, in both widths; also within a cell, for those that
# part cells by semicolons or tabs and then see no quotes around ours.
_FORMULA = re.compile(r'\A(?=[=+\-@＝＋－＠\t\r\n])|(?<=[;\t\r\n])"*(?=[=+\-@＝＋－＠])')

Value = str | int | bool | datetime | date | UUID | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of `size` records, the last of which has the id `last`; empty at the end."""

    rows: list[tuple[Value, ...]]
    size: int
    last: UUID | None


@dataclass(frozen=True, slots=True)
class Table:
    """What is exported: its columns, how many records there are, and the records after an id."""

    columns: tuple[str, ...]
    count: Callable[[Session], int]
    after: Callable[[Session, UUID | None, int], Batch]


def _responses(session: Session, after: UUID | None, limit: int) -> Batch:
    """A row per answer; a response without answers has one row with an empty item."""
    found = exports.responses_after(session, after, limit)
    rows: list[tuple[Value, ...]] = []
    for one, answers in found:
        head = (
            one.id,
            one.visit_id,
            one.questionnaire,
            one.version,
            one.site,
            one.channel,
            one.locale,
            one.status,
            one.started_at,
            one.ended_at,
        )
        for answer in answers:
            value = answer.number if answer.number is not None else answer.choice or answer.words
            rows.append((*head, answer.item, value))
        if not answers:
            rows.append((*head, None, None))
    return Batch(rows, len(found), found[-1][0].id if found else None)


def _complaints(session: Session, after: UUID | None, limit: int) -> Batch:
    """A row per complaint."""
    found = exports.complaints_after(session, after, limit)
    rows: list[tuple[Value, ...]] = [
        (
            one.number,
            one.status,
            one.category,
            one.phase,
            one.consequence,
            one.channel,
            one.site,
            one.order_masked,
            one.may_contact,
            one.received_at,
            one.acknowledged_at,
            one.resolved_at,
            one.words,
            one.need,
            one.outcome,
        )
        for one in found
    ]
    return Batch(rows, len(found), found[-1].id if found else None)


def _history(session: Session, after: UUID | None, limit: int) -> Batch:
    """A row per step taken on a complaint; `by` stands for the same member of staff throughout."""
    found = exports.steps_after(session, after, limit)
    rows: list[tuple[Value, ...]] = [
        (number, one.at, one.action, one.status, None if one.action == OPENED else one.actor_id, one.note)
        for one, number in found
    ]
    return Batch(rows, len(found), found[-1][0].id if found else None)


TABLES: Mapping[str, Table] = MappingProxyType(
    {
        "responses": Table(
            (
                "response",
                "visit",
                "questionnaire",
                "version",
                "site",
                "channel",
                "locale",
                "status",
                "started_at",
                "ended_at",
                "item",
                "value",
            ),
            exports.count_responses,
            _responses,
        ),
        "complaints": Table(
            (
                "number",
                "status",
                "category",
                "phase",
                "consequence",
                "channel",
                "site",
                "order",
                "may_contact",
                "received_at",
                "acknowledged_at",
                "resolved_at",
                "words",
                "need",
                "outcome",
            ),
            exports.count_complaints,
            _complaints,
        ),
        "history": Table(
            ("number", "at", "action", "status", "by", "note"),
            exports.count_steps,
            _history,
        ),
    }
)


async def write(database: Database, table: Table, zone: ZoneInfo, out: Path | None) -> int:
    """Write the table to `out`, or to standard output; how many records. Times are shown in `zone`.

    A file is UTF-8 with a byte order mark, without which spreadsheets misread accents; standard output has
    none. Lines end as RFC 4180 says. An existing file is replaced once the new one is complete.
    """
    total = await database.read(table.count)
    written = 0
    with whole_text(out, "utf-8-sig") as file, progress("Exporting", total) as advance:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        last: UUID | None = None
        while (batch := await database.read(table.after, last, BATCH)).size:
            writer.writerows([cell(value, zone) for value in row] for row in batch.rows)
            written, last = written + batch.size, batch.last
            advance(batch.size)
    return written


def cell(value: Value, zone: ZoneInfo) -> str:
    """The value as it is written: an apostrophe stands before what a spreadsheet would run as a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(zone).isoformat(timespec="seconds")
        case str():
            return _FORMULA.sub(r"\g<0>'", value)
        case _:
            return str(value)
