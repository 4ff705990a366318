"""Every command under its name."""

import typer
from typer.core import TyperGroup
from typing_extensions import override

from bot.cli import (
    audit,
    backups,
    checklist,
    complaints,
    entering,
    files,
    laboratory,
    running,
    setup,
    surveys,
)


class _Plain(TyperGroup):
    """Says what is wrong with an option in a sentence, without its validator's name for it."""

    # typer passes the base of the only Context it shows to others.
    @override
    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise


app = typer.Typer(
    cls=_Plain,
    help="The feedback line of a diagnostic laboratory, in Telegram and Slack.\n\n"
    "Settings come from the environment or a .env file in the current folder; `labvoice check` tells what is "
    "missing. `labvoice demo` needs none.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
)

app.command()(running.demo)
app.command()(running.run)
app.command()(checklist.check)
app.command()(setup.keygen)
app.command("concern-link")(laboratory.concern_link)
app.command("backup")(backups.back_up)
app.command()(backups.restore)


def _group(name: str, summary: str) -> typer.Typer:
    group = typer.Typer(help=summary, no_args_is_help=True, rich_markup_mode="markdown")
    app.add_typer(group, name=name)
    return group


_group("db", "The database.").command("upgrade")(setup.upgrade_database)
_group("visit", "Visits: a sample collected, a person to be asked.").command("add")(laboratory.add_visit)
_group("results", "Results of the laboratory.").command("delivered")(laboratory.results_delivered)
_staff = _group("staff", "Who works here, and may use staff buttons.")
_staff.command("add")(laboratory.add_staff)
_staff.command("remove")(laboratory.remove_staff)
_group("digest", "The managers' digest.").command("preview")(files.preview_digest)
app.command("export")(files.export)

_complaints = _group("complaints", "The register of complaints.")
_complaints.command("list")(complaints.list_complaints)
_complaints.command("show")(complaints.show)
_complaints.command("add")(entering.add)
_complaints.command("export")(complaints.export)
_complaints.command("dossier")(complaints.dossier)
_group("audit", "Whether the register is as it was written.").command("verify")(audit.verify)

_group("erasures", "What was done to people who asked for it.").command("replay")(backups.replay_erasures)

_surveys = _group("survey", "The questionnaires.")
_surveys.command("list")(surveys.list_surveys)
_surveys.command("lint")(surveys.lint)
_surveys.command("play")(surveys.play)
