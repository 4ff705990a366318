"""Migrations: they lead to the tables, once, wherever and however often they are started."""

import ast
import asyncio
import io
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Engine,
    LargeBinary,
    Uuid,
    column,
    create_engine,
    insert,
    inspect,
    table,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine
from sqlmodel import Session, select

from storage.columns import UtcDateTime
from storage.database import Database, DatabaseUnavailable, parse_url
from storage.encryption import Keyring
from storage.schema import SchemaError, config, current_revision, newest_revision, upgrade
from storage.tables import Outbox


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    engine = create_engine(parse_url(empty_url))
    yield engine
    engine.dispose()


@pytest.fixture
def more_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations, to which a test may add; returns their folder."""
    folder = tmp_path / "migrations"
    shutil.copytree(str(files("storage") / "migrations"), folder)
    monkeypatch.setattr("storage.schema._MIGRATIONS", folder)
    return folder / "versions"


def write_revision(folder: Path, *steps: str) -> None:
    lines = [
        "import sqlalchemy as sa",
        "from alembic import op",
        "revision = '9000'",
        f"down_revision = {newest_revision()!r}",
        "def upgrade():",
        *(f"    {step}" for step in steps),
    ]
    (folder / "9000_next.py").write_text("\n".join(lines))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_an_empty_database_is_brought_to_the_newest_migration(empty_url: str, keyring: Keyring) -> None:
    database = await Database.open(empty_url, keyring)
    assert await database.read(current_revision) is None
    assert await asyncio.to_thread(upgrade, empty_url) is True
    assert await database.read(current_revision) == newest_revision()
    assert await asyncio.to_thread(upgrade, empty_url) is False
    await database.close()


def test_the_newest_migration_is_that_of_the_last_file() -> None:
    assert newest_revision() == ScriptDirectory.from_config(config()).get_current_head()


def test_migrations_lead_exactly_to_the_tables(empty_url: str, engine: Engine) -> None:
    upgrade(empty_url)
    with engine.begin() as connection:
        command.check(config(connection))


def test_a_command_speaks_to_the_terminal_of_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    config()
    monkeypatch.setattr(sys, "stdout", now := io.StringIO())
    config().print_stdout("No new upgrade operations detected.")
    assert now.getvalue() == "No new upgrade operations detected.\n"


UPGRADE = """
import asyncio, sys
from storage.database import Database
from storage.encryption import Keyring, generate_key
from storage.schema import current_revision, upgrade

async def open_as_run_does(url: str) -> str | None:
    await asyncio.to_thread(upgrade, url)
    database = await Database.open(url, Keyring([generate_key()]))
    revision = await database.read(current_revision)
    await database.close()
    return revision

print(asyncio.run(open_as_run_does(sys.argv[1])))
"""


async def test_processes_that_start_at_once_all_succeed(empty_url: str) -> None:
    starting = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", UPGRADE, empty_url, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    answers = await asyncio.gather(*(process.communicate() for process in starting))
    assert [out.decode().strip() for out, _ in answers] == [newest_revision()] * 3


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    empty_url: str, engine: Engine, more_migrations: Path
) -> None:
    write_revision(
        more_migrations, "op.create_table('extra', sa.Column('id', sa.Integer))", "op.execute('SELEKT')"
    )
    with pytest.raises(DBAPIError):
        upgrade(empty_url)
    with engine.connect() as connection:
        assert tables(connection) == set()


def test_a_table_others_refer_to_can_be_rebuilt(
    empty_url: str, engine: Engine, more_migrations: Path
) -> None:
    upgrade(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY, site TEXT)"))
        connection.execute(text("CREATE TABLE child (id INTEGER REFERENCES parent ON DELETE CASCADE)"))
        connection.execute(text("INSERT INTO parent VALUES (1, 'main')"))
        connection.execute(text("INSERT INTO child VALUES (1)"))
    write_revision(
        more_migrations,
        "with op.batch_alter_table('parent') as batch:",
        "    batch.alter_column('site', nullable=False)",
    )
    assert upgrade(empty_url) is True
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id, site FROM parent")).one() == (1, "main")
        assert connection.execute(text("SELECT id FROM child")).scalar_one() == 1


def test_a_migration_that_breaks_references_is_refused(tmp_path: Path, more_migrations: Path) -> None:
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    write_revision(
        more_migrations,
        "op.execute('CREATE TABLE parent (id INTEGER PRIMARY KEY)')",
        "op.execute('CREATE TABLE child (id INTEGER REFERENCES parent)')",
        "op.execute('INSERT INTO child VALUES (1)')",
    )
    with pytest.raises(SchemaError, match="1 row"):
        upgrade(url)


def test_a_database_of_a_newer_version_is_refused_in_one_line(empty_url: str, engine: Engine) -> None:
    upgrade(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="9999") as caught:
        upgrade(empty_url)
    assert "\n" not in str(caught.value)


def test_a_database_out_of_reach_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        upgrade(f"sqlite:///{tmp_path / 'missing' / 'labvoice.db'}")


def test_a_folder_without_migrations_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.schema._MIGRATIONS", tmp_path)
    with pytest.raises(SchemaError, match="no migrations"):
        newest_revision()


def test_migrations_come_with_the_package() -> None:
    migrations = files("storage") / "migrations"
    assert (migrations / "env.py").is_file()
    assert (migrations / "script.py.mako").is_file()
    assert any(entry.name.startswith("0001_") for entry in (migrations / "versions").iterdir())


def test_every_migration_is_named_by_a_sentence() -> None:
    for entry in (files("storage") / "migrations" / "versions").iterdir():
        if entry.name.endswith(".py"):
            sentence = ast.get_docstring(ast.parse(entry.read_text())) or ""
            assert sentence[:1].isupper(), entry.name
            assert sentence.endswith("."), entry.name
            assert " " in sentence, entry.name


def test_after_the_upgrade_what_shows_a_complaint_is_kept_as_long_as_it(
    empty_url: str, engine: Engine
) -> None:
    complaint, room, at = uuid4(), uuid4(), datetime(2026, 11, 2, 9, tzinfo=UTC)
    with engine.begin() as connection:
        command.upgrade(config(connection), "0005")
        _insert(
            connection,
            "contact",
            id=room,
            channel="slack",
            kind="room",
            address_hash=b"hash",
            address=b"sealed",
            locale="en",
            created_at=at,
            forget=False,
        )
        _insert(
            connection,
            "complaint",
            id=complaint,
            number="C-2026-000001",
            status="received",
            category="specimen",
            phase="general",
            severity="minor",
            channel="slack",
            words=b"sealed",
            may_contact=True,
            received_at=at,
        )
        for slot in (f"complaint:{complaint}", "question"):
            _insert(
                connection,
                "outbox",
                id=uuid4(),
                contact_id=room,
                slot=slot,
                status="sent",
                created_at=at,
                due_at=at,
                attempts=1,
            )
    upgrade(empty_url)
    with Session(engine) as session:
        kept = session.exec(select(Outbox.slot, Outbox.complaint_id)).all()
    assert set(kept) == {(f"complaint:{complaint}", complaint), ("question", None)}


def _insert(connection: Connection, into: str, **values: str | int | bytes | datetime | UUID) -> None:
    types: dict[type, TypeEngine[Any]] = {UUID: Uuid(), datetime: UtcDateTime(), bytes: LargeBinary()}
    columns = [column(name, types.get(type(value))) for name, value in values.items()]
    connection.execute(insert(table(into, *columns)).values(**values))
