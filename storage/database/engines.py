"""Engines for the two databases we speak, set up the way every connection has to be."""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic, sleep
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

if TYPE_CHECKING:
    from psycopg import Connection as PostgresConnection

_POSTGRES_CONNECT = {
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "tcp_user_timeout": "20000",
    "application_name": "labvoice",
}
# Whoever dies with their machine in the middle of a transaction holds its rows no longer than others wait.
_POSTGRES_LIMITS = """
SET lock_timeout = '10s'; SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '8s'
"""


def parse_url(url: str) -> URL:
    """Read a DATABASE_URL; ValueError, in one line that repeats no password, when it is neither of ours."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError("the database URL cannot be read; it looks like sqlite:///labvoice.db") from None
    if parsed.drivername == "sqlite":
        if parsed.database in (None, "", ":memory:") or parsed.host:
            raise ValueError("the SQLite database must be a file, such as sqlite:///labvoice.db")
        return parsed
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError("the database URL must begin with sqlite:/// or postgresql://")


def sqlite_engine(
    url: URL,
    *,
    begin: str,
    busy_seconds: float,
    connections: int = 1,
    query_only: bool = False,
    foreign_keys: bool = True,
) -> Engine:
    """Return an engine for a file in WAL mode, durable at each commit; transactions start with `begin`.

    A new file, and what SQLite lays beside it, is its owner's alone; what is deleted is overwritten.
    """
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": busy_seconds, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "do_connect")
    def keep_private(*_: object) -> None:
        _create_private(url.database or "")

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        _enter_wal(connection, busy_seconds)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        connection.execute(f"PRAGMA query_only = {'ON' if query_only else 'OFF'}")

    @event.listens_for(engine, "begin")
    def start_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def postgres_engine(url: URL, *, connections: int = 1, limits: bool = True) -> Engine:
    """Return an engine whose connections notice a dead server and, with `limits`, never wait for ever."""
    return _postgres_engine(url, connections, _POSTGRES_LIMITS if limits else "")


def holding_engine(url: URL, silence_ms: int) -> Engine:
    """Return an engine for the one connection a process holds locks on.

    It is lost after `silence_ms`: the server ends it when nothing is asked on it, with which the locks are
    free, and this side when what is asked does not arrive.
    """
    session = f"{_POSTGRES_LIMITS}; SET idle_session_timeout = {silence_ms}"
    return _postgres_engine(url, 1, session, {"tcp_user_timeout": str(silence_ms)})


def _postgres_engine(
    url: URL, connections: int, session: str, connect: Mapping[str, str] = MappingProxyType({})
) -> Engine:
    usual = {name: value for name, value in _POSTGRES_CONNECT.items() if name not in url.query}
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        connect_args={**usual, **connect},
    )
    if session:

        @event.listens_for(engine, "connect")
        def set_up(connection: "PostgresConnection", _record: object) -> None:
            connection.autocommit = True
            connection.execute(session)
            connection.autocommit = False

    return engine


def _create_private(file: str) -> None:
    """Create the file empty, as SQLite takes a new database, which itself would let every user read it."""
    with suppress(OSError):  # it is there already, or SQLite will say what is wrong
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _enter_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch to WAL, waiting for others who do the same, which SQLite's own timeout does not cover."""
    give_up = monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > give_up:
                raise
            sleep(0.01)
        else:
            return
