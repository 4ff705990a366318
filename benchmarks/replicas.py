"""How many turns a second replicas take on one PostgreSQL, behind a balancer and all on this machine."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from sqlmodel import Session, func, select

from benchmarks.figures import Figure, quantile
from benchmarks.patients import Patients
from benchmarks.servers import a_server, replica
from benchmarks.turns import AT_ONCE, choice
from schedules.clock import system_clock
from storage import visits
from storage.database import Database
from storage.encryption import Keyring, generate_key
from storage.schema import upgrade
from storage.tables import Answer
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
            links = iter(await _links(server.url, key))
            patients = Patients(links, choice, around.settings.telegram_webhook_url, WEBHOOK_SECRET)
            figures: list[Figure] = []
            async with patients.serving() as telegram:
                for replicas in REPLICAS:
                    a_second, p99 = await _driven(around, patients, telegram, replicas, Path(folder))
                    figures += [
                        Figure(f"replicas: turns of {replicas}", a_second, "/s"),
                        Figure(f"replicas: turns of {replicas}, p99 of {AT_ONCE} patients", p99, "ms"),
                    ]
        await _verify(server.url, key, patients)
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


async def _links(url: str, key: str) -> list[str]:
    """The links of visits, as many as anybody will need."""
    now = system_clock()

    def add(session: Session) -> list[str]:
        return [visits.add(session, f"LAB-{n:06d}", "North", now, now).token for n in range(_VISITS)]

    await asyncio.to_thread(upgrade, url)
    database = await Database.open(url, Keyring.parse(key))
    try:
        return await database.run(add)
    finally:
        await database.close()


async def _verify(url: str, key: str, patients: Patients) -> None:
    """Whatever was answered is there."""
    database = await Database.open(url, Keyring.parse(key))
    try:
        kept = await database.read(
            lambda session: session.exec(select(func.count()).select_from(Answer)).one()
        )
    finally:
        await database.close()
    if kept < 0.6 * patients.presses:
        raise AssertionError(f"{patients.presses} presses, and {kept} answers kept")
