"""What goes wrong: the process is killed at any moment, and Telegram fails in every way it can."""

import asyncio
from collections.abc import Callable
from random import Random

from typing_extensions import override

from bot.settings import Settings
from sandbox.faults import Fault, Faults, Hang, ResetAfter, ResetBefore, Status
from tests.stage.forked import forked

_RATES = {"sendMessage": 0.05, "editMessageText": 0.05, "answerCallbackQuery": 0.05, "getUpdates": 0.02}
_FAULTS: tuple[Fault, ...] = (
    Status(429, "Too Many Requests: retry after 1", retry_after=1),
    Status(500, "Internal Server Error"),
    ResetBefore(),
    ResetAfter(),
    Hang(0.3),
)
_SHORTEST_LIFE, _LONGEST_LIFE = 0.3, 2.0

LOG = "faults.log"
"""What the bot under attack warned of, in the current folder."""


class Killer:
    """Runs the bot again and again, each time until kill -9."""

    def __init__(self, settings: Settings, rng: Random, after_kill: Callable[[], None]) -> None:
        self._settings = settings
        self._rng = rng
        self._after_kill = after_kill
        self.kills = 0

    async def kill_again_and_again(self, times: int) -> None:
        """Start and kill it `times` times; then it runs undisturbed until this is cancelled."""
        while True:
            process = forked(self._settings, LOG)
            await asyncio.to_thread(process.start)
            try:
                if self.kills >= times:
                    await asyncio.Event().wait()
                await asyncio.sleep(self._rng.uniform(_SHORTEST_LIFE, _LONGEST_LIFE))
            finally:
                process.kill()
                process.join()
            await asyncio.to_thread(self._after_kill)
            self.kills += 1


class SeededFaults(Faults):
    """Spoils one call in so many, in a way drawn by `rng`."""

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self._rng = rng

    @override
    def take(self, method: str) -> Fault | None:
        if self._rng.random() >= _RATES.get(method, 0.0):
            return None
        return self._rng.choice(_FAULTS)
