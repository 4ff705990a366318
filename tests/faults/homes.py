"""Where the bot's database lives during an attack, and what goes wrong there."""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random

from schedules.clock import system_clock
from tests.faults.fleet import REPLICAS
from tests.stage.postgres import Postgres, postgres

FULL_DISK, SHARED = "full-disk", "replicas"
_DISK_MEGABYTES = 24


@dataclass(frozen=True, slots=True)
class Home:
    """A database that is empty. `trouble` goes on until cancelled and then leaves all as it should be.

    Under it the bot may also end by itself: whoever runs it then starts it again. If several `replicas` share
    the database, `stops` has from when until when it was down.
    """

    url: str
    trouble: Callable[[Random], Coroutine[None, None, None]] | None = None
    replicas: int = 1
    stops: list[tuple[datetime, datetime]] = field(default_factory=list)


@asynccontextmanager
async def a_file() -> AsyncIterator[Home]:
    """SQLite on a disk with room enough."""
    with tempfile.TemporaryDirectory(prefix="labvoice-faults-") as folder:
        yield Home(f"sqlite:///{folder}/labvoice.db")


@asynccontextmanager
async def a_server() -> AsyncIterator[Home]:
    """PostgreSQL, stopped at once and started again every few seconds."""
    with postgres() as server:

        async def trouble(rng: Random) -> None:
            while True:
                await asyncio.sleep(rng.uniform(2.0, 5.0))
                await _to_its_end(partial(_stop_and_start, server))

        yield Home(server.url, trouble)


@asynccontextmanager
async def a_shared_server() -> AsyncIterator[Home]:
    """PostgreSQL for several replicas, stopped at once and started again now and then.

    Seldom enough that most of what is sent is sent while no stop is near.
    """
    with postgres() as server:
        stops: list[tuple[datetime, datetime]] = []

        async def trouble(rng: Random) -> None:
            while True:
                await asyncio.sleep(rng.uniform(10.0, 20.0))
                began = system_clock()
                await _to_its_end(partial(_stop_and_start, server))
                stops.append((began, system_clock()))

        yield Home(server.url, trouble, REPLICAS, stops)


def _stop_and_start(server: Postgres) -> None:
    server.stop()
    server.start()


@asynccontextmanager
async def a_full_disk() -> AsyncIterator[Home]:
    """SQLite on a small disk of its own that something else fills again and again. Needs to be root."""
    with tempfile.TemporaryDirectory(prefix="labvoice-faults-") as name:
        folder = Path(name)
        size = f"size={_DISK_MEGABYTES}m"
        await asyncio.to_thread(_call, "mount", "-t", "tmpfs", "-o", size, "labvoice", name)
        ballast = folder / "ballast"

        async def trouble(rng: Random) -> None:
            try:
                while True:
                    await asyncio.sleep(rng.uniform(0.5, 2.0))
                    _fill(ballast)
                    await asyncio.sleep(rng.uniform(0.2, 1.0))
                    ballast.unlink()
            finally:
                ballast.unlink(missing_ok=True)

        try:
            yield Home(f"sqlite:///{folder}/labvoice.db", trouble)
        finally:
            await asyncio.to_thread(_call, "umount", name)


HOMES: Mapping[str, Callable[[], AbstractAsyncContextManager[Home]]] = {
    "sqlite": a_file,
    "postgresql": a_server,
    SHARED: a_shared_server,
    FULL_DISK: a_full_disk,
}


def _call(*command: str) -> None:
    subprocess.run(command, check=True)


def _fill(ballast: Path) -> None:
    """Leave not one byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1024 * 1024, 1024, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


async def _to_its_end(work: Callable[[], None]) -> None:
    """Do it in a thread and wait for its end even when cancelled meanwhile."""
    doing = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(doing)
    except asyncio.CancelledError:
        await doing
        raise
