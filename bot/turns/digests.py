"""Where a wish for a digest goes: handlers know this much of it, and no more."""

from typing import Protocol


class DigestDesk(Protocol):
    """Takes what managers ask for in their own words."""

    async def handle(
        self, *, event_id: str, channel: str, account: str, place: str, place_is_room: bool, words: str
    ) -> str:
        """Do what `words` ask for if `account` may, once per `event_id`; what to answer at once.

        `place` is where the digest is to go: a room's id or, not `place_is_room`, the account itself.
        """
        ...
