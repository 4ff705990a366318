"""How commands speak: results on stdout, trouble in one line each on stderr, exit code 1 when they failed."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.wiring import Core

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was checked: in order, not set up, or to be mended."""

    state: Literal["ok", "--", "FAILED"]
    subject: str
    words: str


def fail(*lines: str) -> NoReturn:
    """Say what went wrong and end the command with exit code 1."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)


@contextmanager
def progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr where somebody is watching; the yielded function moves it on."""
    hidden = not sys.stderr.isatty()
    with typer.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield bar.update


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn everything an operator can mend into its lines; a bug of ours keeps its traceback."""
    from bot.catalog import DefinitionError
    from bot.settings import SettingsError
    from storage.backups import BackupRefused
    from storage.database import DatabaseUnavailable
    from storage.encryption import DecryptionError
    from storage.erasures.journal import UnreadableJournal
    from storage.schema import SchemaError
    from storage.seal import WrongKeys

    try:
        yield
    except SettingsError as error:
        fail(*error.lines)
    except DefinitionError as error:
        fail(*error.problems)
    except (
        BackupRefused,
        DatabaseUnavailable,
        DecryptionError,
        SchemaError,
        UnreadableJournal,
        WrongKeys,
    ) as error:
        fail(str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}")


def in_core(work: Callable[["Core", "Settings"], Awaitable[T]]) -> T:
    """Do `work` with the database opened, at the newest migration, and the catalogue loaded."""
    with clear_errors():
        from bot.app import open_core
        from bot.settings import load_settings
        from schedules.clock import system_clock

        settings = load_settings()

        async def opened() -> T:
            async with AsyncExitStack() as stack:
                return await work(await open_core(settings, system_clock, stack), settings)

        return asyncio.run(opened())
