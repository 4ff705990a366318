"""`labvoice survey`: the questionnaires on file, what is wrong with them, and how one feels to answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import clear_errors, fail

if TYPE_CHECKING:
    from bot.catalog import Catalog

Folder = Annotated[
    Path | None,
    typer.Argument(help="A folder of questionnaires, in place of SURVEYS_DIR.", file_okay=False, exists=True),
]


def list_surveys() -> None:
    """List the questionnaires: id, version, number of items, and title."""
    with clear_errors():
        catalog, locale, _ = _catalog(None)
    width = max(len(name) for name in catalog.questionnaires)
    for one in catalog.questionnaires.values():
        items = f"{len(one.items)} item{'s' if len(one.items) != 1 else ''}"
        typer.echo(f"{one.id:{width}}  v{one.version:<3} {items:>8}  {one.title.in_locale(locale)}")


def lint(folder: Folder = None) -> None:
    """Check every questionnaire and sentence; each problem is one line with its file and line number.

    Where there is no problem, advice on the wording follows. Advice keeps nothing from being used.
    """
    from bot.catalog.lint import lint as advice_on

    with clear_errors():
        catalog, _, _ = _catalog(folder)
    for one in catalog.questionnaires.values():
        for advice in advice_on(one):
            where = f"{one.id}, {advice.item}" if advice.item else one.id
            typer.echo(f"{where}: {advice.message}")
    count, locales = len(catalog.questionnaires), ", ".join(catalog.locales)
    typer.echo(f"{count} questionnaires, in {locales}: no problems")


def play(
    survey: Annotated[str, typer.Argument(metavar="ID", help="Id of the questionnaire.")],
    locale: Annotated[str | None, typer.Option(help="Language to play in. Default: DEFAULT_LOCALE.")] = None,
) -> None:
    """Answer a questionnaire here in the terminal, as a person would in the chat. Nothing is kept.

    Type an answer, or the words on a button. Ctrl-D leaves.
    """
    with clear_errors():
        catalog, default, lab = _catalog(None)
        if survey not in catalog.questionnaires:
            known = ", ".join(catalog.questionnaires)
            raise typer.BadParameter(
                f"there is no questionnaire {survey!r}; use one of {known}", param_hint="ID"
            )
        if locale is not None and locale not in catalog.locales:
            known = ", ".join(catalog.locales)
            raise typer.BadParameter(
                f"{locale!r} is not spoken here; use one of {known}", param_hint="--locale"
            )
        from bot.cli.player import Player
        from schedules.clock import system_clock

        player = Player(catalog, locale or default, lab, system_clock, typer.echo)
    player.begin(survey)
    while player.is_running:
        try:
            typed = input("> ")
        except EOFError:
            fail("\nLeft before the end.")
        player.say(typed)


def _catalog(folder: Path | None) -> "tuple[Catalog, str, str]":
    """The catalogue, the language to show it in, and the laboratory's name."""
    from bot.catalog import load
    from bot.settings import load_settings

    settings = load_settings()
    return load(folder or settings.surveys_dir), settings.default_locale, settings.lab_name
