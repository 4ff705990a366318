"""`labvoice complaints add`: what somebody said by phone, at the counter, on paper or in public."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import fail, in_core

if TYPE_CHECKING:
    from bot.catalog import Catalog
    from bot.dialog.answer import Choice, Item, Value
    from bot.settings import Settings
    from bot.turns import Entered
    from bot.wiring import Core

_BY = typer.Option(metavar="USER", help="The Slack id of the member of staff who took it down.")


def add(
    came: Annotated[str | None, typer.Option(help="counter, phone, paper or public_review.")] = None,
    complainant: Annotated[
        str | None,
        typer.Option(help="patient, care_team, public_health, community, staff or other."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Their name, if they gave it.")] = None,
    phone: Annotated[str | None, typer.Option(help="How they can be reached.")] = None,
    category: Annotated[str | None, typer.Option(help="What it is about, such as turnaround.")] = None,
    phase: Annotated[
        str | None, typer.Option(help="pre_examination, examination, post_examination or general.")
    ] = None,
    severity: Annotated[str | None, typer.Option(help="minor, moderate or serious.")] = None,
    order: Annotated[str | None, typer.Option(help="The order's number. It is kept as a keyed hash.")] = None,
    happened: Annotated[str | None, typer.Option(help="What they said, word for word.")] = None,
    by: Annotated[str | None, _BY] = None,
) -> None:
    """Enter a complaint that came by phone, at the counter, on paper or in public, and print its number.

    The questions are those of the questionnaire on_behalf. On a terminal, what is not given is asked for, and
    an empty answer skips what is not required. The complaint goes the way of all others: it is shown in its
    room, and its clock starts. The history says that it was entered at a terminal, and by whom with --by.
    """
    given = {
        "came": came,
        "complainant": complainant,
        "name": name,
        "phone": phone,
        "category": category,
        "phase": phase,
        "severity": severity,
        "order": order,
        "happened": happened,
    }
    answers = {item: value for item, value in given.items() if value is not None}

    async def work(core: "Core", _: "Settings") -> "Entered":
        from bot.turns import NotStaff, enter

        values = _Questions(core.catalog, core.lab.locale).complete(answers)
        try:
            return await core.database.run(enter, core.catalog, core.lab, values, by, core.clock())
        except NotStaff:
            fail(f"{by} on Slack has no role; `labvoice staff add` gives one.")

    entered = in_core(work)
    if entered.errors:
        fail(*(f"--{item}: {why}" for item, why in entered.errors.items()))
    typer.echo(entered.number)


class _Questions:
    """The questions of the form, asked where nobody has answered them yet and somebody sits there."""

    def __init__(self, catalog: "Catalog", locale: str) -> None:
        from bot.turns.entering import FORM

        self._catalog, self._locale = catalog, locale
        self._form = catalog.newest(FORM)

    def complete(self, given: Mapping[str, str]) -> dict[str, str]:
        """Every answer as the form takes it; ends the command when one cannot be used or is missing."""
        unknown = given.keys() - {item.id for item in self._form.items}
        if unknown:
            fail(*(f"--{name}: {self._form.id} does not ask for it" for name in sorted(unknown)))
        asks = _somebody_sits_there()
        answers: dict[str, Value] = {}
        problems: list[str] = []
        for item in self._form.items:
            if not self._form.applies(item, answers):
                continue
            if item.id in given:
                value = self._read(item, given[item.id])
                problems += [] if value is not None else [f"--{item.id}: {self._wanted(item)}"]
            else:
                value = self._ask(item) if asks else None
                problems += [f"--{item.id}: is needed"] if item.required and value is None else []
            if value is not None:
                answers[item.id] = value
        if problems:
            fail(*problems)
        return {name: str(value) for name, value in answers.items()}

    def _ask(self, item: "Item") -> "Value | None":
        typer.echo(item.text.in_locale(self._locale))
        for choice in _choices(item):
            typer.echo(f"  {choice.id:18} {choice.label.in_locale(self._locale)}")
        while True:
            typed = typer.prompt("", default="", show_default=False, prompt_suffix="> ").strip()
            value = self._read(item, typed) if typed else None
            if value is not None or not (typed or item.required):
                return value
            typer.echo(self._wanted(item))

    def _read(self, item: "Item", typed: str) -> "Value | None":
        value = item.accept(typed)
        return value if value is not None else item.read(typed, self._locale)

    def _wanted(self, item: "Item") -> str:
        """What can be answered."""
        known = ", ".join(choice.id for choice in _choices(item))
        return f"use one of {known}" if known else self._catalog.render(item.reask, self._locale)


def _somebody_sits_there() -> bool:
    return sys.stdin.isatty()


def _choices(item: "Item") -> tuple["Choice", ...]:
    from bot.dialog.answer import OneChoice

    return item.choices if isinstance(item, OneChoice) else ()
