"""The heartbeat: APScheduler only ticks; what is due is asked of our own tables."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.pulse import Pulse
from schedules.clock import system_clock
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

_LATE_SECONDS = 30.0
_LONGEST_SECONDS = 300.0
_LOOK_AT_CLOCK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Tick:
    """Something done again and again, `seconds` apart, never twice at once."""

    name: str
    seconds: float
    do: Callable[[], Awaitable[object]]


class Ticker:
    """Runs the ticks until closed. A tick that fails is logged and comes again at its next time.

    A tick shows that it lives by ending within five minutes; the ticker, by ending one, or by beginning the
    next within half a minute after that.
    """

    def __init__(self, ticks: Sequence[Tick]) -> None:
        self.pulse = Pulse(_LATE_SECONDS)
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._under_way: dict[Hashable, asyncio.Future[object]] = {}
        self._following_clock: asyncio.Task[None] | None = None
        self._knows_time = True
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
        self.pulse.beat()
        self._following_clock = asyncio.create_task(self._follow_clock())

    def is_on_time(self) -> bool:
        """Whether ticks begin and end, and would after the clock was put."""
        return self._knows_time and not self.pulse.silent()

    async def restart(self) -> None:
        """Give up the ticks that hang, each to come again at its next time, and see what else is due."""
        late = [tick for name in self.pulse.silent() if (tick := self._under_way.get(name))]
        for tick in late:
            tick.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self.pulse.beat()
        self._scheduler.wakeup()

    async def close(self) -> None:
        """Start no more ticks and let the running ones finish."""
        self._scheduler.pause()
        if self._following_clock is not None:
            self._following_clock.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        self._scheduler.shutdown(wait=False)

    async def _follow_clock(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AT_CLOCK_SECONDS)
            try:
                self._look_at_clock()
            except Exception:  # the next look may succeed
                if self._knows_time:
                    log.exception("the clock cannot be followed")
                self._knows_time = False
            else:
                self._knows_time = True

    def _look_at_clock(self) -> None:
        """A clock that is put back must not make the ticks wait until it shows the same time again."""
        now = system_clock()
        for job in self._scheduler.get_jobs():
            interval: timedelta = job.trigger.interval
            if job.next_run_time - now > interval:
                job.modify(next_run_time=now)

    async def _run(self, tick: Tick) -> None:
        for what in (None, tick.name):
            self.pulse.beat(what, rest=_LONGEST_SECONDS - _LATE_SECONDS)
        doing = self._under_way[tick.name] = asyncio.ensure_future(tick.do())
        try:
            (outcome,) = await asyncio.gather(doing, return_exceptions=True)
        finally:
            self.pulse.beat()
            self.pulse.done(tick.name)
            del self._under_way[tick.name]
        if isinstance(outcome, DatabaseUnavailable):
            log.warning("%s waits for the database: %s", tick.name, outcome)
        elif isinstance(outcome, Exception):  # one failing tick must not end the others
            log.error("%s failed and is tried again", tick.name, exc_info=outcome)
