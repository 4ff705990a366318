"""What tests of every folder may use: a database of each kind, PostgreSQL being a real one."""

import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from subprocess import SubprocessError

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from storage.database import Database
from storage.encryption import Keyring, generate_key
from storage.schema import upgrade
from storage.tables import Table
from tests.stage.postgres import postgres
from tests.stage.unpaced import Unpaced

# The same examples in every run: a red test is red for everybody. `make fuzz` looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(autouse=True)
def log_unfiltered() -> Iterator[None]:
    """Filters a test puts on pytest's own handlers, which last a whole run, go when it ends."""
    before = [(handler, handler.filters[:]) for handler in logging.getLogger().handlers]
    yield
    for handler, filters in before:
        handler.filters[:] = filters


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server; its data lives and dies under the temporary folder."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(postgres())
        except (ImportError, OSError, RuntimeError, SubprocessError) as error:
            if os.environ.get("LABVOICE_TESTS_MUST_NOT_SKIP") == "1":
                raise
            pytest.skip(f"PostgreSQL does not start here: {type(error).__name__}: {error}")
        running.without_waiting_for_the_disk()
        yield running.url


@pytest.fixture(scope="session")
def new_postgres(postgres_server: str) -> Callable[[], str]:
    """Make a new, empty PostgreSQL database and return its URL."""
    numbers = count(1)

    def create() -> str:
        name = f"labvoice_{next(numbers)}"
        _execute(postgres_server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return postgres_server.replace("/postgres?", f"/{name}?")

    return create


# Making a database writes eight megabytes; emptying one that is there takes a hundredth of the time.


@pytest.fixture(scope="session")
def postgres_without_tables(new_postgres: Callable[[], str]) -> str:
    return new_postgres()


@pytest.fixture(scope="session")
def postgres_with_tables(new_postgres: Callable[[], str]) -> str:
    url = new_postgres()
    upgrade(url)
    return url


@pytest.fixture
def postgres_url(postgres_without_tables: str) -> str:
    """The URL of an empty PostgreSQL database."""
    _execute(postgres_without_tables, sql.SQL("DROP SCHEMA public CASCADE"), sql.SQL("CREATE SCHEMA public"))
    return postgres_without_tables


def _execute(url: str, *statements: sql.SQL | sql.Composed) -> None:
    """Run statements by themselves, on a database nobody else is connected to any more."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is soon kept is kept before Slack is answered, however busy the machine is."""
    monkeypatch.setattr("handlers.slack.collaborators._MOMENT", 10.0)


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a second for the bot's next message."""
    monkeypatch.setattr("handlers.telegram.Pace", Unpaced)


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring([generate_key()])


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "labvoice.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'labvoice.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database at the newest migration, without rows."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "labvoice.db")
        return f"sqlite:///{copy}"
    url: str = request.getfixturevalue("postgres_with_tables")
    rows = [
        sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)) for table in Table.metadata.sorted_tables
    ]
    # Without triggers: some refuse that anything is deleted.
    _execute(url, sql.SQL("SET session_replication_role = replica"), *reversed(rows))
    return url


@pytest.fixture
async def database(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, keyring)
    yield opened
    await opened.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-transcripts", action="store_true", help="write transcripts as they sound now")
    parser.addoption("--forged", type=int, default=600, help="how many forged requests are sent")
    parser.addoption(
        "--cases", type=int, default=100, help="how many requests are made from the OpenAPI document"
    )
    parser.addoption("--seed", type=int, default=1, help="the forger's seed")
