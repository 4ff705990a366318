"""Storage tests run on SQLite and PostgreSQL alike."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from storage.database import Database
from storage.encryption import Keyring, generate_key
from storage.schema import upgrade


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring([generate_key()])


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "labvoice.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(new_postgres: Callable[[str], str]) -> str:
    url = new_postgres("template1")
    upgrade(url)
    name = make_url(url).database
    assert name is not None
    return name


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
    new_postgres: Callable[[str], str] = request.getfixturevalue("new_postgres")
    return new_postgres(request.getfixturevalue("postgres_template"))


@pytest.fixture
async def database(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, keyring)
    yield opened
    await opened.close()
