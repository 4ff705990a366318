"""Updates waiting for the bot, handed out by long polling and forgotten only when confirmed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from starlette.requests import Request

from sandbox.telegram.errors import RefusedError
from sandbox.wire import Json, left

_KEPT = timedelta(hours=24)
_FIRST_ID = 700_000_001


@dataclass(frozen=True, slots=True)
class Update:
    """One update, the moment it happened, and the one the bot confirmed it."""

    update_id: int
    kind: str
    body: Json
    at: datetime
    confirmed_at: datetime | None = None

    @property
    def wire(self) -> Json:
        """The Update object."""
        return {"update_id": self.update_id, self.kind: self.body}


class UpdateQueue:
    """The bot's updates in the order they happened.

    Unconfirmed updates are kept for 24 hours. Confirmed ones move to `forgotten`.
    """

    def __init__(self, now: Callable[[], datetime], changed: Callable[[], None]) -> None:
        self._now = now
        self._changed = changed
        self._pending: list[Update] = []
        self._next_id = _FIRST_ID
        self._poll: asyncio.Future[None] | None = None
        self.forgotten: list[Update] = []
        self.allowed: frozenset[str] | None = None

    def push(self, kind: str, body: Json) -> int:
        """Add an update and return its id; one the bot did not ask for is given an id and dropped."""
        update = Update(self._next_id, kind, body, self._now())
        self._next_id += 1
        if self.allowed is None or kind in self.allowed:
            self._pending.append(update)
            self._wake()
        self._changed()
        return update.update_id

    def pending(self) -> Sequence[Update]:
        """What the bot has not confirmed, oldest first."""
        oldest = self._now() - _KEPT
        self._pending = [update for update in self._pending if update.at >= oldest]
        return tuple(self._pending)

    def forget(self, update_ids: Sequence[int]) -> None:
        """Take these updates as confirmed."""
        gone = set(update_ids)
        now = self._now()
        self.forgotten.extend(
            replace(update, confirmed_at=now) for update in self._pending if update.update_id in gone
        )
        self._pending = [update for update in self._pending if update.update_id not in gone]
        if gone:
            self._changed()

    def drop_pending(self) -> None:
        """Throw away what was not confirmed."""
        self._pending.clear()

    def end_poll(self, reason: str) -> None:
        """Fail the long poll under way, if there is one, with 409 Conflict."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(RefusedError(409, f"Conflict: {reason}"))
        self._poll = None

    async def poll(self, request: Request, offset: int, limit: int, seconds: float) -> list[Json]:
        """Confirm what is below `offset` and return what is next, waiting up to `seconds` for something.

        A negative offset counts from the end and confirms everything before it.

        Raises:
            RefusedError: 409 when another poll or a webhook takes over meanwhile.
        """
        self.end_poll(
            "terminated by other getUpdates request; make sure that only one bot instance is running"
        )
        pending = [update.update_id for update in self.pending()]
        if offset < 0:
            self.forget(pending[:offset])
        elif offset > 0:
            self.forget([update_id for update_id in pending if update_id < offset])
        if not self._pending and seconds > 0:
            await self._wait(request, seconds)
        return [update.wire for update in self.pending()[:limit]]

    async def _wait(self, request: Request, seconds: float) -> None:
        poll: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poll = poll
        gone = asyncio.ensure_future(left(request))
        try:
            await asyncio.wait({poll, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if poll.done():
                poll.result()
        finally:
            if self._poll is poll:
                self._poll = None
            poll.cancel()
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)

    def _wake(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
