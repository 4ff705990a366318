"""The shape of the database over time: bring it to the newest migration, and say where it stands."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.database.engines import parse_url, postgres_engine, sqlite_engine
from storage.database.errors import explained

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).with_name("migrations")
_PATIENCE_SECONDS = 120.0
_LOCK = int.from_bytes(b"labvoice")


class SchemaError(Exception):
    """The database cannot be brought to the newest migration; the message is one line for people."""


def newest_revision() -> str:
    """Return the migration this version of the program needs: the number of the last file."""
    files = sorted(file.name for file in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    if not files:
        raise SchemaError(f"there are no migrations in {_MIGRATIONS}")
    return files[-1].partition("_")[0]


def current_revision(session: Session) -> str | None:
    """Return the migration the database stands at, None when it is empty; for `database.read`."""
    return _revision(session.connection())


def config(connection: Connection | None = None) -> "Config":
    """Return what Alembic's commands, such as `check` or `revision`, need to work over this connection."""
    from alembic.config import Config

    # Its own default is what stood in for the terminal at the first import, which may be long closed.
    settings = Config(stdout=sys.stdout, attributes={"connection": connection})
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.set_main_option("truncate_slug_length", "80")
    return settings


def upgrade(url: str) -> bool:
    """Bring the database to the newest migration; True when there was something to do.

    One process at a time does it and the others wait. All missing migrations are one transaction: after an
    error the database is as it was. Blocks, so call it on a thread. ValueError when the URL is not usable,
    SchemaError when a newer version of the program was here, DatabaseUnavailable as in `Database.open`.
    """
    engine = _engine(parse_url(url))
    try:
        with engine.connect() as connection, connection.begin():
            return _upgrade(connection)
    except DBAPIError as error:
        raise explained(error) from error.__cause__
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> bool:
    """Do the work under a lock that the end of the transaction lets go."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = _revision(connection)
    if before == newest_revision():
        return False
    # Alembic takes 9 MB and a tenth of a second, and most starts have no use for it.
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(config(connection), "head")
    except CommandError:
        raise SchemaError(
            f"the database stands at migration {before}, which this version of the program does not know; "
            "it was used with a newer version, or another program's database is meant"
        ) from None
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise SchemaError(f"the migration would leave {len(broken)} rows that refer to missing ones")
    return True


def _revision(connection: Connection) -> str | None:
    """Where Alembic noted that the database stands."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _engine(url: URL) -> Engine:
    """Return an engine for migrations: patient and, on SQLite, able to rebuild a table others refer to."""
    if url.get_backend_name() == "sqlite":
        return sqlite_engine(url, begin="BEGIN IMMEDIATE", busy_seconds=_PATIENCE_SECONDS, foreign_keys=False)
    return postgres_engine(url, limits=False)
