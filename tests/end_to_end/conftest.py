"""The bot in a world of its own, in this process or in one that can be killed."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schedules.clock import system_clock
from storage.encryption import generate_key
from tests.stage.forked import environment, forked
from tests.stage.world import World, world

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
START_SECONDS = 30


@pytest.fixture
async def around(tmp_path: Path) -> AsyncIterator[World]:
    """A world with long polling and Socket Mode, in which the bot does not run yet."""
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    async with world(database_url=url, data_key=generate_key(), now=MONDAY) as made:
        yield made


@pytest.fixture
async def real_time(tmp_path: Path) -> AsyncIterator[World]:
    """As `around`, for a bot in a process of its own, which goes by the real clock."""
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    async with world(database_url=url, data_key=generate_key(), now=system_clock()) as made:
        yield made


@dataclass(slots=True)
class OwnProcess:
    """`labvoice run` in a process of its own."""

    process: asyncio.subprocess.Process

    async def ends(self) -> tuple[int, str]:
        """Wait for it to end: its exit code, and what it wrote."""
        out, _ = await self.process.communicate()
        return self.process.returncode or 0, out.decode()

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await self.process.communicate()


@asynccontextmanager
async def killed(around: World) -> AsyncIterator[None]:
    """Run the bot in a process of its own until the block ends with kill -9."""
    with tempfile.TemporaryDirectory(prefix="labvoice-") as folder:
        process = forked(around.settings, Path(folder))
        await asyncio.to_thread(process.start)
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await around.is_ready():
                    await around.next_change()
            yield
        finally:
            process.kill()
            await asyncio.to_thread(process.join)


@asynccontextmanager
async def own_process(around: World) -> AsyncIterator[OwnProcess]:
    """Start `labvoice run` and wait until it is ready; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        env={**os.environ, **environment(around.settings), "PYTHONWARNINGS": "error"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    own = OwnProcess(process)
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await around.is_ready():
                assert process.returncode is None, (await own.ends())[1]
                await around.next_change()
        yield own
    finally:
        if process.returncode is None:
            await own.kill()
