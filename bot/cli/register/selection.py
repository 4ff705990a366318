"""Which complaints a command is about, and how a file says so."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.cli.register.speech import Speech
from bot.complaints.terms import Category, Department, Status
from storage import register
from storage.database import Database
from storage.register import Chosen, Entry

PAGE = 200


@dataclass(frozen=True, slots=True)
class Selection:
    """Complaints received from one day to another, both included, on the laboratory's clock, and so on."""

    start: date | None = None
    end: date | None = None
    statuses: frozenset[Status] = frozenset()
    departments: frozenset[Department] = frozenset()
    categories: frozenset[Category] = frozenset()
    overdue: bool = False

    def chosen(self, zone: ZoneInfo, now: datetime) -> Chosen:
        """The same for the register."""
        return Chosen(
            received_from=_midnight(self.start, zone) if self.start else None,
            received_before=_midnight(self.end + timedelta(days=1), zone) if self.end else None,
            statuses=self.statuses,
            departments=self.departments,
            categories=self.categories,
            overdue_at=now if self.overdue else None,
        )

    def in_words(self, speech: Speech) -> str:
        """What was chosen, for whoever reads the file."""
        span = self._span(speech)
        terms = (
            *(speech.say(f"status.{one}") for one in sorted(self.statuses)),
            *(speech.say(f"department.{one}") for one in sorted(self.departments)),
            *(speech.say(f"category.{one}") for one in sorted(self.categories)),
            *((speech.say("register.overdue"),) if self.overdue else ()),
        )
        return f"{span}; {speech.say('register.only', what=', '.join(terms))}" if terms else span

    def _span(self, speech: Speech) -> str:
        start, end = str(self.start), str(self.end)
        if self.start and self.end:
            return speech.say("register.span", start=start, end=end)
        if self.start:
            return speech.say("register.span.since", start=start)
        return speech.say("register.span.until", end=end) if self.end else speech.say("register.span.all")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


@dataclass(frozen=True, slots=True)
class Source:
    """The chosen complaints of a database, read a page at a time, with or without who reported them."""

    database: Database
    chosen: Chosen
    identities: bool = False

    async def count(self) -> int:
        """How many there are now."""
        return await self.database.read(register.count, self.chosen)

    async def pages(self) -> AsyncIterator[Sequence[Entry]]:
        """All of them in the order they were received in; what arrives meanwhile comes at the end."""
        after = None
        while found := await self.database.read(
            register.page, self.chosen, after, PAGE, identities=self.identities
        ):
            yield found
            after = found[-1].id
