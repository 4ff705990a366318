"""Restarting what hangs without an error to tell of it: the part that does, and no other."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from bot.pulse import Pulse

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5


class Watched(Protocol):
    """A part that shows signs of life."""

    @property
    def pulse(self) -> Pulse:
        """What the part has under way."""
        ...

    async def restart(self) -> None:
        """Begin what is silent anew; whatever of the old one runs has ended before the new one begins."""
        ...


class Watchdog:
    """Looks at the parts twice a second and restarts one that is silent, while the others go on.

    `restarts` counts them by part. `lagged` is told at each look how late the event loop came to it, in
    seconds; for so long no part is blamed.
    """

    def __init__(self, parts: Mapping[str, Watched], lagged: Callable[[float], None]) -> None:
        self.restarts = dict.fromkeys(parts, 0)
        self._parts = parts
        self._lagged = lagged
        self._restarting: dict[str, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._sees = True

    def start(self) -> None:
        """Begin to look."""
        self._looking = asyncio.create_task(self._look_on(), name="watchdog")

    async def close(self) -> None:
        """Look no more; to be called before the parts are closed."""
        tasks = [*self._restarting.values(), *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def standing(self) -> tuple[bool, str]:
        """Whether the parts are looked at and none is just being restarted; which were since the start."""
        if not self._sees or (self._looking and self._looking.done()):
            return False, "does not see how the parts are"
        restarted = ", ".join(f"{name} {times}" for name, times in self.restarts.items() if times)
        return not self._restarting, f"restarted since the start: {restarted or 'nothing'}"

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LOOK_SECONDS
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                self._look(max(0.0, loop.time() - due))
            except Exception:  # the next look may see
                if self._sees:
                    log.exception("the watchdog could not look")
                self._sees = False
            else:
                self._sees = True

    def _look(self, late: float) -> None:
        self._lagged(late)
        for name, part in self._parts.items():
            part.pulse.forgive(late)
            if name not in self._restarting and part.pulse.silent():
                self._restarting[name] = asyncio.create_task(self._restart(name, part))

    async def _restart(self, name: str, part: Watched) -> None:
        log.error("%s shows no sign of life and is restarted", name)
        self.restarts[name] += 1
        try:
            await part.restart()
        except Exception:  # the watch goes on, and tries again
            log.exception("%s could not be restarted", name)
        finally:
            del self._restarting[name]
