"""The heartbeat: APScheduler only ticks; what is due is asked of our own tables."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from schedules.clock import system_clock
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

_LATE_SECONDS = 30.0
_LOOK_AT_CLOCK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Tick:
    """Something done again and again, `seconds` apart, never twice at once."""

    name: str
    seconds: float
    do: Callable[[], Awaitable[object]]


class Ticker:
    """Runs the ticks until closed. A tick that fails is logged and comes again at its next time."""

    def __init__(self, ticks: Sequence[Tick]) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._running: set[asyncio.Future[None]] = set()
        self._following_clock: asyncio.Task[None] | None = None
        self._last_run = asyncio.get_running_loop().time()
        for tick in ticks:
            self._scheduler.add_job(
                self._run,
                IntervalTrigger(seconds=tick.seconds, timezone="UTC"),
                args=[tick],
                id=tick.name,
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
                next_run_time=system_clock(),
            )

    def start(self) -> None:
        """Begin: the first tick of each comes at once, so that a restart makes nothing late."""
        # APScheduler reports every run at INFO and every slow tick at WARNING; neither is news here.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler.start()
        self._following_clock = asyncio.create_task(self._follow_clock())

    def is_on_time(self) -> bool:
        """Whether some tick has run within the last half minute of real time."""
        return asyncio.get_running_loop().time() - self._last_run < _LATE_SECONDS

    async def close(self) -> None:
        """Start no more ticks and let the running ones finish."""
        self._scheduler.pause()
        if self._following_clock is not None:
            self._following_clock.cancel()
        await asyncio.gather(*self._running)
        self._scheduler.shutdown(wait=False)

    async def _follow_clock(self) -> None:
        """A clock that is put back must not make the ticks wait until it shows the same time again."""
        while True:
            await asyncio.sleep(_LOOK_AT_CLOCK_SECONDS)
            now = system_clock()
            for job in self._scheduler.get_jobs():
                interval: timedelta = job.trigger.interval
                if job.next_run_time - now > interval:
                    job.modify(next_run_time=now)

    async def _run(self, tick: Tick) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running.add(done)
        try:
            await tick.do()
            self._last_run = asyncio.get_running_loop().time()
        except DatabaseUnavailable as error:
            log.warning("%s waits for the database: %s", tick.name, error)
        except Exception:  # one failing tick must not end the others
            log.exception("%s failed and is tried again", tick.name)
        finally:
            self._running.discard(done)
            done.set_result(None)
