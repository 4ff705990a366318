"""One language and one clock, in which complaints are told."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.catalog import Catalog

NOTHING = "–"
"""What stands where nothing is known."""


@dataclass(frozen=True, slots=True)
class Speech:
    """The sentences of one language, with the times of one zone."""

    catalog: Catalog
    locale: str
    zone: ZoneInfo

    def say(self, key: str, **values: str | int) -> str:
        """A sentence in this language."""
        return self.catalog.say(key, self.locale, **values)

    def at(self, moment: datetime | None) -> str:
        """A moment on the laboratory's clock, to the minute; empty when there is none."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}" if moment else ""
