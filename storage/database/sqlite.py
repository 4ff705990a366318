"""SQLite behind one writer thread that commits in groups, and a few reader threads."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final, Generic, Literal, Self, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Transaction
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.columns import install_keyring
from storage.database.engines import sqlite_engine
from storage.database.errors import DatabaseUnavailable, explained
from storage.database.outcome import Outcome, Raised, Returned, attempt, unwrap
from storage.encryption import Keyring
from storage.prepared import hold_driver

T = TypeVar("T")

_READERS = 4
_BUSY_SECONDS = 10.0
_GROUP_SIZE = 256
_GROUP_SECONDS = 0.05


@dataclass(slots=True, eq=False)
class _Job(Generic[T]):
    """One function waiting for the writer; `outcome` is set by the writer, then handed to the future."""

    work: Callable[[Session], T]
    future: asyncio.Future[Outcome[T]]
    outcome: Outcome[T] | None = None


class _TransactionLost(Exception):
    """SQLite rolled back everything, not one savepoint alone, as it may when a disk is full or fails."""


class _OneFailed(Exception):
    """A function raised: the group is undone, to be run again with each function under its own savepoint."""


class SqliteBackend:
    """One file in WAL mode: what `run` returned survives power loss, and readers never wait for the writer.

    Functions that wait together share one session, one transaction and one commit. Should one raise, all is
    undone and each runs again under a savepoint of its own, so that it alone fails: a savepoint and a session
    for each cost as much as a third of its work, and hardly any ever raises.
    """

    dialect: Final[Literal["sqlite", "postgresql"]] = "sqlite"

    def __init__(self, url: URL, keyring: Keyring) -> None:
        self._writing = sqlite_engine(url, begin="BEGIN IMMEDIATE", busy_seconds=_BUSY_SECONDS)
        self._reading = sqlite_engine(
            url, begin="BEGIN", busy_seconds=_BUSY_SECONDS, connections=_READERS, query_only=True
        )
        install_keyring(self._writing.dialect, keyring)
        install_keyring(self._reading.dialect, keyring)
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._readers = ThreadPoolExecutor(_READERS, "sqlite-reader")
        self._writer = threading.Thread(target=self._serve, name="sqlite-writer", daemon=True)

    @classmethod
    async def open(cls, url: URL, keyring: Keyring) -> Self:
        """Open or create the file; DatabaseUnavailable when that is impossible."""
        backend = cls(url, keyring)
        backend._writer.start()
        try:
            await backend.run(lambda session: session.connection())
        except BaseException:
            await backend.close()
            raise
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

    async def take(self, _key: UUID) -> bool:
        """True: no other process uses the file."""
        return True

    async def let_go(self, _key: UUID) -> None:
        """Nothing is held."""

    async def lead(self) -> bool:
        """True, for the same reason."""
        return True

    async def close(self) -> None:
        """Finish what is waiting, then let go of the file."""
        self._queue.put(None)
        await asyncio.to_thread(self._shut_down)

    def _shut_down(self) -> None:
        self._writer.join()
        self._readers.shutdown()
        self._reading.dispose()
        self._writing.dispose()

    async def _in_reader(self, function: Callable[[], T]) -> T:
        return unwrap(await self._loop.run_in_executor(self._readers, _attempt, function))

    def _serve(self) -> None:
        while (first := self._queue.get()) is not None:
            if not first.future.cancelled():
                self._serve_group([first])

    def _serve_group(self, group: list[_Job[Any]]) -> None:
        ended = attempt(lambda: self._perform(group))
        if isinstance(ended, Raised):
            for job in group:
                if not isinstance(job.outcome, Raised):
                    job.outcome = Raised(_undone(ended.error))
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(_resume, group)

    def _perform(self, group: list[_Job[Any]]) -> None:
        """Run `group` and whoever arrives meanwhile in one transaction; raises when nothing was committed."""
        with self._writing.connect() as connection:
            with suppress(_OneFailed):
                with self._begun(connection, group), _session(connection) as session:
                    self._perform_together(session, group)
                return
            for job in group:
                job.outcome = None
            with self._begun(connection, group):
                for job in group:
                    _perform_apart(connection, job)

    def _begun(self, connection: Connection, group: list[_Job[Any]]) -> Transaction:
        try:
            return connection.begin()
        except DBAPIError:
            group += self._waiting(_GROUP_SIZE)  # they would only wait as long again for the same lock
            raise

    def _perform_together(self, session: Session, group: list[_Job[Any]]) -> None:
        hold_driver(session)
        deadline = monotonic() + _GROUP_SECONDS
        done = 0
        while done < len(group):
            job = group[done]
            job.outcome = attempt(partial(_flushed, session, job.work))
            if isinstance(job.outcome, Raised):
                raise _OneFailed
            done += 1
            if done == len(group) < _GROUP_SIZE and monotonic() < deadline:
                group += self._waiting(1)

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


def _session(connection: Connection) -> Session:
    return Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only")


def _flushed(session: Session, work: Callable[[Session], T]) -> T:
    """What `work` returns, once all it did is in the database; its rows are detached."""
    value = work(session)
    session.flush()
    session.expunge_all()
    return value


def _perform_apart(connection: Connection, job: _Job[Any]) -> None:
    def in_session() -> object:
        with _session(connection) as session, session.begin():
            return job.work(session)

    savepoint = connection.begin_nested()
    outcome = _attempt(in_session)
    if not _in_transaction(connection):
        raise _TransactionLost from outcome.error if isinstance(outcome, Raised) else None
    if savepoint.is_active:
        if isinstance(outcome, Returned):
            savepoint.commit()
        else:
            savepoint.rollback()
    job.outcome = outcome


def _undone(error: BaseException) -> BaseException:
    """Return what to tell one caller of a group that was not committed."""
    if isinstance(error, _TransactionLost):
        origin: BaseException = error
        while (earlier := origin.__cause__ or origin.__context__) is not None:
            origin = earlier
        unavailable = DatabaseUnavailable(f"the database gave the whole transaction up: {origin}")
        unavailable.__cause__ = error
        return unavailable
    return explained(error)


def _in_transaction(connection: Connection) -> bool:
    driver = connection.connection.driver_connection
    return isinstance(driver, sqlite3.Connection) and driver.in_transaction


def _resume(group: list[_Job[Any]]) -> None:
    for job in group:
        if not job.future.done() and job.outcome is not None:
            job.future.set_result(job.outcome)


def _attempt(function: Callable[[], T]) -> Outcome[T]:
    outcome = attempt(function)
    return Raised(explained(outcome.error)) if isinstance(outcome, Raised) else outcome
