"""One replica does what is done for all, and stops when another may."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from sqlmodel import Session, text

from schedules.leader import Leader
from storage.database import Database, DatabaseUnavailable
from storage.encryption import Keyring
from tests.stage.waiting import until

HANG_UP_ON_THE_LEADER = text(
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
)
SHARED = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@dataclass(slots=True)
class Replica:
    """What one replica has done for all of them."""

    database: Database
    done: list[str] = field(default_factory=list)
    leader: Leader = field(init=False)

    def __post_init__(self) -> None:
        self.leader = Leader(self.database)

    async def tick(self, *, lasting: bool = False) -> None:
        async def do() -> None:
            self.done.append("begun")
            if lasting:
                await asyncio.Event().wait()

        await self.leader.alone(do)()

    async def begin_what_lasts(self) -> asyncio.Task[None]:
        """Lead, and have something under way that has no end."""
        await self.leader.look()
        task = asyncio.create_task(self.tick(lasting=True))
        await until(lambda: bool(self.done))
        return task


@pytest.fixture
def first(database: Database) -> Replica:
    return Replica(database)


@pytest.fixture
async def second(database_url: str, keyring: Keyring) -> AsyncIterator[Replica]:
    opened = await Database.open(database_url, keyring)
    yield Replica(opened)
    await opened.close()


async def test_the_only_process_leads(first: Replica) -> None:
    await first.tick()
    await first.leader.look()
    await first.tick()
    assert first.done == ["begun", "begun"]


@SHARED
async def test_of_two_replicas_one_does_what_is_done_for_all(first: Replica, second: Replica) -> None:
    for replica in (first, second):
        await replica.leader.look()
    for replica in (second, first, second):
        await replica.tick()
    assert (first.done, second.done) == (["begun"], [])


@SHARED
async def test_who_lost_the_lead_begins_nothing_more_and_the_next_goes_on(
    first: Replica, second: Replica
) -> None:
    await first.tick()
    await second.database.run(hang_up_on_the_leader)
    await second.tick()
    with pytest.raises(DatabaseUnavailable):
        await first.tick()
    await first.tick()
    assert (first.done, second.done) == (["begun"], ["begun"])


@SHARED
async def test_who_lost_the_lead_gives_up_what_is_under_way(first: Replica, second: Replica) -> None:
    lasting = await first.begin_what_lasts()
    await second.database.run(hang_up_on_the_leader)
    with pytest.raises(DatabaseUnavailable):
        await first.leader.look()
    async with asyncio.timeout(5):
        await asyncio.wait({lasting})
    assert lasting.cancelled()


@SHARED
async def test_who_keeps_the_lead_goes_on_with_what_is_under_way(first: Replica, second: Replica) -> None:
    lasting = await first.begin_what_lasts()
    await second.leader.look()
    await first.leader.look()
    assert not lasting.done()
    lasting.cancel()
    await asyncio.wait({lasting})


def hang_up_on_the_leader(session: Session) -> None:
    session.connection().execute(HANG_UP_ON_THE_LEADER)
