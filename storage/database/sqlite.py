"""SQLite behind one writer thread that commits in groups, and a few reader threads."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final, Generic, Literal, Self, TypeVar

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.columns import install_keyring
from storage.database.errors import DatabaseUnavailable
from storage.database.outcome import Outcome, Raised, attempt, unwrap
from storage.encryption import Keyring

T = TypeVar("T")

_READERS = 4
_BUSY_SECONDS = 10.0
_GROUP_SIZE = 256
_GROUP_SECONDS = 0.05
_TRY_LATER = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    )
)


@dataclass(slots=True, eq=False)
class _Job(Generic[T]):
    """One function waiting for the writer; `outcome` is set by the writer, then handed to the future."""

    work: Callable[[Session], T]
    future: asyncio.Future[Outcome[T]]
    outcome: Outcome[T] | None = None


class SqliteBackend:
    """One file in WAL mode: what `run` returned survives power loss, and readers never wait for the writer.

    Functions that wait together share one transaction, each under a savepoint of its own, and one commit.
    """

    dialect: Final[Literal["sqlite", "postgresql"]] = "sqlite"

    def __init__(self, writing: Engine, reading: Engine, loop: asyncio.AbstractEventLoop) -> None:
        self._writing = writing
        self._reading = reading
        self._loop = loop
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._readers = ThreadPoolExecutor(_READERS, "sqlite-reader")
        self._writer: threading.Thread | None = None

    @classmethod
    async def open(cls, url: URL, keyring: Keyring) -> Self:
        """Open or create the file; DatabaseUnavailable when that is impossible."""
        backend = cls(
            _engine(url, keyring, begin="BEGIN IMMEDIATE"),
            _engine(url, keyring, begin="BEGIN", query_only=True),
            asyncio.get_running_loop(),
        )
        try:
            connection = await backend._in_reader(backend._writing.connect)
        except BaseException:
            await backend.close()
            raise
        backend._writer = threading.Thread(
            target=backend._serve, args=(connection,), name="sqlite-writer", daemon=True
        )
        backend._writer.start()
        return backend

    async def run(self, work: Callable[[Session], T]) -> T:
        """Run in the next group; cancelled before its turn it never runs, later it commits all the same."""
        future: asyncio.Future[Outcome[T]] = self._loop.create_future()
        self._queue.put(_Job(work, future))
        return unwrap(await future)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run on a reader thread over one snapshot of the file."""

        def snapshot() -> T:
            with Session(self._reading, expire_on_commit=False) as session, session.begin():
                return work(session)

        return await self._in_reader(snapshot)

    async def close(self) -> None:
        """Finish what is waiting, then let go of the file."""
        self._queue.put(None)
        await asyncio.to_thread(self._shut_down)

    def _shut_down(self) -> None:
        if self._writer is not None:
            self._writer.join()
        self._readers.shutdown()
        self._reading.dispose()
        self._writing.dispose()

    async def _in_reader(self, function: Callable[[], T]) -> T:
        return unwrap(await self._loop.run_in_executor(self._readers, _attempt, function))

    def _serve(self, connection: Connection) -> None:
        with connection:
            while (first := self._queue.get()) is not None:
                if not first.future.cancelled():
                    self._serve_group(connection, [first])

    def _serve_group(self, connection: Connection, group: list[_Job[Any]]) -> None:
        ended = _attempt(lambda: self._perform(connection, group))
        if isinstance(ended, Raised):
            if (
                group[0].outcome is None
            ):  # not even begun: those who wait behind would only wait as long again
                group.extend(self._waiting(_GROUP_SIZE))
            for job in group:
                if not isinstance(job.outcome, Raised):
                    job.outcome = Raised(_explained(ended.error))
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(_resume, group)

    def _perform(self, connection: Connection, group: list[_Job[Any]]) -> None:
        """Run `group` and whoever arrives meanwhile in one transaction; raises when nothing was committed."""
        deadline = monotonic() + _GROUP_SECONDS
        with connection.begin():
            _perform_one(connection, group[0])
            while len(group) < _GROUP_SIZE and monotonic() < deadline:
                arrived = self._waiting(1)
                if not arrived:
                    break
                group += arrived
                _perform_one(connection, arrived[0])

    def _waiting(self, limit: int) -> list[_Job[Any]]:
        """Take up to `limit` jobs nobody has cancelled off the queue without waiting."""
        jobs: list[_Job[Any]] = []
        while len(jobs) < limit:
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
            if job is None:
                self._queue.put(None)
                break
            if not job.future.cancelled():
                jobs.append(job)
        return jobs


def _perform_one(connection: Connection, job: _Job[Any]) -> None:
    def in_savepoint() -> object:
        with (
            connection.begin_nested(),
            Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only") as session,
            session.begin(),
        ):
            return job.work(session)

    job.outcome = _attempt(in_savepoint)
    if isinstance(job.outcome, Raised) and not _in_transaction(connection):
        # A full disk or a failing one makes SQLite roll back everything, not the savepoint alone.
        raise DatabaseUnavailable("SQLite gave up the transaction") from job.outcome.error


def _in_transaction(connection: Connection) -> bool:
    driver = connection.connection.driver_connection
    return isinstance(driver, sqlite3.Connection) and driver.in_transaction


def _resume(group: list[_Job[Any]]) -> None:
    for job in group:
        if not job.future.done() and job.outcome is not None:
            job.future.set_result(job.outcome)


def _attempt(function: Callable[[], T]) -> Outcome[T]:
    outcome = attempt(function)
    return Raised(_explained(outcome.error)) if isinstance(outcome, Raised) else outcome


def _explained(error: BaseException) -> BaseException:
    """Tell 'try later' from a bug; every caller gets an exception of its own where it is the former."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & 0xFF in _TRY_LATER:
        unavailable = DatabaseUnavailable(f"SQLite: {cause}")
        unavailable.__cause__ = error
        return unavailable
    if isinstance(error, DatabaseUnavailable):
        unavailable = DatabaseUnavailable(*error.args)
        unavailable.__cause__ = error.__cause__
        return unavailable
    return error


def _engine(url: URL, keyring: Keyring, *, begin: str, query_only: bool = False) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool if query_only else NullPool,
        connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
        **({"pool_size": _READERS, "max_overflow": 0} if query_only else {}),
    )
    install_keyring(engine.dialect, keyring)

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA query_only = {'ON' if query_only else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
