"""What is particular to PostgreSQL: whole transactions repeated after conflicts and lost connections."""

import asyncio
import threading
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, text
from uuid_utils.compat import uuid7

from storage.database import Database, DatabaseUnavailable
from storage.encryption import Keyring
from tests.stage.waiting import until, until_told


@pytest.fixture
async def database(
    postgres_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    monkeypatch.setattr("storage.database.postgres._LONGEST_PAUSE_SECONDS", 0.02)
    opened = await Database.open(postgres_url, keyring)
    await opened.run(run_sql, "CREATE TABLE word (word TEXT PRIMARY KEY)")
    yield opened
    await opened.close()


def run_sql(session: Session, statement: str) -> None:
    session.connection().execute(text(statement))


def say(session: Session, word: str) -> None:
    session.connection().execute(text("INSERT INTO word (word) VALUES (:word)"), {"word": word})


def said(session: Session) -> list[str]:
    return list(session.connection().execute(text("SELECT word FROM word ORDER BY word")).scalars())


def fail_with(session: Session, sqlstate: str) -> None:
    run_sql(session, f"DO $$ BEGIN RAISE EXCEPTION 'told to' USING ERRCODE = '{sqlstate}'; END $$")


class Stumble:
    """Says a word, but fails the first few times in a given way."""

    def __init__(self, times: int, failure: str) -> None:
        self.left = times
        self.failure = failure

    def __call__(self, session: Session) -> None:
        say(session, "a")
        if self.left:
            self.left -= 1
            run_sql(session, self.failure)


CONFLICT = "DO $$ BEGIN RAISE EXCEPTION 'told to' USING ERRCODE = '{}'; END $$"
HANG_UP_ON_HOLDERS = "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
HANG_UP = "SELECT pg_terminate_backend(pg_backend_pid())"


@pytest.mark.parametrize(
    "failure",
    [CONFLICT.format("40001"), CONFLICT.format("40P01"), HANG_UP],
    ids=["serialization failure", "deadlock", "lost connection"],
)
async def test_a_passing_failure_is_repeated_until_it_works(database: Database, failure: str) -> None:
    await database.run(Stumble(3, failure))
    assert await database.read(said) == ["a"]


async def test_real_conflicts_between_transactions_are_repeated(database: Database) -> None:
    await database.run(run_sql, "CREATE TABLE tally (value INTEGER)")
    await database.run(run_sql, "INSERT INTO tally VALUES (0)")

    def raise_by_one(session: Session) -> None:
        connection = session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        value = connection.execute(text("SELECT value FROM tally")).scalar_one()
        connection.execute(text("UPDATE tally SET value = :value"), {"value": value + 1})

    await asyncio.gather(*(database.run(raise_by_one) for _ in range(8)))

    def tally(session: Session) -> int:
        return int(session.connection().execute(text("SELECT value FROM tally")).scalar_one())

    assert await database.read(tally) == 8


async def test_a_conflict_that_does_not_pass_means_try_later(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="told to"):
        await database.run(Stumble(1000, CONFLICT.format("40001")))
    assert await database.read(said) == []


@pytest.mark.parametrize("sqlstate", ["55P03", "57014", "53100", "53300"])
async def test_a_server_that_cannot_now_means_try_later(database: Database, sqlstate: str) -> None:
    stumble = Stumble(1, CONFLICT.format(sqlstate))
    with pytest.raises(DatabaseUnavailable, match="told to"):
        await database.run(stumble)
    assert await database.read(said) == []


async def test_a_bug_is_told_as_it_is_and_not_repeated(database: Database) -> None:
    calls: list[int] = []

    def misspell(session: Session) -> None:
        calls.append(1)
        run_sql(session, "SELEKT 1")

    with pytest.raises(DBAPIError, match="syntax"):
        await database.run(misspell)
    assert len(calls) == 1


async def test_all_connections_lost_at_once_are_replaced(database: Database, postgres_url: str) -> None:
    everybody = threading.Barrier(8)

    def use_a_connection(session: Session) -> None:
        session.connection()
        everybody.wait(10)

    await asyncio.gather(*(database.read(use_a_connection) for _ in range(8)))
    await database.run(
        run_sql,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    await asyncio.gather(*(database.run(say, f"word {number}") for number in range(8)))
    assert len(await database.read(said)) == 8


async def test_a_server_out_of_reach_is_told(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.database.postgres._LONGEST_PAUSE_SECONDS", 0.01)
    with pytest.raises(DatabaseUnavailable) as caught:
        await Database.open("postgresql://labvoice:hunter2@127.0.0.1:1/labvoice", keyring)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_closing_does_not_wait_for_further_attempts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.postgres._FIRST_PAUSE_SECONDS", 60)
    monkeypatch.setattr("storage.database.postgres._LONGEST_PAUSE_SECONDS", 60)
    failed = threading.Event()

    def fail(session: Session) -> None:
        failed.set()
        fail_with(session, "40001")

    failing = asyncio.create_task(database.run(fail))
    await asyncio.to_thread(failed.wait, 10)
    async with asyncio.timeout(10):
        await database.close()
        with pytest.raises(DatabaseUnavailable):
            await failing


async def test_the_session_limits_are_set(database: Database) -> None:
    def limits(session: Session) -> list[object]:
        names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        return [session.connection().execute(text(f"SHOW {name}")).scalar() for name in names]

    assert await database.run(limits) == ["10s", "1min", "8s"]


@pytest.fixture
async def replica(postgres_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """Another process that uses the database."""
    opened = await Database.open(postgres_url, keyring)
    yield opened
    await opened.close()


KEY, OTHER_KEY = uuid7(), uuid7()


async def test_what_one_process_has_alone_no_other_has(database: Database, replica: Database) -> None:
    async with database.alone(KEY) as first, replica.alone(KEY) as second, replica.alone(OTHER_KEY) as third:
        assert (first, second, third) == (True, False, True)
    async with replica.alone(KEY) as now:
        assert now


async def test_who_gives_up_while_taking_keeps_nothing(
    database: Database, replica: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = database._backend
    take, taking, may_take = backend.take, asyncio.Event(), asyncio.Event()

    async def slow(key: UUID) -> bool:
        taking.set()
        await may_take.wait()
        return await take(key)

    async def use() -> None:
        async with database.alone(KEY):
            raise AssertionError

    monkeypatch.setattr(backend, "take", slow)
    using = asyncio.create_task(use())
    await taking.wait()
    using.cancel()
    await asyncio.wait({using})
    leaving = tuple(database._leaving)
    may_take.set()
    await asyncio.gather(*leaving)
    async with replica.alone(KEY) as now:
        assert (len(leaving), now) == (1, True)


async def test_a_process_that_ends_leaves_everything_to_others(
    postgres_url: str, keyring: Keyring, replica: Database
) -> None:
    ended = await Database.open(postgres_url, keyring)
    async with ended.alone(KEY):
        await ended.close()
        async with replica.alone(KEY) as now:
            assert now


async def test_a_lost_connection_is_told_and_the_next_try_works(
    database: Database, replica: Database
) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with database.alone(KEY):
            await replica.run(run_sql, HANG_UP_ON_HOLDERS)
    async with database.alone(KEY) as again, replica.alone(KEY) as other:
        assert (again, other) == (True, False)


async def test_one_process_leads(database: Database, replica: Database) -> None:
    assert [await one.leads() for one in (database, replica, database, replica)] == [True, False, True, False]


async def test_a_process_that_ends_leaves_the_lead_to_others(
    postgres_url: str, keyring: Keyring, replica: Database
) -> None:
    ended = await Database.open(postgres_url, keyring)
    assert await ended.leads()
    await ended.close()
    assert await replica.leads()


async def test_who_lost_the_connection_is_told_and_leads_no_more(
    database: Database, replica: Database
) -> None:
    assert await database.leads()
    await replica.run(run_sql, HANG_UP_ON_HOLDERS)
    assert await replica.leads()
    with pytest.raises(DatabaseUnavailable):
        await database.leads()
    assert not await database.leads()


async def test_what_is_held_alone_is_no_lead(database: Database, replica: Database) -> None:
    async with database.alone(KEY):
        assert await replica.leads()


@pytest.fixture
async def hanging(
    postgres_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """A process that shows no sign of life, which is noticed soon."""
    with monkeypatch.context() as impatient:
        impatient.setattr("storage.database.holds.SILENCE_SECONDS", 0.05)
        impatient.setattr("storage.database.holds._SIGN_OF_LIFE_SECONDS", 3600)
        opened = await Database.open(postgres_url, keyring)
    yield opened
    await opened.close()


async def test_a_process_that_hangs_leaves_the_lead_to_others(hanging: Database, replica: Database) -> None:
    assert await hanging.leads()
    await until_told(replica.leads)


async def test_a_process_that_hangs_leaves_what_it_had_alone_to_others(
    hanging: Database, replica: Database
) -> None:
    async def taken() -> bool:
        async with replica.alone(KEY) as now:
            return now

    with pytest.raises(DatabaseUnavailable):
        async with hanging.alone(KEY):
            await until_told(taken)


async def test_a_process_with_nothing_to_do_keeps_what_it_has(
    postgres_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.holds._SIGN_OF_LIFE_SECONDS", 0.0)
    resting = await Database.open(postgres_url, keyring)
    asked: list[int] = []

    def take_note(*_: object) -> None:
        asked.append(1)

    event.listen(resting._backend._holds._engine, "after_cursor_execute", take_note)  # type: ignore[attr-defined]
    assert await resting.leads()
    await until(lambda: len(asked) > 5)
    assert await resting.leads()
    await resting.close()
