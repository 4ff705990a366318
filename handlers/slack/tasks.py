"""Work that outlives the request it came with: tracked, its failures logged, waited for at shutdown."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class Tasks:
    """A set of running tasks."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[object]] = set()

    def start(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Run `work` for somebody who awaits the task and hears of its failure."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def leave(self, work: Coroutine[object, object, object]) -> None:
        """Run `work` that nobody awaits; a failure is logged."""
        self.start(work).add_done_callback(log_failure)

    async def drain(self, seconds: float) -> None:
        """Wait until nothing runs, new work included; what still does after `seconds` is cancelled."""
        try:
            async with asyncio.timeout(seconds):
                while self._running:
                    await asyncio.wait(self._running)
        except TimeoutError:
            late = list(self._running)
            log.warning("%d unfinished Slack tasks are given up", len(late))
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def log_failure(task: asyncio.Task[object]) -> None:
    """Log what a task ended with, unless it was done or cancelled."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a Slack task failed", exc_info=error)
