"""Counting beforehand what digests ask for: the hours that are over, and after an upgrade all there were."""

from datetime import timedelta

from bot.catalog import Catalog
from schedules.clock import Clock
from schedules.digests.indicators import asked_of
from storage.database import Database
from storage.digests import give_up_outdated, tally_next

_SETTLED = timedelta(minutes=5)
"""By then the turns of an hour are committed, so that it takes one tally; what comes later makes another."""
_AT_ONCE = 500


async def tally(database: Database, catalog: Catalog, clock: Clock) -> None:
    """Count what was completed in hours that are over, one hour of a survey in each transaction, the newest
    first, and anew what was counted by a rule that has changed. Digests are right before, while and after.
    """
    asked = asked_of(catalog.questionnaires.values())
    while await database.run(give_up_outdated, asked):
        pass
    for _ in range(_AT_ONCE):
        if not await database.run(tally_next, asked, clock() - _SETTLED):
            return
