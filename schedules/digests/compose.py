"""A digest from the database to the message and the picture that will be sent."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bot.catalog import Catalog
from bot.dialog.message import Message
from schedules.digests import chart, render
from schedules.digests.digest import Digest
from schedules.digests.drawing import DrawingFailed
from schedules.digests.indicators import COMMENTS_READ, Evidence, asked_of, find
from schedules.digests.recurrence import Window, rolling
from storage.database import Database
from storage.digests import count
from storage.tables import Period

log = logging.getLogger(__name__)

Draw: TypeAlias = Callable[[chart.Chart], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Composed:
    """A digest ready to be sent: its message and, when there is enough to draw, its chart as PNG.

    A chart that cannot be drawn is left out.
    """

    digest: Digest
    message: Message
    image: bytes | None


class Composer:
    """Makes digests. It reads one consistent snapshot, then writes and draws without the database.

    Charts are drawn by `draw`; without it in a thread, which suits who has nothing else to do meanwhile.
    """

    def __init__(self, database: Database, catalog: Catalog, lab: str, draw: Draw | None = None) -> None:
        self._database = database
        self._catalog = catalog
        self._lab = lab
        self._draw = draw or _in_thread

    async def up_to_now(self, period: Period, zone: ZoneInfo, locale: str, now: datetime) -> Composed:
        """The digest of the last day, week or 30 days up to `now`."""
        window = rolling(period, now, zone)
        return await self._compose(period, window, zone, locale, now, is_rolling=True)

    async def of_window(
        self, period: Period, window: Window, zone: ZoneInfo, locale: str, now: datetime
    ) -> Composed:
        """The digest of whole local days; what is overdue is told as of `now`."""
        return await self._compose(period, window, zone, locale, now, is_rolling=False)

    async def _compose(
        self, period: Period, window: Window, zone: ZoneInfo, locale: str, now: datetime, *, is_rolling: bool
    ) -> Composed:
        asked = asked_of(self._catalog.questionnaires.values())
        counted = await self._database.read(
            count, asked, window.before, window.start, window.end, now, COMMENTS_READ
        )
        removed = self._catalog.say("digest.removed", locale)
        digest = Digest(self._lab, period, is_rolling, window, zone, find(Evidence(asked, counted, removed)))
        picture = render.chart(digest, self._catalog, locale)
        image = await self._drawn(picture) if picture else None
        message = render.message(digest, self._catalog, locale, has_image=image is not None)
        return Composed(digest, message, image)

    async def _drawn(self, picture: chart.Chart) -> bytes | None:
        """The chart as PNG; None where it cannot be drawn, for the words are worth sending without it."""
        try:
            return await self._draw(picture)
        except (DrawingFailed, TimeoutError, OSError) as error:
            log.warning("a digest goes without its chart: %s", type(error).__name__)
            return None


async def _in_thread(picture: chart.Chart) -> bytes:
    return await asyncio.to_thread(chart.draw, picture)
