"""Where a wish for a digest goes: handlers know this much of it, and no more."""

from collections.abc import Awaitable, Callable
from typing import Protocol

SayAloud = Callable[[str], Awaitable[bool]]
"""Says words in a room, for all who are there; False when they cannot be said there."""


class DigestDesk(Protocol):
    """Takes what managers ask for in their own words."""

    async def handle(
        self,
        *,
        event_id: str,
        channel: str,
        account: str,
        place: str,
        place_is_room: bool,
        words: str,
        aloud: SayAloud | None = None,
    ) -> str:
        """Do what `words` ask for if `account` may, once per `event_id`; what to answer at once, if anything.

        `place` is where the digest is to go: a room's id or, not `place_is_room`, the account itself. With
        `aloud` a subscription is confirmed in the room, and there is none where that fails.
        """
        ...
