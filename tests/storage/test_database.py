"""The promises of Database, on SQLite and PostgreSQL alike."""

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, func, select

from storage.database import Database
from storage.encryption import Keyring
from storage.statements import insert_ignore
from storage.tables import Counter, Inbox

NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)


class Refusal(Exception):
    """What a function raises to undo itself."""


def take(session: Session, event_id: str) -> Inbox:
    row = Inbox(event_id=event_id, taken_at=NOW)
    session.add(row)
    return row


def taken(session: Session) -> list[str]:
    return list(session.exec(select(Inbox.event_id).order_by(Inbox.event_id)))


def take_and_refuse(session: Session, event_id: str) -> None:
    take(session, event_id)
    session.flush()
    raise Refusal(event_id)


def wait(event: threading.Event) -> None:
    assert event.wait(10)


async def test_what_run_returns_is_committed_and_usable(database: Database) -> None:
    row = await database.run(take, "a")
    assert (row.event_id, row.taken_at) == ("a", NOW)
    assert await database.read(taken) == ["a"]


async def test_rows_read_are_usable_afterwards(database: Database) -> None:
    await database.run(take, "a")
    [row] = await database.read(lambda session: session.exec(select(Inbox)).all())
    assert (row.event_id, row.taken_at) == ("a", NOW)


async def test_a_database_says_which_kind_it_is(database: Database, database_url: str) -> None:
    assert database_url.startswith(f"{database.dialect}:")


async def test_a_function_takes_arguments_by_name(database: Database) -> None:
    await database.run(take, event_id="a")
    assert await database.read(taken) == ["a"]


async def test_a_function_that_raises_changes_nothing(database: Database) -> None:
    with pytest.raises(Refusal, match="a"):
        await database.run(take_and_refuse, "a")
    assert await database.read(taken) == []


async def test_a_function_that_undoes_its_own_work_undoes_no_other(database: Database) -> None:
    def change_my_mind(session: Session) -> None:
        take(session, "undone")
        session.flush()
        session.rollback()

    await asyncio.gather(database.run(take, "a"), database.run(change_my_mind), database.run(take, "b"))
    assert await database.read(taken) == ["a", "b"]


async def test_failing_neighbours_hurt_nobody_else(database: Database) -> None:
    await database.run(take, "taken before")
    outcomes = await asyncio.gather(
        *(database.run(take, f"good {number}") for number in range(10)),
        *(database.run(take_and_refuse, f"refused {number}") for number in range(10)),
        *(database.run(take, "taken before") for _ in range(10)),
        *(database.run(take, f"late {number}") for number in range(10)),
        return_exceptions=True,
    )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Inbox] * 10 + [Refusal] * 10 + [IntegrityError] * 10 + [Inbox] * 10
    expected = [f"{kind} {number}" for kind in ("good", "late") for number in range(10)]
    assert await database.read(taken) == sorted([*expected, "taken before"])


async def test_no_concurrent_update_is_lost(database: Database) -> None:
    def begin(session: Session) -> None:
        session.add(Counter(name="complaint", value=0))

    def raise_by_one(session: Session) -> int:
        counter = session.exec(select(Counter).where(Counter.name == "complaint").with_for_update()).one()
        counter.value += 1
        return counter.value

    await database.run(begin)
    values = await asyncio.gather(*(database.run(raise_by_one) for _ in range(400)))
    assert sorted(values) == list(range(1, 401))


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError):
        await database.read(take, "a")
    assert await database.read(taken) == []


async def test_a_read_sees_one_moment_while_others_write(database: Database) -> None:
    begun, written = threading.Event(), threading.Event()

    def count_twice(session: Session) -> tuple[int, int]:
        before = session.exec(select(func.count()).select_from(Inbox)).one()
        begun.set()
        wait(written)
        return before, session.exec(select(func.count()).select_from(Inbox)).one()

    counting = asyncio.create_task(database.read(count_twice))
    await asyncio.to_thread(wait, begun)
    await database.run(take, "a")
    written.set()
    assert await counting == (0, 0)


