"""Hours are counted beforehand by a tick."""

from datetime import timedelta

from sqlmodel import select

from bot.catalog import Catalog
from bot.dialog.effect import Ending
from schedules.digests.tallying import tally
from storage import responses
from storage.database import Database, Session
from storage.tables import HourTally
from tests.schedules.digests.conftest import HandClock
from tests.stage.responses import begin


def counted(session: Session) -> int:
    return sum(session.exec(select(HourTally.responses)))


async def test_what_was_completed_is_counted_once_its_hour_has_settled(
    database: Database, catalog: Catalog, clock: HandClock
) -> None:
    clock.now = clock.now.replace(minute=59)

    def complete(session: Session) -> None:
        responses.end(session, begin(session, clock.now), Ending.COMPLETED, clock.now)

    await database.run(complete)
    for _ in range(3):
        await tally(database, catalog, clock)
        assert await database.read(counted) == 0
        clock.now += timedelta(minutes=2)
    await tally(database, catalog, clock)
    assert await database.read(counted) == 1
    await tally(database, catalog, clock)
    assert await database.read(counted) == 1
