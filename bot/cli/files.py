"""What is taken away as files: the digest as managers get it, and everything said as CSV."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.console import clear_errors, fail, in_core, progress

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.wiring import Core
    from schedules.digests.compose import Composed


def preview_digest(
    period: Annotated[
        Literal["day", "week", "month"], typer.Option(help="How far to look back from now.")
    ] = "week",
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, writable=True, help="File for the chart (PNG).")
    ] = None,
) -> None:
    """Show the digest as managers would get it now, in DEFAULT_LOCALE and LAB_TIMEZONE."""

    async def work(core: "Core", settings: "Settings") -> "Composed":
        from schedules.digests.compose import Composer
        from storage.tables import Period

        composer = Composer(core.database, core.catalog, core.lab.name)
        zone, locale = settings.lab_timezone, settings.default_locale
        return await composer.up_to_now(Period(period), zone, locale, core.clock())

    with progress("Composing", 1) as advance:
        composed = in_core(work)
        advance(1)
    message = composed.message
    typer.echo(f"{message.title}\n\n{message.text}\n")
    for field in message.fields:
        typer.echo(f"{field.label}: {field.value}")
    for quote in message.quotes:
        typer.echo(f"\n“{quote}”")
    if out is None:
        return
    if composed.image is None:
        fail(f"{out}: not written; there are too few answers for a chart, or it cannot be drawn")
    with clear_errors():
        out.write_bytes(composed.image)
    typer.echo(f"\nChart: {out}")


def export(
    what: Annotated[
        Literal["responses", "complaints", "history"], typer.Argument(metavar="WHAT", help="What to export.")
    ],
    format_: Annotated[Literal["csv"], typer.Option("--format", help="The file's format.")] = "csv",
    out: Annotated[
        Path | None,
        typer.Option(dir_okay=False, writable=True, help="The file to write. Default: standard output."),
    ] = None,
) -> None:
    """Export every response, a row per answer; the register of complaints; or every step of their history.

    Times are in LAB_TIMEZONE with their offset. Names, accounts, phone numbers and order numbers are not
    exported; what people wrote is, as they wrote it, so keep the file as you keep patients' letters. An
    apostrophe stands before what a spreadsheet would run as a formula.
    """

    async def work(core: "Core", settings: "Settings") -> int:
        from bot.cli import csv_files

        return await csv_files.write(core.database, csv_files.TABLES[what], settings.lab_timezone, out)

    count = in_core(work)
    if out is not None:
        typer.echo(f"{count} {what} in {out} ({format_})")
