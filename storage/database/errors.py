"""Which errors of the two drivers are no bug of ours, and which of them are worth another attempt at once."""

import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError

_SQLITE_TRY_LATER = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    )
)
_POSTGRES_CONFLICTS = frozenset(("40001", "40P01"))  # serialization failure, deadlock
_POSTGRES_TRY_LATER = frozenset(
    (
        "55P03",  # a lock was not had in time
        "57014",  # a statement took too long
        "53100",  # disk full
        "53200",  # out of memory
        "53300",  # too many connections
        "57P01",  # shutting down
        "57P02",  # crashed
        "57P03",  # starting up
    )
)


class DatabaseUnavailable(Exception):
    """The database cannot take work now: unreachable, locked past the timeout, or its disk is full.

    The work asked for may be tried again later as it is. It has not been committed, with one exception: when
    the connection breaks during COMMIT nobody can know, and work that must not happen twice claims its event
    id in the same transaction.
    """


def is_passing(error: DBAPIError) -> bool:
    """Whether the whole transaction may well succeed when repeated now: a conflict or a lost connection."""
    unreachable = isinstance(error, OperationalError) and _sqlstate(error) is None
    return error.connection_invalidated or unreachable or _sqlstate(error) in _POSTGRES_CONFLICTS


def explained(error: BaseException) -> BaseException:
    """Return a DatabaseUnavailable in place of a driver's error that means just that, else the error."""
    if not isinstance(error, DBAPIError) or not _passes_later(error):
        return error
    unavailable = DatabaseUnavailable(f"the database cannot be used now: {' '.join(str(error.orig).split())}")
    unavailable.__cause__ = error
    return unavailable


def _passes_later(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE_TRY_LATER
    return is_passing(error) or _sqlstate(error) in _POSTGRES_TRY_LATER


def _sqlstate(error: DBAPIError) -> str | None:
    """What PostgreSQL calls the error; read without psycopg, which nobody imports for a SQLite file."""
    return getattr(error.orig, "sqlstate", None)
