"""What one replica does for all of them: on time, and given up as soon as another may be doing it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from storage.database import Database

log = logging.getLogger(__name__)


class Leader:
    """Knows whether this replica leads. No harm is done where two believe for a moment that they do: what
    must not happen twice is claimed in its own transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._leads = False
        self._under_way: set[asyncio.Future[object]] = set()

    def alone(self, do: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """The same, to be done by the leader alone: in every other replica it does nothing."""

        async def done_by_the_leader() -> None:
            if not await self._database.leads():
                return
            doing = asyncio.ensure_future(do())
            self._under_way.add(doing)
            try:
                await doing
            finally:
                self._under_way.discard(doing)

        return done_by_the_leader

    async def look(self) -> None:
        """Take the lead if nobody has it; give up what is under way if this replica has lost it."""
        led, self._leads = self._leads, False
        try:
            self._leads = await self._database.leads()
        finally:
            if led and not self._leads:
                self._give_up()
        if self._leads and not led:
            log.info("This replica leads: it looks after what is due")

    def _give_up(self) -> None:
        log.warning("This replica leads no more")
        for doing in self._under_way:
            doing.cancel()
