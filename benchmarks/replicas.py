"""How many turns a second replicas take on one PostgreSQL, behind a balancer and all on this machine."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.figures import Figure, quantile
from benchmarks.patients import Patients
from benchmarks.servers import a_server, replica
from benchmarks.turns import AT_ONCE, choice, collected, verify
from schedules.clock import system_clock
from storage.encryption import generate_key
from tests.stage.balancer import balanced
from tests.stage.world import WEBHOOK_SECRET, World, world

REPLICAS = (1, 2, 4)
WARMING_SECONDS, SECONDS = 1.5, 5.0
_VISITS = 6_000


async def measure() -> Sequence[Figure]:
    """The same patients at one, two and four replicas: each patient's updates come over one connection."""
    with a_server() as server, tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        if server is None:
            return []
        key = generate_key()
        async with world(
            database_url=server.url, data_key=key, now=system_clock(), telegram="webhook", slack="http"
        ) as around:
            links = iter(await collected(server.url, key, _VISITS))
            patients = Patients(links, choice, around.settings.telegram_webhook_url, WEBHOOK_SECRET)
            figures: list[Figure] = []
            async with patients.serving() as telegram:
                for replicas in REPLICAS:
                    a_second, p99 = await _driven(around, patients, telegram, replicas, Path(folder))
                    figures += [
                        Figure(f"replicas: turns of {replicas}", a_second, "/s"),
                        Figure(f"replicas: turns of {replicas}, p99 of {AT_ONCE} patients", p99, "ms"),
                    ]
        await verify(server.url, key, patients)
        return figures


async def _driven(
    around: World, patients: Patients, telegram: str, replicas: int, folder: Path
) -> tuple[float, float]:
    async with AsyncExitStack() as stack:
        own = {"telegram_api_url": telegram}
        settings = [around.replica(str(n)).model_copy(update=own) for n in range(replicas)]
        bots = [replica(around, one, folder) for one in settings]
        await asyncio.gather(*(stack.enter_async_context(one) for one in bots))
        await stack.enter_async_context(balanced(around.port, [one.port for one in settings]))
        await patients.come(AT_ONCE, WARMING_SECONDS)
        patients.waits.clear()
        seconds = await patients.come(AT_ONCE, SECONDS)
        return len(patients.waits) / seconds, quantile(patients.waits, 0.99) * 1000
