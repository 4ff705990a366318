"""Having something to oneself among all the processes that use one PostgreSQL database."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from storage.database.engines import holding_engine
from storage.database.errors import DatabaseUnavailable, explained
from storage.database.outcome import attempt, unwrap

log = logging.getLogger(__name__)

T = TypeVar("T")

SILENCE_SECONDS = 3.0
_SIGN_OF_LIFE_SECONDS = 1.0
LEAD = int.from_bytes(b"the lead")  # positive, as no number of an id is
_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_LET_GO = text("SELECT pg_advisory_unlock(:key)")
_SIGN_OF_LIFE = text("SELECT 1")


class Holds:
    """Advisory locks of one connection: PostgreSQL lets go of them all when the process, or it, ends.

    So it does for a process that shows no sign of life for SILENCE_SECONDS, because its machine or the way
    to it is dead, or because its event loop stands still: a sign of life is given from there.
    """

    def __init__(self, url: URL) -> None:
        engine = holding_engine(url, int(SILENCE_SECONDS * 1000))
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._thread = ThreadPoolExecutor(1, "postgres-holds")
        self._connection: Connection | None = None
        self._leads = False
        self._showing_life = asyncio.create_task(self._show_life(), name="sign of life")

    async def take(self, key: UUID) -> bool:
        """Take `key` unless another process holds it; whether it was taken. DatabaseUnavailable as usual."""
        return await self._in_thread(lambda: bool(self._connected().scalar(_TAKE, {"key": _number(key)})))

    async def let_go(self, key: UUID) -> None:
        """Let go of `key`; where the connection was lost meanwhile, that is done already."""
        await self._in_thread(
            lambda: self._connection and self._connection.scalar(_LET_GO, {"key": _number(key)})
        )

    async def lead(self) -> bool:
        """Whether this process has the lead, or gets it now because nobody has.

        It is known from the server each time: whoever lost the connection, and with it the lead, is told.
        """
        return await self._in_thread(self._lead)

    async def close(self) -> None:
        """Let go of everything."""
        self._showing_life.cancel()
        await asyncio.gather(self._showing_life, return_exceptions=True)
        await self._in_thread(self._disconnect)
        self._thread.shutdown()
        self._engine.dispose()

    def _lead(self) -> bool:
        if self._leads:
            self._connected().execute(_SIGN_OF_LIFE)
        else:
            self._leads = bool(self._connected().scalar(_TAKE, {"key": LEAD}))
        return self._leads

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._leads = False
        if connection is not None:
            connection.close()

    async def _show_life(self) -> None:
        while True:
            await asyncio.sleep(_SIGN_OF_LIFE_SECONDS)
            try:
                await self._in_thread(lambda: self._connection and self._connection.execute(_SIGN_OF_LIFE))
            except DatabaseUnavailable:
                continue  # whoever asks for something next is told
            except Exception:  # a process without it loses all it holds, again and again
                log.exception("no sign of life can be given to the database")

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
