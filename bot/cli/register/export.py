"""Files of the register, in each format, read a page at a time; a PDF alone is set in one piece."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal, TextIO

from bot.cli.console import progress
from bot.cli.csv_files import cell
from bot.cli.output import whole, whole_text
from bot.cli.register import cover, document, html, json_file, xlsx
from bot.cli.register.columns import columns, row
from bot.cli.register.selection import Selection, Source
from bot.cli.register.wording import Told, Wording
from bot.wiring import Core
from storage.register import Entry

TextForm = Literal["csv", "json", "html"]
BinaryForm = Literal["xlsx", "pdf"]


class TooMany(Exception):
    """More complaints were chosen than fit into one PDF."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count:,} complaints are too many for one PDF, which has {document.MOST:,} at most; "
            "choose fewer with --from and --to, or write --format html."
        )


class Order:
    """What was ordered: the selected complaints as they stand now. `given` counts those given out so far."""

    def __init__(self, core: Core, selection: Selection, *, identities: bool = False) -> None:
        lab, self.now = core.lab, core.clock()
        self.wording = Wording(core.catalog, lab.locale, lab.zone)
        self.zone, self.laboratory, self.identities = lab.zone, lab.name, identities
        self.given = 0
        self._selection = selection
        self._source = Source(core.database, selection.chosen(lab.zone, self.now), identities)

    async def count(self) -> int:
        """How many there are."""
        return await self._source.count()

    async def entries(self) -> AsyncIterator[Entry]:
        """Each complaint, while a bar shows how far it is."""
        with progress("Exporting", await self.count()) as advance:
            async for page in self._source.pages():
                for entry in page:
                    self.given += 1
                    yield entry
                advance(len(page))

    async def told(self) -> AsyncIterator[Told]:
        """Each complaint in words."""
        async for entry in self.entries():
            yield self.wording.tell(entry)

    def cover(self) -> cover.Cover:
        """What stands at the head of a file for people, once all complaints were given out."""
        lines = (self._selection.in_words(self.wording), self.wording.say("register.count", count=self.given))
        title = self.wording.say("register.title")
        return cover.cover(self.wording, title, self.laboratory, lines, self.now, identities=self.identities)

    def head(self) -> dict[str, str]:
        """What stands at the head of a file for machines."""
        return {
            "laboratory": self.laboratory,
            "made_at": self.now.astimezone(self.zone).isoformat(timespec="seconds"),
            "selection": self._selection.in_words(self.wording),
        }


async def write_text(order: Order, form: TextForm, out: Path | None) -> None:
    """Write a text file, whole or not at all; without `out`, to standard output."""
    # Spreadsheets misread accents in a CSV file without a byte order mark.
    with whole_text(out, "utf-8-sig" if form == "csv" else "utf-8") as file:
        await _TEXTS[form](order, file)


async def write_binary(order: Order, form: BinaryForm, out: Path) -> None:
    """Write a workbook or a PDF, whole or not at all; TooMany when they do not fit."""
    if form == "pdf" and (count := await order.count()) > document.MOST:
        raise TooMany(count)
    with whole(out) as path:
        await _BINARIES[form](order, path)


async def write_dossier(order: Order, entry: Entry, out: Path) -> None:
    """Write the PDF of one complaint."""
    wording = order.wording
    title = wording.say("register.dossier", number=entry.number)
    head = cover.cover(wording, title, order.laboratory, (), order.now, identities=order.identities)
    attachment = json_file.one(entry, order.zone)
    told = [wording.tell(entry)]
    with whole(out) as path:
        await asyncio.to_thread(
            document.write, path, wording, head, told, attachment, order.now, with_contents=False
        )


async def _csv(order: Order, file: TextIO) -> None:
    writer = csv.writer(file)
    writer.writerow(columns(identities=order.identities))
    async for entry in order.entries():
        writer.writerow(cell(value, order.zone) for value in row(entry, order.zone))


async def _json(order: Order, file: TextIO) -> None:
    await json_file.write(file, order.head(), order.entries(), order.zone)


async def _html(order: Order, file: TextIO) -> None:
    await html.write(file, order.wording, order.cover, order.told())


async def _xlsx(order: Order, path: Path) -> None:
    title = order.wording.say("register.title")
    await xlsx.write(path, title, order.entries(), order.zone, identities=order.identities)


async def _pdf(order: Order, path: Path) -> None:
    entries = [entry async for entry in order.entries()]
    told = [order.wording.tell(entry) for entry in entries]
    attachment = io.StringIO()
    await json_file.write(attachment, order.head(), _each(entries), order.zone)
    await asyncio.to_thread(
        document.write,
        path,
        order.wording,
        order.cover(),
        told,
        attachment.getvalue(),
        order.now,
        with_contents=True,
    )


async def _each(entries: list[Entry]) -> AsyncIterator[Entry]:
    for entry in entries:
        yield entry


_TEXTS: Mapping[TextForm, Callable[[Order, TextIO], Awaitable[None]]] = {
    "csv": _csv,
    "json": _json,
    "html": _html,
}
_BINARIES: Mapping[BinaryForm, Callable[[Order, Path], Awaitable[None]]] = {"xlsx": _xlsx, "pdf": _pdf}
