"""`labvoice run` in a process of its own, watched from within and from outside."""

import asyncio
import os
import signal
import sys
import threading
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot import app
from bot.cli.running import run
from bot.settings import Settings
from tests.stage.forked import environment, hurry

if TYPE_CHECKING:
    from tests.stage.world import World  # the bot's process is measured: it has no use for the stand-ins

_EVERY = 0.005
_PAGE = os.sysconf("SC_PAGE_SIZE")


class OwnBot:
    """The bot's process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def resident(self) -> float:
        """Its resident memory, in MB."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE / 1e6


@asynccontextmanager
async def own_bot(
    around: "World", *, lags: Path | None = None, hurried: bool = False
) -> AsyncIterator[OwnBot]:
    """Run the bot until the block ends, from when it is ready.

    It writes to `lags` how late its loop was, see `read_lags`. A `hurried` one does not keep to Telegram's 30
    messages a second.
    """
    log = Path(around.settings.database_url.get_secret_value().removeprefix("sqlite:///")).with_suffix(".log")
    async with own_process(around.settings, log, lags=lags, hurried=hurried) as bot:
        await around.until_ready()
        yield bot


@asynccontextmanager
async def own_process(
    settings: Settings, log: Path, *, lags: Path | None = None, hurried: bool = False
) -> AsyncIterator[OwnBot]:
    """As `own_bot`, whether or not it is ready; what it says goes to `log`."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", __name__, str(lags or ""), "hurried" if hurried else ""),
            env={**os.environ, **environment(settings)},
            stdout=output,
            stderr=output,
        )
    try:
        yield OwnBot(process.pid)
    except BaseException:
        print((await asyncio.to_thread(log.read_text))[-3000:])
        raise
    finally:
        for end in (signal.SIGCONT, signal.SIGTERM):
            with suppress(ProcessLookupError):
                process.send_signal(end)
        await process.wait()


@dataclass(frozen=True, slots=True)
class Lag:
    """By how many ms a sleep of 5 ms was too long, and for how many the loop's thread had no processor."""

    late: float
    without_processor: float


def read_lags(file: Path, begin: float, end: float) -> list[Lag]:
    """What was seen between two moments of the monotonic clock."""
    values = array("d")
    values.frombytes(file.read_bytes())
    seen = zip(values[::3], values[1::3], values[2::3], strict=True)
    return [Lag(late * 1000, waited * 1000) for at, late, waited in seen if begin <= at <= end]


def _main(lags: str, hurried: str) -> None:
    if hurried:
        hurry()
    plain_run = app.run

    async def probed(settings: Settings) -> None:
        loop, seen = asyncio.get_running_loop(), array("d")
        runnable = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)

        async def probe() -> None:
            waited = _runnable_seconds(runnable)
            while True:
                asked, before = loop.time(), waited
                await asyncio.sleep(_EVERY)
                waited = _runnable_seconds(runnable)
                seen.extend((asked, loop.time() - asked - _EVERY, waited - before))

        probing = asyncio.create_task(probe())
        try:
            await plain_run(settings)
        finally:
            probing.cancel()
            await asyncio.to_thread(Path(lags).write_bytes, seen.tobytes())

    if lags:
        app.run = probed
    run()


def _runnable_seconds(schedstat: int) -> float:
    """How long the thread has altogether been ready to run while others had the processors."""
    return int(os.pread(schedstat, 100, 0).split()[1]) / 1e9


if __name__ == "__main__":
    _main(*sys.argv[1:])
