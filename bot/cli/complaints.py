"""`labvoice complaints`: the register on screen and as files, and what is entered into it by hand."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.console import fail, in_core
from bot.complaints.terms import Category, Department, Status

if TYPE_CHECKING:
    from bot.cli.register.selection import Selection
    from bot.cli.register.wording import Wording
    from bot.settings import Settings
    from bot.wiring import Core
    from storage.register import Entry

_DAY = ["%Y-%m-%d"]

From = Annotated[
    datetime | None,
    typer.Option(
        "--from", formats=_DAY, metavar="DAY", help="Received on this day or later, in LAB_TIMEZONE."
    ),
]
To = Annotated[
    datetime | None, typer.Option("--to", formats=_DAY, metavar="DAY", help="Received on this day or before.")
]
Statuses = Annotated[
    list[Status] | None,
    typer.Option("--status", help="Only what stands like this; more than once for any of several."),
]
Departments = Annotated[
    list[Department] | None, typer.Option("--department", help="Only what this department has.")
]
Categories = Annotated[list[Category] | None, typer.Option("--category", help="Only what is about this.")]
Overdue = Annotated[bool, typer.Option("--overdue", help="Only what is overdue now.")]
Identities = Annotated[
    bool,
    typer.Option(
        "--identities",
        help="Show who reported, too: for those alone whose work needs it. Keep it from all others.",
    ),
]
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="The complaint's number, such as C-2026-000123.")
]
Format = Literal["csv", "xlsx", "json", "html", "pdf"]


def list_complaints(
    start: From = None,
    end: To = None,
    status: Statuses = None,
    department: Departments = None,
    category: Categories = None,
    overdue: Overdue = False,
) -> None:
    """List the complaints, the oldest first; what is overdue ends with an exclamation mark."""
    selection = _selection(start, end, status, department, category, overdue=overdue)

    async def work(core: "Core", settings: "Settings") -> None:
        from bot.cli.register import screen
        from bot.cli.register.selection import Source

        now, zone = core.clock(), settings.lab_timezone
        source = Source(core.database, selection.chosen(zone, now))
        if await source.count() == 0:
            typer.echo("No complaints.")
            return
        typer.echo(screen.heading())
        async for page in source.pages():
            for entry in page:
                typer.echo(screen.line(entry, zone, now))

    in_core(work)


def show(number: Number, identities: Identities = False) -> None:
    """Show everything that is known of a complaint, and its history with the seals, in DEFAULT_LOCALE."""

    async def work(core: "Core", settings: "Settings") -> None:
        from bot.cli.register import screen

        wording = _wording(core, settings)
        told = wording.tell(await _entry(core, number, identities=identities))
        for line in screen.whole(told, wording):
            typer.echo(line)

    in_core(work)


def export(
    start: From = None,
    end: To = None,
    status: Statuses = None,
    department: Departments = None,
    category: Categories = None,
    overdue: Overdue = False,
    format_: Annotated[Format, typer.Option("--format", help="The file's format.")] = "csv",
    out: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            writable=True,
            help="The file to write. Default: standard output, or register.xlsx and register.pdf.",
        ),
    ] = None,
    identities: Identities = False,
) -> None:
    """Write the register to a file, with every field of every complaint.

    csv, xlsx and json are for machines: fields by their codes. html and pdf are for people: in words, in
    DEFAULT_LOCALE. Times are in LAB_TIMEZONE. Who reported is left out, but what they wrote is as they wrote
    it, so keep the file as you keep patients' letters.
    """
    selection = _selection(start, end, status, department, category, overdue=overdue)
    file = out or Path(f"register.{format_}")

    async def work(core: "Core", _: "Settings") -> int:
        from bot.cli.register import export as files

        order = files.Order(core, selection, identities=identities)
        match format_:
            case "xlsx" | "pdf":
                try:
                    await files.write_binary(order, format_, file)
                except files.TooMany as error:
                    fail(str(error))
            case _:
                await files.write_text(order, format_, out)
        return order.given

    count = in_core(work)
    if out is not None or format_ in ("xlsx", "pdf"):
        typer.echo(f"{count} complaint{'' if count == 1 else 's'} in {file} ({format_})")


def dossier(
    number: Number,
    out: Annotated[Path, typer.Option(dir_okay=False, writable=True, help="The PDF to write.")],
    identities: Identities = False,
) -> None:
    """Write one complaint's dossier as PDF: every field and the history with its seals, in DEFAULT_LOCALE."""

    async def work(core: "Core", _: "Settings") -> None:
        from bot.cli.register import export as files
        from bot.cli.register.selection import Selection

        entry = await _entry(core, number, identities=identities)
        await files.write_dossier(files.Order(core, Selection(), identities=identities), entry, out)

    in_core(work)
    typer.echo(f"{number} in {out}")


def _selection(
    start: datetime | None,
    end: datetime | None,
    status: list[Status] | None,
    department: list[Department] | None,
    category: list[Category] | None,
    *,
    overdue: bool,
) -> "Selection":
    if start and end and end < start:
        raise typer.BadParameter("is before --from", param_hint="--to")
    from bot.cli.register.selection import Selection

    return Selection(
        start=start.date() if start else None,
        end=end.date() if end else None,
        statuses=frozenset(status or ()),
        departments=frozenset(department or ()),
        categories=frozenset(category or ()),
        overdue=overdue,
    )


def _wording(core: "Core", settings: "Settings") -> "Wording":
    from bot.cli.register.wording import Wording

    return Wording(core.catalog, settings.default_locale, settings.lab_timezone)


async def _entry(core: "Core", number: str, *, identities: bool) -> "Entry":
    from storage import register

    found = await core.database.read(register.entry, number, identities=identities)
    return found or fail(f"{number}: there is no such complaint.")