async def test_a_caller_who_gives_up_harms_nobody(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def take_slowly(session: Session) -> None:
        take(session, "slow")
        begun.set()
        wait(go_on)

    slow = asyncio.create_task(database.run(take_slowly))
    await asyncio.to_thread(wait, begun)
    others = [asyncio.create_task(database.run(take, f"event {number}")) for number in range(20)]
    await asyncio.sleep(0)
    slow.cancel()
    for given_up in others[::2]:
        given_up.cancel()
    await asyncio.gather(slow, *others[::2], return_exceptions=True)
    go_on.set()
    await asyncio.gather(*others[1::2])
    committed = await database.read(taken)
    assert {f"event {number}" for number in range(1, 20, 2)} <= set(committed)


@pytest.mark.parametrize("error", [StopIteration, SystemExit, asyncio.CancelledError])
async def test_even_unusual_errors_reach_the_caller(database: Database, error: type[BaseException]) -> None:
    def fail(session: Session) -> None:
        raise error

    for call in (database.run, database.read):
        # Python itself turns a StopIteration that leaves a coroutine into a RuntimeError.
        with pytest.raises(RuntimeError if error is StopIteration else error):
            await call(fail)
    await database.run(take, "a")
    assert await database.read(taken) == ["a"]


async def test_errors_do_not_repeat_what_people_said(database: Database) -> None:
    await database.run(take, "+34 600 000 000")
    with pytest.raises(IntegrityError) as caught:
        await database.run(take, "+34 600 000 000")
    assert str(NOW.year) not in str(caught.value)


async def test_insert_ignore_tells_whether_it_inserted(database: Database) -> None:
    values = {"event_id": "a", "taken_at": NOW}
    assert await database.run(insert_ignore, Inbox, values) is True
    assert await database.run(insert_ignore, Inbox, values) is False
    assert await database.read(taken) == ["a"]


async def test_of_many_who_insert_at_once_one_is_told_so(database: Database) -> None:
    values = {"event_id": "a", "taken_at": NOW}
    answers = await asyncio.gather(*(database.run(insert_ignore, Inbox, values) for _ in range(20)))
    assert answers.count(True) == 1


async def test_closing_finishes_what_was_asked_for(database: Database, database_url: str) -> None:
    waiting = [asyncio.create_task(database.run(take, f"{number:02}")) for number in range(50)]
    await asyncio.sleep(0)
    await database.close()
    assert [row.event_id for row in await asyncio.gather(*waiting)] == [f"{n:02}" for n in range(50)]


async def test_closing_twice_is_harmless_and_using_it_afterwards_is_refused(database: Database) -> None:
    await database.close()
    await database.close()
    with pytest.raises(RuntimeError, match="closed"):
        await database.run(take, "a")
    with pytest.raises(RuntimeError, match="closed"):
        await database.read(taken)


async def test_another_event_loop_is_refused(database: Database) -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        await asyncio.to_thread(asyncio.run, database.run(take, "a"))


CHILD = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from storage.database import Database
from storage.encryption import Keyring, generate_key
from storage.tables import Inbox

async def main() -> None:
    database = await Database.open(sys.argv[1], Keyring([generate_key()]))
    for number in range(20):
        row = Inbox(event_id=f"{number:02}", taken_at=datetime(2025, 3, 3, tzinfo=UTC))
        await database.run(lambda session: session.add(row))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_run_returned_survives_kill_minus_nine(database: Database, database_url: str) -> None:
    child = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", CHILD, database_url], check=False, timeout=60
    )
    assert child.returncode == -9
    assert await database.read(taken) == [f"{number:02}" for number in range(20)]


@pytest.mark.parametrize(
    "url",
    ["", "labvoice.db", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "sqlite+aiosqlite:///x.db",
     "postgresql+asyncpg://localhost/x", "postgresql://user:hunter2@host:port/x"],
)  # fmt: skip
async def test_an_unusable_url_is_refused_in_one_line(url: str, keyring: Keyring) -> None:
    with pytest.raises(ValueError, match="database") as caught:
        await Database.open(url, keyring)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)
