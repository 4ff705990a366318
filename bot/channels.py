"""What a channel does and what becomes of a message: outcomes are values, only surprises raise."""

from dataclasses import dataclass
from typing import Protocol

from bot.dialog.message import Message


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform accepted the message and knows it by `reference`."""

    reference: str


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Not now. `seconds` is what the platform asked for, or None to let delivery choose.

    With `whole_channel` everything on this channel waits (the platform takes nothing), else this contact.
    """

    reason: str
    seconds: float | None = None
    whole_channel: bool = False


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """Never. With `gone` the contact cannot be reached at all (blocked, deleted, room archived)."""

    reason: str
    gone: bool = False


DeliveryOutcome = Sent | RetryAfter | Undeliverable


class Channel(Protocol):
    """One platform binding, outward."""

    @property
    def name(self) -> str:
        """The channel's name in events and tables."""
        ...

    async def send(
        self,
        address: str,
        message: Message,
        *,
        image: bytes | None,
        replaces: str | None,
        supersedes: str | None,
        under: str | None,
        urgent: bool,
    ) -> DeliveryOutcome:
        """Deliver one message: in place of `replaces` where given, else as a new one.

        An `urgent` one, which somebody waits for, goes first where the platform takes only so many.

        A new message takes the buttons off `supersedes` and stands below `under`, or on its own where that is
        gone. A message to replace that is gone or too old is sent anew. Refusals and outages of the platform
        are outcomes, not exceptions.
        """
        ...
