"""The laboratory this bot speaks for, and the means a transaction works with."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.catalog import Catalog
from bot.dialog.message import Message
from storage import contacts, outbox
from storage.database import Session

SLACK = "slack"
UNSEEN = "new complaints are shown in no room, see `labvoice export complaints`"
"""What to tell the operator of a laboratory without a triage room."""


@dataclass(frozen=True, slots=True)
class Lab:
    """Who speaks: name on screen, time zone of windows and numbers, language and room of the staff.

    `triage_room` is a Slack room's id, or None when Slack is not connected or no room is named.
    """

    name: str
    zone: ZoneInfo
    locale: str
    triage_room: str | None = None


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

    def triage_room(self) -> tuple[UUID, str] | None:
        """The room new complaints are shown in, and its locale, if the laboratory has one."""
        if self.lab.triage_room is None:
            return None
        return contacts.room(self.session, SLACK, self.lab.triage_room, self.lab.locale, self.now)
