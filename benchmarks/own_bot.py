"""`labvoice run` in a process of its own, watched from within and from outside."""

import asyncio
import os
import signal
import sys
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from telegram.ext import AIORateLimiter

from bot import app
from bot.cli.running import run
from bot.settings import Settings
from handlers.telegram import build
from tests.end_to_end.conftest import environment
from tests.stage.world import World

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
async def own_bot(around: World, *, lags: Path | None = None, hurried: bool = False) -> AsyncIterator[OwnBot]:
    """Run the bot until the block ends, from when it is ready.

    It writes to `lags` how late its loop was, see `read_lags`. A `hurried` one does not keep to Telegram's 30
    messages a second.
    """
    command = ("-m", __name__, str(lags or ""), "hurried" if hurried else "")
    log = Path(around.settings.database_url.get_secret_value().removeprefix("sqlite:///")).with_suffix(".log")
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=environment(around.settings), stdout=output, stderr=output
        )
    try:
        await around.until_ready()
        yield OwnBot(process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        if await process.wait() != 0:
            print(log.read_text()[-3000:])


def read_lags(file: Path, begin: float, end: float) -> list[float]:
    """By how much each 5 ms of sleep between two moments of the monotonic clock was too long, in ms."""
    values = array("d")
    values.frombytes(file.read_bytes())
    pairs = zip(values[::2], values[1::2], strict=True)
    return [late * 1000 for at, late in pairs if begin <= at <= end]


def _main(lags: str, hurry: str) -> None:
    if hurry:
        build.AIORateLimiter = partial(AIORateLimiter, overall_max_rate=0)  # type: ignore[misc, assignment]
    plain_run = app.run

    async def probed(settings: Settings) -> None:
        loop, seen = asyncio.get_running_loop(), array("d")

        async def probe() -> None:
            while True:
                asked = loop.time()
                await asyncio.sleep(_EVERY)
                seen.extend((asked, loop.time() - asked - _EVERY))

        probing = asyncio.create_task(probe())
        try:
            await plain_run(settings)
        finally:
            probing.cancel()
            await asyncio.to_thread(Path(lags).write_bytes, seen.tobytes())

    if lags:
        app.run = probed
    run()


if __name__ == "__main__":
    _main(*sys.argv[1:])
