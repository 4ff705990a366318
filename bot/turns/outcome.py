"""What came of an event, for whoever caused it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.complaints.lifecycle import Refusal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the one who caused the event is to be shown at once; everything else is in the outbox.

    `form_errors` are words by item id: the form was not taken; `refused`, why a step of staff was not.
    `number` is that of a complaint just opened. `unknown_link` tells that a link was opened, or a code given,
    that is none of ours; `kept`, that the turn failed.
    """

    notice: str = ""
    form_errors: Mapping[str, str] = field(default_factory=dict)
    number: str = ""
    refused: Refusal | None = None
    duplicate: bool = False
    unknown_link: bool = False
    kept: bool = False

    @property
    def name(self) -> str:
        """One of five words for what came of the event."""
        if self.kept:
            return "kept"
        if self.duplicate:
            return "repeated"
        if self.unknown_link:
            return "unknown_link"
        return "asked_again" if self.form_errors else "taken"
