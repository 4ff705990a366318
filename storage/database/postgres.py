"""PostgreSQL behind a pool of threads, each with a psycopg connection and patience for conflicts."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import SystemRandom
from typing import Final, Literal, Self, TypeVar
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.columns import install_keyring
from storage.database.engines import postgres_engine
from storage.database.errors import explained, is_passing
from storage.database.holds import Holds
from storage.database.outcome import attempt, unwrap
from storage.encryption import Keyring

T = TypeVar("T")

_CONNECTIONS = 8
_ATTEMPTS = 8
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 1.0


class PostgresBackend:
    """A server shared by many replicas: READ COMMITTED, with row locks where a function asks for them.

    A whole function is tried again on a serialization failure, a deadlock or a lost connection, so it may run
    more than once but commits at most once, with one exception: a connection lost while COMMIT is under way
    leaves open whether it committed, and it is tried again. That is safe for work that must not happen twice
    because such work claims its event id in the same transaction and finds it claimed the second time.
    """

    dialect: Final[Literal["sqlite", "postgresql"]] = "postgresql"

    def __init__(self, url: URL, keyring: Keyring) -> None:
        self._writing = postgres_engine(url, connections=_CONNECTIONS)
        install_keyring(self._writing.dialect, keyring)
        self._reading = self._writing.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._holds = Holds(url)
        self._threads = ThreadPoolExecutor(_CONNECTIONS, "postgres")
        self._closing = threading.Event()
        self._random = SystemRandom()

    @classmethod
    async def open(cls, url: URL, keyring: Keyring) -> Self:
        """Connect once to see that the server answers; DatabaseUnavailable when it does not."""
        backend = cls(url, keyring)
        try:
            await backend.read(lambda session: session.connection())
        except BaseException:
            await backend.close()
            raise
        return backend

    async def run(self, work: Callable[[Session], T]) -> T:
        """Run and commit on one of the threads; a cancelled call may still run and commit."""
        return await self._in_thread(self._writing, work)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run over one snapshot of the database, read-only."""
        return await self._in_thread(self._reading, work)

    async def take(self, key: UUID) -> bool:
        """Whether no other process holds `key`, and this one does from now on."""
        return await self._holds.take(key)

    async def let_go(self, key: UUID) -> None:
        """Leave `key` to others."""
        await self._holds.let_go(key)

    async def lead(self) -> bool:
        """Whether this process leads: it does from now on when no other process does."""
        return await self._holds.lead()

    async def close(self) -> None:
        """Finish what is running, then close the connections."""
        self._closing.set()
        await asyncio.to_thread(self._threads.shutdown)
        await self._holds.close()
        self._writing.dispose()

    async def _in_thread(self, engine: Engine, work: Callable[[Session], T]) -> T:
        loop = asyncio.get_running_loop()
        return unwrap(await loop.run_in_executor(self._threads, attempt, lambda: self._persist(engine, work)))

    def _persist(self, engine: Engine, work: Callable[[Session], T]) -> T:
        pause = _FIRST_PAUSE_SECONDS
        attempts_left = _ATTEMPTS
        while True:
            attempts_left -= 1
            try:
                with Session(engine, expire_on_commit=False) as session, session.begin():
                    return work(session)
            except DBAPIError as error:
                if not is_passing(error) or not attempts_left or self._closing.is_set():
                    raise explained(error) from error.__cause__
            self._closing.wait(pause * self._random.uniform(0.5, 1.5))
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
