"""What is particular to SQLite: one writer, commits in groups, one file shared with other processes."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, text

from storage.database import Database, DatabaseUnavailable
from storage.encryption import Keyring


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "words.db"


@pytest.fixture
async def database(file: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr("storage.database.sqlite._BUSY_SECONDS", 0.05)
    monkeypatch.setattr("storage.database.sqlite._GROUP_SECONDS", 60)
    opened = await Database.open(f"sqlite:///{file}", keyring)
    await opened.run(run_sql, "CREATE TABLE word (word TEXT PRIMARY KEY, after TEXT REFERENCES word)")
    yield opened
    await opened.close()


@pytest.fixture
def commits() -> Iterator[list[str]]:
    """One entry for every commit of any engine."""
    seen: list[str] = []

    def note(_connection: object) -> None:
        seen.append("commit")

    event.listen(Engine, "commit", note)
    yield seen
    event.remove(Engine, "commit", note)


def run_sql(session: Session, statement: str) -> None:
    session.connection().execute(text(statement))


def say(session: Session, word: str) -> str:
    session.connection().execute(text("INSERT INTO word (word) VALUES (:word)"), {"word": word})
    return word


def said(session: Session) -> list[str]:
    return list(session.connection().execute(text("SELECT word FROM word ORDER BY word")).scalars())


class Hold:
    """A function that keeps the writer busy until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, session: Session) -> None:
        self.begun.set()
        assert self.let_go.wait(10)


async def hold(database: Database) -> tuple[Hold, "asyncio.Task[None]"]:
    holding = Hold()
    task = asyncio.create_task(database.run(holding))
    await asyncio.to_thread(holding.begun.wait, 10)
    return holding, task


async def test_functions_that_wait_together_share_commits(database: Database, commits: list[str]) -> None:
    holding, held = await hold(database)
    waiting = [asyncio.create_task(database.run(say, f"word {number:03}")) for number in range(200)]
    await asyncio.sleep(0)
    commits.clear()
    holding.let_go.set()
    await asyncio.gather(held, *waiting)
    assert len(commits) == 1
    assert len(await database.read(said)) == 200


