"""`labvoice audit verify`: whether the history of the register is as it was written."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import fail, in_core

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.wiring import Core
    from storage.audit import Broken, Verified

_WRONG = {
    "changed": "is not as it was written",
    "missing": "is missing",
    "added": "was added by somebody who has no data key",
}


def verify(
    seal: Annotated[
        str | None, typer.Option(metavar="SEAL", help="A seal noted earlier, which has to be there still.")
    ] = None,
) -> None:
    """Compare every line of the register's history with its seal, and print the newest seal.

    Note that seal outside of this computer and give it with --seal the next time: nothing else shows that the
    newest lines were all taken away. The command fails if anything was changed, taken out or added.
    """
    noted = seal.strip().lower() if seal is not None else None
    if noted is not None and re.fullmatch(r"[0-9a-f]{64}", noted) is None:
        raise typer.BadParameter("is not a seal: 64 digits and letters from a to f", param_hint="--seal")

    async def work(core: "Core", _: "Settings") -> "Verified":
        from storage import audit

        return await core.database.read(audit.verify, noted)

    found = in_core(work)
    if found.broken is not None:
        after = "" if found.broken.position is None else " Nothing after it was looked at."
        fail(f"BROKEN: {_where(found.broken)} {_WRONG[found.broken.what]}.{after}")
    if found.lines == 0:
        typer.echo("The register has no sealed lines yet.")
    else:
        typer.echo(f"{found.lines} line{'s' if found.lines != 1 else ''} of history, each as it was sealed.")
        typer.echo(f"Newest seal: {found.seal}")
    if found.unsealed:
        typer.echo(f"Lines from before lines were sealed, which nothing vouches for: {found.unsealed}")
    if not found.knows:
        fail(
            f"The seal {noted} is not in this register.",
            "Lines were taken off its end since, or the seal was noted of another register.",
            "A register restored from a backup ends where the backup does; see docs/backup-and-restore.md.",
        )
    if noted is not None:
        typer.echo("The seal noted earlier is there.")


def _where(broken: "Broken") -> str:
    line = f"line {broken.position}" if broken.position is not None else "a line without a seal"
    return (
        f"{line} of the register (complaint {broken.number})" if broken.number else f"{line} of the register"
    )
