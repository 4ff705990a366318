"""Runs the bot again and again, each time until it dies."""

import asyncio
import math
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Literal

from bot.settings import Settings
from tests.faults.crashes import POINTS, die_at
from tests.faults.ledger import Life
from tests.faults.mutants import mutate
from tests.stage.forked import forked, hurry
from tests.stage.world import World

ENDED = "the bot ended by itself"
_LONGEST_START = 10.0
_LOOK_SECONDS = 0.005
_GIVEN_UP = 1
_ONE_AT_A_TIME = asyncio.Lock()
"""Beginning a process, multiprocessing looks after all of them; where two look after one, one is misled."""


@dataclass(frozen=True, slots=True)
class Death:
    """How one process is to end: having reached `point` so many `times`, at the latest after so long.

    `after` counts from its first call to Telegram or, for an `early` death, from its being started. It is in
    units of what a start takes, so that a life is as full on a slow machine as on a fast one.
    """

    after: float
    early: bool = False
    point: str | None = None
    times: int = 0


def deaths(kills: int, rng: Random) -> list[Death]:
    """Half of them at a named moment, half at any, some before it has begun."""
    return [_death(rng) for _ in range(kills)]


def _death(rng: Random) -> Death:
    kind = rng.random()
    if kind < 0.1:
        return Death(rng.uniform(0.0, 1.0), early=True)
    if kind < 0.5:
        return Death(rng.uniform(0.3, 2.0))
    return Death(2.5, point=rng.choice(list(POINTS)), times=rng.randint(1, 20))


def rig(mutant: str | None, death: Death | None) -> None:
    """Prepare the process that will die that death; called in it before the bot starts."""
    hurry()
    if mutant is not None:
        mutate(mutant)
    if death is not None and death.point is not None:
        die_at(death.point, death.times)


@dataclass(slots=True)
class Killer:
    """Starts the bot in `folder`, one process at a time, and ends it: to `lives` it adds those that are over,
    to `broken` what is found after the end of one.

    `name` is what the process calls Telegram and Slack under, where there are several. One that `may_end` may
    also give up by itself.
    """

    around: World
    settings: Settings
    folder: Path
    mutant: str | None
    look: Callable[[], Sequence[str]]
    may_end: bool
    lives: list[Life]
    broken: list[str]
    name: str = ""
    _process: ForkServerProcess | None = None
    _noted: dict[str, int] = field(default_factory=lambda: {"telegram": 0, "slack": 0})

    async def kill(self, deaths: Sequence[Death]) -> None:
        """Let it live and die once for each of `deaths`; ends early when something is found broken."""
        unit = 0.3
        for death in deaths:
            unit = await self.die(death, unit)
            if self.broken:
                return

    async def die(self, death: Death, unit: float) -> float:
        """Let it live and die; what a start took, which is taken to be `unit` before that is known."""
        await self.start(death)
        try:
            if not death.early:
                unit = await self._first_call()
            await self._over(death.after * unit)
        finally:
            await self.end()
        return unit

    async def start(self, death: Death | None = None) -> None:
        """A new process, just begun."""
        self._process = forked(self.settings, self.folder, partial(rig, self.mutant, death))
        async with _ONE_AT_A_TIME:
            await asyncio.to_thread(self._process.start)

    async def stand(self) -> None:
        """A new process, at work; begun again if it gives up before that."""
        while True:
            await self.start()
            await self._first_call()
            if await self._is_alive():
                return
            await self.end()

    async def end(self) -> None:
        """Kill it if it still lives, and look at what it left; nothing where none was started."""
        if self._process is None:
            return
        self._running.kill()
        await self._over()
        process, self._process = self._running, None
        self.broken += await asyncio.to_thread(self.look)
        if process.exitcode != -signal.SIGKILL and not (self.may_end and process.exitcode == _GIVEN_UP):
            self.broken.append(f"{ENDED} with exit code {process.exitcode}")
        self.lives.append(Life(self._calls("telegram"), self._calls("slack")))

    async def _over(self, seconds: float = math.inf) -> None:
        """Wait for its end, at most so long."""
        until = time.monotonic() + seconds
        while await self._is_alive() and time.monotonic() < until:  # noqa: ASYNC110 - it announces nothing
            await asyncio.sleep(_LOOK_SECONDS)

    async def _is_alive(self) -> bool:
        async with _ONE_AT_A_TIME:
            return self._running.is_alive()

    @property
    def _running(self) -> ForkServerProcess:
        if self._process is None:
            raise AssertionError("no process was started")
        return self._process

    async def _first_call(self) -> float:
        """Wait for it, or for an end before it; how many seconds that took."""
        calls, began = self.around.telegram.calls, time.monotonic()
        made = len(calls)
        while (
            all(one.caller != self.name for one in calls[made:])
            and await self._is_alive()
            and time.monotonic() < began + _LONGEST_START
        ):
            await self.around.next_change()
        return time.monotonic() - began

    def _calls(self, platform: Literal["telegram", "slack"]) -> Sequence[int]:
        """Which calls it made since this was last asked."""
        calls = self.around.telegram.calls if platform == "telegram" else self.around.slack.calls
        since, self._noted[platform] = self._noted[platform], len(calls)
        return [place for place in range(since, len(calls)) if calls[place].caller == self.name]
