"""What column types keep and refuse, on SQLite and PostgreSQL alike."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, Table, create_engine, insert, select, text, update
from sqlalchemy import Integer as IntegerType
from sqlalchemy.exc import StatementError
from sqlmodel import Session

from storage.columns import EncryptedBytes, EncryptedText, UtcDateTime, string_enum
from storage.database import Database, parse_url
from storage.encryption import DecryptionError, Keyring, generate_key


class Ending(StrEnum):
    COMPLETED = "completed"
    STOPPED_EARLY = "stopped early"


metadata = MetaData()
sample = Table(
    "sample",
    metadata,
    Column("id", IntegerType, primary_key=True),
    Column("at", UtcDateTime),
    Column("ending", string_enum(Ending)),
    Column("name", EncryptedText("sample.name")),
    Column("photo", EncryptedBytes("sample.photo")),
)
raw = Table(
    "sample", MetaData(), Column("id", IntegerType), Column("name", LargeBinary), Column("photo", LargeBinary)
)

Row = dict[str, object]


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(
    request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring
) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'sample.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = create_engine(parse_url(url))
    metadata.create_all(engine)
    engine.dispose()
    opened = await Database.open(url, keyring)
    yield opened
    await opened.close()


def keep(session: Session, /, **values: object) -> None:
    session.connection().execute(insert(sample).values(**values))


def kept(session: Session) -> list[Row]:
    rows = session.connection().execute(select(sample).order_by(sample.c.at))
    return [dict(row) for row in rows.mappings()]


async def test_a_time_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    there = datetime(2025, 3, 1, 9, 0, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    await database.run(keep, at=there)
    [row] = await database.read(kept)
    assert row["at"] == there
    assert isinstance(row["at"], datetime)
    assert row["at"].tzinfo is UTC


async def test_times_sort_and_compare_as_moments(database: Database) -> None:
    moments = [
        datetime(999, 12, 31, tzinfo=UTC),
        datetime(2025, 3, 1, 9, tzinfo=UTC),
        datetime(2025, 3, 1, 9, 0, 0, 1, tzinfo=UTC),
        datetime(2025, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=1))),
        datetime(2025, 3, 1, 9, 31, tzinfo=UTC),
    ]
    for moment in reversed(moments):
        await database.run(keep, at=moment)

    def at_or_after(session: Session, moment: datetime) -> int:
        return len(session.connection().execute(select(sample).where(sample.c.at >= moment)).all())

    assert [row["at"] for row in await database.read(kept)] == moments
    assert await database.read(at_or_after, moments[3]) == 2


async def test_a_time_without_an_offset_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="2025-03-01T09:00:00") as caught:
        await database.run(keep, at=datetime(2025, 3, 1, 9))
    assert isinstance(caught.value.orig, ValueError)


async def test_sqlite_itself_understands_the_stored_time(tmp_path: Path, keyring: Keyring) -> None:
    url = f"sqlite:///{tmp_path / 'sample.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(insert(sample).values(at=datetime(2025, 3, 1, 9, tzinfo=UTC)))
        seconds = connection.execute(text("SELECT strftime('%s', at) FROM sample")).scalar_one()
    engine.dispose()
    assert int(seconds) == datetime(2025, 3, 1, 9, tzinfo=UTC).timestamp()


async def test_an_enum_is_stored_as_its_value(database: Database) -> None:
    await database.run(keep, ending=Ending.STOPPED_EARLY)

    def stored(session: Session) -> object:
        return session.connection().execute(text("SELECT ending FROM sample")).scalar_one()

    assert await database.read(stored) == "stopped early"
    [row] = await database.read(kept)
    assert row["ending"] is Ending.STOPPED_EARLY


async def test_a_word_outside_the_enum_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="never"):
        await database.run(keep, ending="never")


def test_an_enum_value_too_long_for_its_column_is_refused() -> None:
    class Long(StrEnum):
        VALUE = "x" * 33

    with pytest.raises(ValueError, match="Long"):
        string_enum(Long)


async def test_personal_data_is_not_in_the_database(database: Database) -> None:
    await database.run(keep, name="Ana Núñez 🙂", photo=b"\x00picture")

    def stored(session: Session) -> bytes:
        name, photo = session.connection().execute(select(raw.c.name, raw.c.photo)).one()
        return bytes(name) + bytes(photo)

    sealed = await database.read(stored)
    assert b"Ana" not in sealed
    assert b"picture" not in sealed
    [row] = await database.read(kept)
    assert (row["name"], row["photo"]) == ("Ana Núñez 🙂", b"\x00picture")


async def test_text_that_is_not_valid_unicode_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="surrogates"):
        await database.run(keep, name="\ud800")


async def test_nothing_stays_nothing(database: Database) -> None:
    await database.run(keep, at=None, ending=None, name=None, photo=None)

    def empty(session: Session) -> int:
        return len(session.connection().execute(select(raw).where(raw.c.name.is_(None))).all())

    assert await database.read(empty) == 1
    [row] = await database.read(kept)
    assert [row[column] for column in ("at", "ending", "name", "photo")] == [None] * 4


async def test_a_sealed_value_copied_to_another_column_does_not_open(database: Database) -> None:
    await database.run(keep, name="Ana")

    def copy(session: Session) -> None:
        session.connection().execute(update(raw).values(photo=raw.c.name))

    await database.run(copy)
    with pytest.raises(DecryptionError, match=r"sample\.photo"):
        await database.read(kept)


async def test_two_databases_with_different_keys_live_side_by_side(
    tmp_path: Path, new_postgres: Callable[[], str]
) -> None:
    urls = [
        f"sqlite:///{tmp_path / 'one.db'}",
        f"sqlite:///{tmp_path / 'two.db'}",
        new_postgres(),
        new_postgres(),
    ]
    databases = [await Database.open(url, Keyring([generate_key()])) for url in urls]
    for number, database in enumerate(databases):
        await database.run(lambda session: metadata.create_all(session.connection()))
        await database.run(keep, name=f"Ana {number}")
    for number, database in enumerate(databases):
        [row] = await database.read(kept)
        assert row["name"] == f"Ana {number}"
    for database in databases:
        await database.close()


async def test_a_database_opened_with_another_key_does_not_show_the_data(
    tmp_path: Path, keyring: Keyring
) -> None:
    url = f"sqlite:///{tmp_path / 'sample.db'}"
    database = await Database.open(url, keyring)
    await database.run(lambda session: metadata.create_all(session.connection()))
    await database.run(keep, name="Ana")
    await database.close()

    stranger = await Database.open(url, Keyring([generate_key()]))
    with pytest.raises(DecryptionError, match=r"sample\.name"):
        await stranger.read(kept)
    await stranger.close()


def test_an_engine_without_a_keyring_refuses_personal_data() -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection, pytest.raises(StatementError, match="keyring"):
        connection.execute(insert(sample).values(name="Ana"))
    engine.dispose()
