"""Runs the bot again and again, each time until it dies."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from tests.faults.crashes import POINTS, die_at
from tests.faults.ledger import Life
from tests.faults.mutants import mutate
from tests.stage.forked import forked, hurry
from tests.stage.world import World

ENDED = "the bot ended by itself"
_LONGEST_START = 10.0
_GIVEN_UP = 1


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


class Killer:
    """Starts the bot in `folder`, and ends it: `lives` are over, `broken` was found after the end of one."""

    def __init__(
        self,
        around: World,
        folder: Path,
        mutant: str | None,
        look: Callable[[], Sequence[str]],
        *,
        may_end: bool,
    ) -> None:
        self._around = around
        self._folder = folder
        self._mutant = mutant
        self._look = look
        self._ends = (-signal.SIGKILL, _GIVEN_UP) if may_end else (-signal.SIGKILL,)
        self.lives: list[Life] = []
        self.broken: list[str] = []

    async def kill(self, deaths: Sequence[Death]) -> None:
        """Let it live and die once for each of `deaths`; ends early when something is found broken."""
        unit = 0.3
        for death in deaths:
            process = await self.start(death)
            try:
                if not death.early:
                    unit = await self._first_call(process)
                await asyncio.to_thread(process.join, death.after * unit)
            finally:
                await self.end(process)
            if self.broken:
                return

    async def start(self, death: Death | None = None) -> ForkServerProcess:
        """A new process, just begun."""
        process = forked(self._around.settings, self._folder, partial(rig, self._mutant, death))
        await asyncio.to_thread(process.start)
        return process

    async def end(self, process: ForkServerProcess) -> None:
        """Kill it if it still lives, and look at what it left."""
        process.kill()
        await asyncio.to_thread(process.join)
        self.broken += await asyncio.to_thread(self._look)
        if process.exitcode not in self._ends:
            self.broken.append(f"{ENDED} with exit code {process.exitcode}")
        self._note_life()

    async def _first_call(self, process: ForkServerProcess) -> float:
        """Wait for it, or for an end before it; how many seconds that took."""
        calls, began = self._around.telegram.calls, time.monotonic()
        made = len(calls)
        while len(calls) == made and process.is_alive() and time.monotonic() < began + _LONGEST_START:
            await self._around.next_change()
        return time.monotonic() - began

    def _note_life(self) -> None:
        telegram, slack = len(self._around.telegram.calls), len(self._around.slack.calls)
        before = self.lives[-1] if self.lives else Life(range(0), range(0))
        self.lives.append(Life(range(before.telegram.stop, telegram), range(before.slack.stop, slack)))
