"""The laboratory this bot speaks for, and the means a transaction works with."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.catalog import Catalog
from bot.complaints.calendar import Calendar, Week
from bot.complaints.routing import Routing
from bot.complaints.severity import Band, band
from bot.complaints.sla import PROMISES, Promises
from bot.dialog.message import Message
from storage import contacts, outbox
from storage.database import Session
from storage.tables import Complaint

SLACK = "slack"
UNSEEN = "new complaints are shown in no room, see `labvoice export complaints`"
"""What to tell the operator of a laboratory without a triage room."""


class Room(NamedTuple):
    """A room in Slack, and the language spoken there."""

    id: UUID
    locale: str


@dataclass(frozen=True, slots=True)
class Lab:
    """Who speaks: name on screen, time zone of windows and numbers, language and room of the staff.

    `triage_room` is a Slack room's id, or None when Slack is not connected or no room is named; `routing`
    has no address then either. `week` is when the laboratory is open, `promises` how soon it does what it
    owes.
    """

    name: str
    zone: ZoneInfo
    locale: str
    triage_room: str | None = None
    routing: Routing = field(default_factory=Routing)
    week: Week = field(default_factory=Week)
    promises: Promises = field(default_factory=lambda: PROMISES)

    @property
    def calendar(self) -> Calendar:
        """Business time by the laboratory's clocks."""
        return Calendar(self.zone, self.week)

    @property
    def rooms_that_matter(self) -> frozenset[str]:
        """Every address from which nothing may be lost: what it does not take waits until that is mended."""
        triage = {self.triage_room} if self.triage_room else set()
        return self.routing.rooms_that_matter | triage

    @property
    def is_blind(self) -> bool:
        """Whether there are complaints that no room shows."""
        return self.triage_room is None and not self.routing.is_complete


@dataclass(slots=True)
class Transaction:
    """One running transaction: the session, the moment, and whom messages were left for."""

    session: Session
    catalog: Catalog
    lab: Lab
    now: datetime
    addressed: list[UUID] = field(default_factory=list)

    def leave(self, contact_id: UUID, message: Message) -> None:
        """Commit to delivering a message."""
        outbox.enqueue(self.session, contact_id, message, self.now)
        if contact_id not in self.addressed:
            self.addressed.append(contact_id)

    def rooms_of(self, complaint: Complaint) -> tuple[Room, ...]:
        """Where a complaint is shown: its department's room or the triage room, and the room of those on call
        when it cannot wait. None without Slack.
        """
        routing = self.lab.routing
        rooms = [routing.rooms.get(complaint.department, self.lab.triage_room)]
        if self.cannot_wait(complaint):
            rooms.append(routing.on_call)
        return tuple(self.room(one) for one in dict.fromkeys(filter(None, rooms)))

    def cannot_wait(self, complaint: Complaint) -> bool:
        """Whether those on call have to know of it."""
        return band(complaint.consequence, complaint.recurrence, safety=complaint.safety) is Band.HIGH

    def room(self, address: str) -> Room:
        """A room of the laboratory's."""
        return Room(*contacts.room(self.session, SLACK, address, self.lab.locale, self.now))

    def kudos_room(self, site: str | None) -> Room | None:
        """Where praise for a site is shown, else the triage room. None without Slack."""
        address = self.lab.routing.kudos_room(site) or self.lab.triage_room
        return self.room(address) if address else None
