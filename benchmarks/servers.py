"""PostgreSQL, and the replicas that share it, for what is measured with several of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from subprocess import SubprocessError

import aiohttp

from benchmarks.own_bot import OwnBot, own_process
from bot.settings import Settings
from tests.stage.postgres import Postgres, postgres
from tests.stage.world import World


@contextmanager
def a_server() -> Iterator[Postgres | None]:
    """A server that waits for the disk at every commit; None, and a word why, where none starts."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(postgres())
        except (ImportError, OSError, RuntimeError, SubprocessError) as error:
            print(f"  left out: PostgreSQL does not start here: {type(error).__name__}: {error}")
            yield None
        else:
            yield running


@asynccontextmanager
async def replica(around: World, settings: Settings, folder: Path) -> AsyncIterator[OwnBot]:
    """Run one of several hurried bots that share a database, in a folder; ready as soon as it answers so."""
    own = settings.model_copy(update={"erasures_file": folder / f"{settings.port}.erasures"})
    async with own_process(own, folder / f"{settings.port}.log", hurried=True) as bot:
        await _until_ready(around.http, settings.port)
        yield bot


async def _until_ready(http: aiohttp.ClientSession, port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            with suppress(aiohttp.ClientError):
                async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.02)
