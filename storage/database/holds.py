"""Having something to oneself among all the processes that use one PostgreSQL database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from storage.database.errors import explained
from storage.database.outcome import attempt, unwrap

T = TypeVar("T")

_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_LET_GO = text("SELECT pg_advisory_unlock(:key)")


class Holds:
    """Advisory locks of one connection: PostgreSQL lets go of them all when the process, or it, ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._thread = ThreadPoolExecutor(1, "postgres-holds")
        self._connection: Connection | None = None

    async def take(self, key: UUID) -> bool:
        """Take `key` unless another process holds it; whether it was taken. DatabaseUnavailable as usual."""
        return await self._in_thread(lambda: bool(self._connected().scalar(_TAKE, {"key": _number(key)})))

    async def let_go(self, key: UUID) -> None:
        """Let go of `key`; where the connection was lost meanwhile, that is done already."""
        await self._in_thread(
            lambda: self._connection and self._connection.scalar(_LET_GO, {"key": _number(key)})
        )

    async def close(self) -> None:
        """Let go of everything."""
        await self._in_thread(self._disconnect)
        self._thread.shutdown()
        self._engine.dispose()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return unwrap(
            await asyncio.get_running_loop().run_in_executor(self._thread, attempt, lambda: self._do(work))
        )

    def _do(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except DBAPIError as error:
            self._disconnect()
            raise explained(error) from error.__cause__


def _number(key: UUID) -> int:
    """The half of an id that is random in a UUIDv7, as PostgreSQL numbers its locks."""
    return int.from_bytes(key.bytes[8:], signed=True)
