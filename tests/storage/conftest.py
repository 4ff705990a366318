"""Storage tests run on SQLite and PostgreSQL alike."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from storage.database import Database, parse_url
from storage.encryption import Keyring, generate_key
from storage.tables import Table


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring([generate_key()])


@pytest.fixture(scope="session")
def postgres_template(new_postgres: Callable[[str], str]) -> str:
    url = new_postgres("template1")
    engine = create_engine(parse_url(url))
    Table.metadata.create_all(engine)
    engine.dispose()
    name = make_url(url).database
    assert name is not None
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables and no rows."""
    if request.param == "postgresql":
        template = request.getfixturevalue("postgres_template")
        new_postgres: Callable[[str], str] = request.getfixturevalue("new_postgres")
        return new_postgres(template)
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    engine = create_engine(url)
    Table.metadata.create_all(engine)
    engine.dispose()
    return url


@pytest.fixture
async def database(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, keyring)
    yield opened
    await opened.close()
