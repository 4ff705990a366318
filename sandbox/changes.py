"""A counter of changes that tests and pages can wait on without polling."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable


class Changes:
    """Counts what happened; `revision` grows by one with every change and never goes back.

    Everything runs on one event loop, so a look at the state followed by `after(revision)` misses nothing.
    """

    def __init__(self) -> None:
        self.revision = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def happened(self) -> None:
        """Record one change and wake everybody who waits."""
        self.revision += 1
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def after(self, revision: int) -> int:
        """Return the current revision as soon as it is greater than `revision`."""
        while self.revision <= revision:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)
        return self.revision

    def until(self, predicate: Callable[[], bool], timeout: float) -> Awaitable[bool]:
        """Give True once `predicate()` holds, False if it still does not after `timeout` seconds."""
        return self._until(predicate, timeout)

    async def _until(self, predicate: Callable[[], bool], seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                while not predicate():
                    await self.after(self.revision)
        except TimeoutError:
            return predicate()
        return True

    async def subscribe(self) -> AsyncIterator[int]:
        """Yield the revision now and after every change; changes faster than the reader merge."""
        revision = self.revision
        while True:
            yield revision
            revision = await self.after(revision)
