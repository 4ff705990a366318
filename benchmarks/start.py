"""How soon `labvoice run` answers somebody, and how much memory it takes to run."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from shutil import copyfile
from statistics import median
from time import perf_counter
from typing import Literal

from benchmarks.figures import Figure
from benchmarks.own_bot import OwnBot
from benchmarks.patients import Patients
from benchmarks.turns import collected
from schedules.clock import system_clock
from storage.encryption import generate_key
from tests.stage.forked import environment
from tests.stage.world import WEBHOOK_SECRET, World, world

Way = Literal["webhook", "polling"]

STARTS = 3
_SETTLED_SECONDS = 2.0
_COMMAND = (sys.executable, "-m", "bot", "run")


async def measure() -> Sequence[Figure]:
    """Start it anew for each way, with Telegram, Slack over HTTP, and a database that is up to date.

    A start before them, with an empty database, has the modules compiled and is not timed.
    """
    seconds: dict[Way, list[float]] = {"webhook": [], "polling": []}
    resident = []
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        made, key = Path(folder, "made.db"), generate_key()
        async with _to_be_started("webhook", Path(folder, "empty.db"), key) as (around, _):
            _, after_migrations = await _started(around, None)
        (link,) = await collected(f"sqlite:///{made}", key, 1)
        for number, way in enumerate([*seconds] * STARTS):
            file = Path(copyfile(made, Path(folder, f"{number}.db")))
            async with _to_be_started(way, file, key, link) as (around, patients):
                answered, megabytes = await _started(around, patients)
            seconds[way].append(answered)
            resident.append(megabytes)
    return (
        *(Figure(f"start: first answer, {way}", median(all_), "s", 1.5) for way, all_ in seconds.items()),
        Figure("start: resident memory", median(resident), "MB", 110),
        Figure("start: resident memory after the migrations of an empty database", after_migrations, "MB"),
    )


@asynccontextmanager
async def _to_be_started(
    way: Way, file: Path, key: str, *links: str
) -> AsyncIterator[tuple[World, Patients]]:
    """A bot's surroundings, and a patient for each link who asks nothing more than to be answered once."""
    url, now = f"sqlite:///{file}", system_clock()
    async with world(database_url=url, data_key=key, now=now, telegram=way, slack="http") as around:
        webhook = around.settings.telegram_webhook_url
        patients = Patients(iter(links), lambda _: None, webhook, WEBHOOK_SECRET)
        async with patients.serving() as telegram:
            around.settings = around.settings.model_copy(update={"telegram_api_url": telegram})
            yield around, patients


async def _started(around: World, patients: Patients | None) -> tuple[float, float]:
    """How many seconds after its start the first patient was answered, and how many MB it then takes."""
    variables = {**os.environ, **environment(around.settings)}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # else our own modules are compiled each time
    null = asyncio.subprocess.DEVNULL
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(*_COMMAND, env=variables, stderr=null)
    try:
        if patients is not None:
            if around.settings.telegram_webhook_url:
                await _until_listening(around.port)
            await patients.come(1, 60)
        answered = perf_counter() - began
        await around.until_ready()
        await asyncio.sleep(_SETTLED_SECONDS)
        return answered, OwnBot(process.pid).resident()
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def _until_listening(port: int) -> None:
    """Telegram, too, brings an update again until somebody takes it."""
    async with asyncio.timeout(60):
        while True:
            with suppress(ConnectionError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.005)
