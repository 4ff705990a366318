"""A laboratory whose clocks are looked after: in Madrid, with a room, a head, and somebody on call."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from typing_extensions import override

from bot.complaints.calendar import Week
from bot.complaints.routing import Routing
from bot.complaints.terms import Department, Role
from bot.turns import Lab
from schedules import sla
from storage.tables import Complaint
from tests.bot.turns.conftest import NURSE, Laboratory

MADRID = ZoneInfo("Europe/Madrid")
BENCH, ON_CALL, HEAD, QUALITY = "C0BENCH", "C0ONCALL", "U0HEAD", "U0QUALITY"
EVERYBODY = (BENCH, ON_CALL, HEAD, QUALITY, NURSE)
LOST = {"category": "specimen", "phase": "pre_examination", "severity": "moderate", "happened": "Lost"}
GRAVE = LOST | {"happened": "Results of the wrong patient"}
# The second Monday of November 2026 is a holiday.
LAB = Lab(
    "City Laboratory",
    MADRID,
    "en",
    routing=Routing(
        rooms={Department.BENCH: BENCH},
        heads={Department.BENCH: HEAD},
        on_call=ON_CALL,
        safety_words=("wrong patient",),
    ),
    week=Week(holidays=frozenset({date(2026, 11, 9)})),
)


def local(at: str) -> datetime:
    """A moment of November 2026, such as "06 17:00", by the laboratory's clocks."""
    return datetime.strptime(f"2026-11-{at}", "%Y-%m-%d %H:%M").replace(tzinfo=MADRID)


@dataclass(slots=True)
class Watch(Laboratory):
    """Everything a test does to the laboratory and sees of it, the clocks among it."""

    of: Lab = LAB
    _heard: dict[str, int] = field(default_factory=dict)

    @property
    @override
    def lab(self) -> Lab:
        return self.of

    def becomes(self, at: str) -> None:
        self.now = local(at)

    async def tick(self) -> int:
        return await sla.look_after(self.database, self.catalog, self.lab, self.clock)

    async def report(self, at: str, form: dict[str, str] | None = None) -> str:
        """Report an issue to a laboratory with a nurse and a quality manager; the complaint's id."""
        self.becomes(at)
        await self.appoint(NURSE, Role.STAFF)
        await self.appoint(QUALITY, Role.QUALITY)
        await self.form(**(form or LOST))
        await self.told()
        return str((await self.complaint()).id)

    async def complaint(self) -> Complaint:
        """The complaint reported last."""
        found = [one for one in await self.rows(Complaint) if isinstance(one, Complaint)]
        return max(found, key=lambda one: one.number)

    async def told(self) -> list[tuple[str, str]]:
        """Who was told something since this was asked last, and the first sentences of it; cards aside."""
        found = []
        for who in EVERYBODY:
            messages = await self.messages(who, "slack")
            new = messages[self._heard.get(who, 0) :]
            self._heard[who] = len(messages)
            found += [(who, one.text) for one in new if not one.slot and not one.under]
        return found

    async def told_until(self, at: str, every: timedelta = timedelta(hours=1)) -> list[tuple[str, str]]:
        """Tick until `at`: who was told something, and when."""
        found = []
        while self.now < local(at):
            self.now += every
            await self.tick()
            found += [(f"{self.now.astimezone(MADRID):%d %H:%M}", who) for who, _ in await self.told()]
        return found
