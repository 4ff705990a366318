"""The people a visitor of the demo can be."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sandbox.demo.laboratory import Visit
from sandbox.wire import Json

Duty: TypeAlias = Literal["physician", "staff", "manager"]


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody with a phone; `about` says in their language what sets them apart."""

    chat_id: int
    name: str
    language_code: str
    about: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody in the Slack workspace."""

    user_id: str
    name: str
    duty: Duty
    about: str


PATIENTS = (
    Patient(5_001, "Maria", "en", "in English"),
    Patient(5_002, "Lucía", "es", "en español"),
    Patient(5_003, "Tom", "en", "for his father"),
)
"""Whose phones can be held."""

COLLEAGUES = (
    Colleague("U0AMARA", "Dr. Amara Osei", "physician", "Physician"),
    Colleague("U0BEN", "Ben Carter", "staff", "Lab staff"),
    Colleague("U0INGRID", "Ingrid Solberg", "manager", "Lab manager"),
)
"""Whose seat at the Slack window can be taken."""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command as the Slack window offers it while it is being typed."""

    name: str
    usage: str
    about: str


COMMANDS = (
    Command("/lab-issue", "", "Report an issue to the laboratory"),
    Command("/lab-status", "", "See where your issues stand"),
    Command("/lab-praise", "", "Thank somebody at the laboratory"),
    Command("/lab-enter", "", "Enter a complaint for somebody else"),
    Command("/reply", "C-2026-000123 your words", "Write to the reporter of a complaint"),
    Command("/lab-digest", "weekly monday 08:00 | off", "Show the digest, or subscribe to it"),
)
"""The bot's slash commands, as slack-manifest.yaml declares them."""


EVENTS = ("app_home_opened", "message.im")
"""What the bot asks Slack to be told, as slack-manifest.yaml declares it: nothing that is said in rooms."""


@dataclass(slots=True)
class Errand:
    """One visit of one patient and how far it has come."""

    visit: Visit
    patient: int
    opened: bool = False
    delivered: bool = False

    def seen(self) -> Json:
        """What the laboratory panel shows of it."""
        return {
            "order": self.visit.order,
            "site": self.visit.site,
            "patient": self.patient,
            "opened": self.opened,
            "delivered": self.delivered,
        }
