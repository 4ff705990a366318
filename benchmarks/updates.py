"""Updates waiting for the bot at a stand-in for Telegram that keeps nothing else."""

import asyncio
from collections import deque
from typing import TypeAlias

Json: TypeAlias = dict[str, object]

_BATCH = 100
_POLL_SECONDS = 10.0


class Updates:
    """Handed out by long polling, and forgotten once confirmed."""

    def __init__(self) -> None:
        self._waiting: deque[Json] = deque()
        self._news = asyncio.Event()

    def push(self, update: Json) -> None:
        """Have one more waiting."""
        self._waiting.append(update)
        self._news.set()

    async def poll(self, offset: int) -> list[Json]:
        """Confirm what is below `offset` and return what is next, after a while nothing."""
        while self._waiting and int(str(self._waiting[0]["update_id"])) < offset:
            self._waiting.popleft()
        if not self._waiting:
            self._news.clear()
            try:
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                return []
        return [self._waiting[i] for i in range(min(_BATCH, len(self._waiting)))]
