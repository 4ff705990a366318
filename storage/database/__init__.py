"""The one async boundary to SQL: plain functions over a session, run in one transaction each."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, Protocol, Self, TypeVar
from uuid import UUID

from sqlmodel import Session

from storage.database.engines import parse_url
from storage.database.errors import DatabaseUnavailable
from storage.database.postgres import PostgresBackend
from storage.database.sqlite import SqliteBackend
from storage.encryption import Keyring
from storage.erasures import journal

__all__ = ["Database", "DatabaseUnavailable", "Session", "erasures_file", "parse_url"]

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


def erasures_file(url: str, named: Path | None = None) -> Path:
    """Where the journal of erasures is: as named, else beside a SQLite file, else in the current folder."""
    if named is not None:
        return named
    parsed = parse_url(url)
    file = Path(f"{parsed.database or 'labvoice'}.erasures")
    return file if parsed.get_backend_name() == "sqlite" else Path(file.name)


class _Backend(Protocol):
    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]: ...
    async def run(self, work: Callable[[Session], T]) -> T: ...
    async def read(self, work: Callable[[Session], T]) -> T: ...
    async def take(self, key: UUID) -> bool: ...
    async def let_go(self, key: UUID) -> None: ...
    async def lead(self) -> bool: ...
    async def close(self) -> None: ...


class Database:
    """An open database, to be used from the event loop it was opened in.

    Functions handed to `run` and `read` do SQL work and nothing else: they run on another thread, perhaps
    more than once (PostgreSQL repeats a whole transaction after a conflict or a lost connection), never
    commit or roll back themselves, and raise to undo what they did. What they return can be used after the
    commit; table rows come back detached, with the values they were committed with.
    """

    def __init__(self, backend: _Backend, erasures: Path | None) -> None:
        self._backend = backend
        self._erasures = erasures
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._leaving: set[asyncio.Future[None]] = set()

    @classmethod
    async def open(cls, url: str, keyring: Keyring, erasures: Path | None = None) -> Self:
        """Open `sqlite:///relative`, `sqlite:////absolute` or `postgresql://...`.

        `erasures` is the journal that what is done to people is written to when it is committed; OSError when
        that is impossible.
        ValueError for any other URL; DatabaseUnavailable when it cannot be reached or opened.
        """
        parsed = parse_url(url)
        if erasures is not None:
            await asyncio.to_thread(journal.append, erasures, ())
        backend = SqliteBackend if parsed.get_backend_name() == "sqlite" else PostgresBackend
        return cls(await backend.open(parsed, keyring), erasures)

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Which of the two databases this is."""
        return self._backend.dialect

    @property
    def has_one_process(self) -> bool:
        """Whether nobody else takes turns or delivers: a SQLite file has one process that does."""
        return self.dialect == "sqlite"

    async def run(
        self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `function(session, ...)` in one transaction; its value comes back once that is committed.

        Whatever the function raises is raised here after it alone was undone. DatabaseUnavailable means try
        again later. A cancelled call may or may not have been committed.
        """
        self._check_usable()

        giving: Sequence[journal.Entry] = ()

        def work(session: Session) -> T:
            nonlocal giving
            value = function(session, *args, **kwargs)
            entries = journal.noted(session)
            giving = journal.giving(entries)
            if self._erasures is not None and (taking := journal.taking(entries)):
                journal.append(self._erasures, taking)
            return value

        value = await self._backend.run(work)
        if giving:
            await asyncio.to_thread(self._write_down, giving)
        return value

    async def read(
        self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `function(session, ...)` over one consistent snapshot; an attempt to write raises."""
        self._check_usable()
        return await self._backend.read(lambda session: function(session, *args, **kwargs))

    @asynccontextmanager
    async def alone(self, key: UUID) -> AsyncIterator[bool]:
        """Whether this process, of all that use the database, has `key` to itself until the block ends.

        False when another has it. A process that dies lets go at once, one that hangs or cannot be reached
        after three seconds. A SQLite file has one process.
        """
        self._check_usable()
        taking = asyncio.ensure_future(self._backend.take(key))
        try:
            held = await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._leaving.add(leaving := asyncio.ensure_future(self._leave(key, taking)))
            leaving.add_done_callback(self._leaving.discard)
            raise
        try:
            yield held
        finally:
            if held and not self._closed:
                await self._backend.let_go(key)

    async def _leave(self, key: UUID, taking: asyncio.Future[bool]) -> None:
        """Let go of what was taken although nobody waited for it any more."""
        with suppress(DatabaseUnavailable):
            if await taking and not self._closed:
                await self._backend.let_go(key)

    async def leads(self) -> bool:
        """Whether this process, of all that use the database, does now what one does for all.

        The first to ask leads until it ends, hangs or loses its connection, as with `alone`; then the next to
        ask does. DatabaseUnavailable when nobody can tell: then this process leads no more.
        """
        self._check_usable()
        return await self._backend.lead()

    async def close(self) -> None:
        """Let everything already asked for finish, then release threads, connections and files."""
        if not self._closed:
            self._closed = True
            await self._backend.close()

    def _write_down(self, giving: Sequence[journal.Entry]) -> None:
        """Write down what is committed: failing to may not look as if it were not."""
        try:
            if self._erasures is not None:
                journal.append(self._erasures, giving)
        except OSError as error:
            changes = ", ".join(one.change for one in giving)
            log.error("%s was not written to the journal of erasures: %s", changes, error)  # noqa: TRY400

    def _check_usable(self) -> None:
        if self._closed:
            raise RuntimeError("the database is closed")
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError("a database is used in the event loop that opened it")