async def test_a_group_is_bounded(
    database: Database, commits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.sqlite._GROUP_SIZE", 10)
    holding, held = await hold(database)
    waiting = [asyncio.create_task(database.run(say, f"word {number:03}")) for number in range(99)]
    await asyncio.sleep(0)
    commits.clear()
    holding.let_go.set()
    await asyncio.gather(held, *waiting)
    assert len(commits) == 10


async def test_a_group_does_not_keep_the_first_waiting_for_long(
    database: Database, commits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.sqlite._GROUP_SECONDS", 0)
    holding, held = await hold(database)
    waiting = [asyncio.create_task(database.run(say, f"word {number}")) for number in range(3)]
    await asyncio.sleep(0)
    commits.clear()
    holding.let_go.set()
    await asyncio.gather(held, *waiting)
    assert len(commits) == 4


async def test_callers_of_a_group_are_resumed_together(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding, held = await hold(database)
    waiting = [asyncio.create_task(database.run(say, f"word {number:02}")) for number in range(50)]
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    wake_ups: list[object] = []
    original = loop.call_soon_threadsafe

    def counting(callback: object, *args: object, **kwargs: object) -> asyncio.Handle:
        wake_ups.append(callback)
        return original(callback, *args, **kwargs)  # type: ignore[arg-type]  # passed on unseen

    monkeypatch.setattr(loop, "call_soon_threadsafe", counting)
    holding.let_go.set()
    await asyncio.gather(held, *waiting)
    assert len(wake_ups) == 1


async def test_a_caller_who_gives_up_in_the_queue_is_never_run(database: Database) -> None:
    holding, held = await hold(database)
    waiting = [asyncio.create_task(database.run(say, f"word {number}")) for number in range(4)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[2].cancel()
    await asyncio.wait([waiting[0], waiting[2]])
    holding.let_go.set()
    await asyncio.gather(held, waiting[1], waiting[3])
    assert await database.read(said) == ["word 1", "word 3"]


async def test_a_failing_commit_fails_every_caller_of_the_group_who_had_not_failed(
    database: Database,
) -> None:
    def break_the_commit(session: Session) -> None:
        run_sql(session, "PRAGMA defer_foreign_keys = ON")
        run_sql(session, "INSERT INTO word VALUES ('b', 'no such word')")

    def misspell(session: Session) -> None:
        run_sql(session, "SELEKT 1")

    holding, held = await hold(database)
    waiting = [
        asyncio.create_task(database.run(say, "a")),
        asyncio.create_task(database.run(break_the_commit)),
        asyncio.create_task(database.run(say, "c")),
        asyncio.create_task(database.run(misspell)),
    ]
    await asyncio.sleep(0)
    holding.let_go.set()
    outcomes = await asyncio.gather(held, *waiting, return_exceptions=True)
    errors = [IntegrityError, IntegrityError, IntegrityError, IntegrityError, OperationalError]
    assert [type(outcome) for outcome in outcomes] == errors
    await database.run(say, "d")
    assert await database.read(said) == ["d"]


async def test_a_full_disk_means_try_later(database: Database) -> None:
    await database.run(run_sql, "PRAGMA max_page_count = 8")
    with pytest.raises(DatabaseUnavailable, match="full"):
        await database.run(say, "x" * 1_000_000)
    await database.run(run_sql, "PRAGMA max_page_count = 1000000")
    await database.run(say, "a")
    assert await database.read(said) == ["a"]


async def test_a_transaction_sqlite_gave_up_fails_the_group_and_nothing_else(database: Database) -> None:
    def lose_the_transaction(session: Session) -> None:
        run_sql(session, "ROLLBACK")
        raise OSError

    holding, held = await hold(database)
    waiting = [
        asyncio.create_task(database.run(say, "a")),
        asyncio.create_task(database.run(lose_the_transaction)),
    ]
    await asyncio.sleep(0)
    holding.let_go.set()
    outcomes = await asyncio.gather(held, *waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [DatabaseUnavailable] * 3
    await database.run(say, "c")
    assert await database.read(said) == ["c"]


async def test_a_file_locked_by_another_process_means_try_later(database: Database, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        outcomes = await asyncio.gather(
            *(database.run(say, f"word {number}") for number in range(50)), return_exceptions=True
        )
        assert {type(outcome) for outcome in outcomes} == {DatabaseUnavailable}
        assert len({id(outcome) for outcome in outcomes}) == 50
        assert await database.read(said) == []
    await database.run(say, "a")
    assert await database.read(said) == ["a"]


async def test_readers_do_not_wait_for_the_writer(database: Database) -> None:
    holding, held = await hold(database)
    assert await database.read(said) == []
    holding.let_go.set()
    await held


async def test_commits_reach_the_disk_and_references_are_checked(database: Database) -> None:
    def settings(session: Session) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [session.connection().execute(text(f"PRAGMA {name}")).scalar() for name in names]

    assert await database.run(settings) == ["wal", 2, 1]


async def test_a_new_file_is_its_owners_alone(database: Database, file: Path) -> None:
    await database.run(say, "Ana")
    modes = {one.name: one.stat().st_mode & 0o777 for one in file.parent.iterdir()}
    assert modes == {"words.db": 0o600, "words.db-wal": 0o600, "words.db-shm": 0o600}


async def test_what_is_deleted_is_overwritten_in_the_file(database: Database, file: Path) -> None:
    await database.run(say, "a word nobody may find again")
    await database.run(run_sql, "DELETE FROM word")
    await database.close()
    assert b"nobody may find" not in await asyncio.to_thread(file.read_bytes)


async def test_a_new_file_another_process_is_setting_up_is_waited_for(
    file: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE word (word TEXT)")
        other.execute("BEGIN")
        other.execute("SELECT * FROM word").fetchall()
        monkeypatch.setattr("storage.database.sqlite._BUSY_SECONDS", 0.05)
        monkeypatch.setattr("storage.database.engines.monotonic", lambda: 0.0)
        monkeypatch.setattr("storage.database.engines.sleep", lambda _seconds: other.execute("COMMIT"))
        opened = await Database.open(f"sqlite:///{file}", keyring)
    await opened.close()


async def test_a_new_file_another_process_holds_means_try_later(
    file: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.sqlite._BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseUnavailable, match="locked"):
            await Database.open(f"sqlite:///{file}", keyring)


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path, keyring: Keyring) -> None:
    with pytest.raises(DatabaseUnavailable, match="unable to open database file"):
        await Database.open(f"sqlite:///{tmp_path / 'missing' / 'labvoice.db'}", keyring)


async def test_a_caller_whose_loop_is_gone_does_not_stop_the_writer(file: Path, keyring: Keyring) -> None:
    holding = Hold()

    async def leave_behind() -> Database:
        abandoned = await Database.open(f"sqlite:///{file}", keyring)
        asyncio.get_running_loop().call_soon(asyncio.ensure_future, abandoned.run(holding))
        await asyncio.to_thread(holding.begun.wait, 10)
        return abandoned

    abandoned = await asyncio.to_thread(asyncio.run, leave_behind())
    holding.let_go.set()
    await abandoned.close()
