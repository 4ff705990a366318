"""The register as a workbook: complaints, actions and history on a sheet each."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.cli.csv_files import Value
from bot.cli.register.columns import MEASURES, STEPS, columns, measures, row, steps
from storage.register import Entry

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_LONGEST = 16_000
"""What surely fits a cell, which holds 32,767 units of UTF-16; the rest of longer words goes on below."""
_WIDTHS = {
    "words": 60,
    "note": 60,
    "need": 40,
    "outcome": 40,
    "evidence": 40,
    "correction": 40,
    "measures": 40,
}
_WIDTH = 18
# Words stay words: nothing in them becomes a formula, a link or a number.
_AS_WRITTEN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "constant_memory": True,
}


async def write(
    path: Path, title: str, entries: AsyncIterator[Entry], zone: ZoneInfo, *, identities: bool
) -> None:
    """Write the workbook, row by row; times are shown on the clock of `zone`, as spreadsheets have none."""
    from xlsxwriter import Workbook

    with Workbook(str(path), _AS_WRITTEN) as book:
        book.set_properties({"title": title, "comments": f"Time zone: {zone}"})
        complaints = _Sheet(book, "Complaints", columns(identities=identities), zone)
        actions = _Sheet(book, "Actions", MEASURES, zone)
        history = _Sheet(book, "History", STEPS, zone)
        async for entry in entries:
            complaints.add(row(entry, zone))
            for measure in measures(entry):
                actions.add(measure)
            for step in steps(entry):
                history.add(step)


class _Sheet:
    def __init__(self, book: "Workbook", name: str, names: Sequence[str], zone: ZoneInfo) -> None:
        self._sheet = book.add_worksheet(name)
        self._zone = zone
        self._row = 0
        top = {"valign": "top"}
        # The apostrophe that no cell shows, so that words do not become a formula when somebody edits them.
        self._text = book.add_format({**top, "text_wrap": True, "quote_prefix": True})
        self._number = book.add_format(top)
        self._moment = book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day = book.add_format({**top, "num_format": "yyyy-mm-dd"})
        for at, column in enumerate(names):
            self._sheet.set_column(at, at, _WIDTHS.get(column, _WIDTH))
        bold = book.add_format({"bold": True, "bottom": 1})
        for at, column in enumerate(names):
            self._sheet.write_string(0, at, column, bold)
        self._sheet.freeze_panes(1, 1)

    def add(self, values: Sequence[Value]) -> None:
        """Write a row, and below it what did not fit, beside the number once more."""
        self._row += 1
        left: list[Value] = []
        for at, value in enumerate(values):
            left.append(self._write(at, value))
        if any(value is not None for value in left):
            self.add([values[0], *left[1:]])

    def _write(self, at: int, value: Value) -> Value:
        """Write a cell; what of it did not fit."""
        match value:
            case None:
                return None
            case bool():
                self._sheet.write_string(self._row, at, "yes" if value else "no", self._text)
            case int():
                self._sheet.write_number(self._row, at, value, self._number)
            case datetime():
                local = value.astimezone(self._zone).replace(tzinfo=None)
                self._sheet.write_datetime(self._row, at, local, self._moment)
            case date():
                self._sheet.write_datetime(self._row, at, value, self._day)
            case UUID() | str():
                self._sheet.write_string(self._row, at, str(value)[:_LONGEST], self._text)
                return str(value)[_LONGEST:] or None
        return None
