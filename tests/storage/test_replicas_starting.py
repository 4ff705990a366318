"""Replicas that find a new database at once: what each of them writes at its start is there once."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from storage import questionnaires, seal
from storage.database import Database, Session
from storage.encryption import Keyring, generate_key
from storage.schema import upgrade
from tests.stage.waiting import until

NOW = datetime(2026, 11, 2, tzinfo=UTC)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def keep_a_questionnaire(session: Session) -> None:
    questionnaires.keep(session, "small", 1, "How was it?", NOW)


async def both_at_once(url: str, first: Keyring, second: Keyring, work: Callable[[Session], None]) -> None:
    """Let the second do its work while the first has done it and not yet committed."""
    done, may_commit = threading.Event(), threading.Event()

    def slowly(session: Session) -> None:
        work(session)
        session.flush()
        done.set()
        assert may_commit.wait(10)

    databases = [await Database.open(url, keyring) for keyring in (first, second)]
    try:
        with psycopg.connect(url, autocommit=True) as observer:

            def one_waits() -> bool:
                return observer.execute(WAITING).fetchone() == (1,)

            doing = [asyncio.create_task(databases[0].run(slowly))]
            await asyncio.to_thread(done.wait, 10)
            doing.append(asyncio.create_task(databases[1].run(work)))
            await until(one_waits)
            may_commit.set()
            await asyncio.gather(*doing)
    finally:
        may_commit.set()
        for database in databases:
            await database.close()


@pytest.mark.parametrize("work", [seal.check, keep_a_questionnaire])
async def test_all_of_them_start(
    postgres_url: str, keyring: Keyring, work: Callable[[Session], None]
) -> None:
    await asyncio.to_thread(upgrade, postgres_url)
    await both_at_once(postgres_url, keyring, keyring, work)


async def test_one_with_other_keys_does_not(postgres_url: str, keyring: Keyring) -> None:
    await asyncio.to_thread(upgrade, postgres_url)
    with pytest.raises(seal.WrongKeys):
        await both_at_once(postgres_url, keyring, Keyring([generate_key()]), seal.check)
