"""`labvoice backup`, `labvoice restore` and `labvoice erasures replay`."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import clear_errors, in_core, progress

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.wiring import Core
    from storage.encryption import Keyring
    from storage.erasures.journal import Entry
    from storage.erasures.replay import Replayed
    from storage.takeover import TakenOver

Journals = Annotated[
    list[Path] | None,
    typer.Option("--erasures", help="A further journal of erasures to replay.", dir_okay=False, exists=True),
]


def back_up(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.", dir_okay=False)],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it exists.")] = False,
) -> None:
    """Copy the SQLite database to FILE, whether or not the bot is running.

    FILE holds everything committed before the command began, and is its owner's alone. It is no use without
    DATA_KEYS, so keep these too, at another place. It appears when it is whole and checked, not before.
    """
    with clear_errors(), progress("Copying", 100) as advance:
        from bot.settings import load_settings
        from storage import backups

        database = backups.sqlite_file(load_settings().database_url.get_secret_value())
        backups.back_up(database, file, _percent(advance), overwrite=overwrite)
    typer.echo(f"{file}: {file.stat().st_size:,} bytes, checked")


def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `labvoice backup` wrote.", dir_okay=False)
    ],
    erasures: Journals = None,
) -> None:
    """Put a backup in place of the SQLite database, while no bot runs.

    Whoever asked to be forgotten, withdrew or left the laboratory since the backup was taken is so again
    afterwards. The former database is kept beside the restored one. Killed at any moment, the command leaves
    one of the two in place.
    """
    with clear_errors(), progress("Restoring", 100) as advance:
        from bot.settings import load_settings
        from schedules.clock import system_clock
        from storage import backups
        from storage.database import erasures_file
        from storage.erasures import journal

        settings = load_settings()
        url, keyring, now = settings.database_url.get_secret_value(), settings.keyring(), system_clock()
        database = backups.sqlite_file(url)
        entries = journal.read([erasures_file(url, settings.erasures_file), *(erasures or ())])
        aside = database.with_name(f"{database.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
        with backups.replacement(database, file, aside) as new:
            prepared = asyncio.run(
                _prepare(f"sqlite:///{new.file.absolute()}", new.current, file, keyring, entries, now)
            )
            former = new.put_in_place(_percent(advance))
    typer.echo(f"{database}: restored from {file}")
    _tell(prepared.replayed)
    if prepared.taken_over is None:
        typer.echo("The former database could not be asked what was sent since: some messages may repeat.")
    else:
        typer.echo(
            f"{prepared.taken_over.messages} messages and {prepared.taken_over.follow_ups} follow-ups "
            "were done since the backup and are not repeated."
        )
    if former is not None:
        typer.echo(f"The former database is {former}; delete it soon, for nobody is forgotten in there.")


def replay_erasures(journals: Journals = None) -> None:
    """Replay the journal of erasures on the database of DATABASE_URL, as `restore` does by itself.

    For a PostgreSQL database that was restored by other means. Doing it again changes nothing.
    """

    async def work(core: "Core", settings: "Settings") -> "Replayed":
        from storage.database import erasures_file
        from storage.erasures import journal
        from storage.erasures.replay import replay

        own = erasures_file(settings.database_url.get_secret_value(), settings.erasures_file)
        entries = journal.read([own, *(journals or ())])
        return await core.database.run(replay, entries, core.clock())

    _tell(in_core(work))


def _tell(replayed: "Replayed") -> None:
    typer.echo(
        f"Erasures replayed: {replayed.forgotten} forgotten, {replayed.withdrawn} withdrawn, "
        f"{replayed.dismissed} no longer staff."
    )


@dataclass(frozen=True, slots=True)
class _Prepared:
    replayed: "Replayed"
    taken_over: "TakenOver | None"


async def _prepare(
    url: str,
    former: sqlite3.Connection | None,
    backup: Path,
    keyring: "Keyring",
    entries: "Sequence[Entry]",
    now: datetime,
) -> _Prepared:
    """Make of a copy of the backup what is to be the database: of this version, and without the erased."""
    from schedules import retention
    from storage import seal
    from storage.backups import BackupRefused
    from storage.database import Database
    from storage.erasures.replay import replay
    from storage.schema import SchemaError, current_revision, upgrade
    from storage.takeover import FormerUnreadable, take_over

    database = await Database.open(url, keyring)
    try:
        if await database.read(current_revision) is None:
            raise BackupRefused(f"{backup}: holds no data of Labvoice")
        await asyncio.to_thread(upgrade, url)
        if not await database.read(seal.is_known):
            raise BackupRefused(f"{backup}: holds no data of Labvoice")
        taken_over = None
        if former is not None:
            with suppress(FormerUnreadable):
                taken_over = await database.run(take_over, former, now - retention.OUTBOX_KEPT)
        replayed = await database.run(replay, entries, now)
        while await retention.prune(database, lambda: now):
            pass
    except (SchemaError, seal.WrongKeys) as error:
        raise BackupRefused(f"{backup}: {error}") from None
    finally:
        await database.close()
    return _Prepared(replayed, taken_over)


def _percent(advance: Callable[[int], None]) -> Callable[[int, int], None]:
    """Move a bar of 100 on, told how much of how much is done."""
    shown = 0

    def move(done: int, total: int) -> None:
        nonlocal shown
        reached = 100 * done // max(total, 1)
        advance(reached - shown)
        shown = reached

    return move
