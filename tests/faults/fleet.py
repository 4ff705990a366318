"""Several replicas behind a balancer, some of which are being killed while the others go on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from random import Random

from bot.settings import Settings
from tests.faults.killer import Death, Killer
from tests.stage.balancer import balanced
from tests.stage.world import World

REPLICAS = 4
_DOWN_AT_ONCE = 2


class Fleet:
    """A killer for each replica. While they are killed, at most two of the four are down or being begun."""

    def __init__(self, killers: Sequence[Killer], rng: Random) -> None:
        self._killers = killers
        self._rng = rng

    async def kill(self, deaths: Sequence[Death]) -> None:
        """Kill a replica at work, any, for each of `deaths`, and the one begun in its place as that says.

        Ends early when something is found broken, and with none left.
        """
        standing, to_come = list(self._killers), iter(deaths)
        try:
            await asyncio.gather(*(one.stand() for one in standing))
            async with asyncio.TaskGroup() as group:
                for _ in range(_DOWN_AT_ONCE):
                    group.create_task(self._kill_one_by_one(standing, to_come))
        finally:
            await self.end()

    async def start(self) -> None:
        """Begin all of them."""
        await asyncio.gather(*(one.start() for one in self._killers))

    async def end(self) -> None:
        """Kill all that live."""
        await asyncio.gather(*(one.end() for one in self._killers))

    async def _kill_one_by_one(self, standing: list[Killer], to_come: Iterator[Death]) -> None:
        for death in to_come:
            one = standing.pop(self._rng.randrange(len(standing)))
            await one.end()
            await one.die(death, 1.0)
            await one.stand()
            standing.append(one)
            if any(each.broken for each in self._killers):
                return


@asynccontextmanager
async def fleet(
    around: World, replicas: int, killer: Callable[[Settings, str], Killer], rng: Random
) -> AsyncIterator[Fleet]:
    """So many replicas behind a balancer that stands where the bot usually does."""
    settings = {str(number): around.replica(str(number)) for number in range(replicas)}
    async with balanced(around.port, [one.port for one in settings.values()]):
        yield Fleet([killer(one, name) for name, one in settings.items()], rng)
