"""How soon the others go on where a replica dies or hangs: with the ticks, and with a message on its way."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter

import psycopg
from pydantic import SecretStr

from benchmarks.figures import Figure
from benchmarks.own_bot import OwnBot
from benchmarks.servers import a_server, replica
from sandbox.faults import Hang
from schedules.clock import system_clock
from storage.database.holds import LEAD
from storage.encryption import generate_key
from tests.stage.balancer import balanced
from tests.stage.world import World, world

REPLICAS, KILLS, STANDSTILLS = 2, 2, 1
_TICKS_SECONDS, _MESSAGE_SECONDS = 5.0, 10.0
_IN_VAIN_SECONDS = 30.0
_LEADER = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid::bigint << 32 | objid::bigint = %s
"""


async def measure() -> Sequence[Figure]:
    """End the one that leads and is sending, by kill -9 and by a standstill; the longest of each counts."""
    with a_server() as server, tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        if server is None:
            return []
        key = generate_key()
        async with (
            world(
                database_url=server.url, data_key=key, now=system_clock(), telegram="webhook", slack="http"
            ) as around,
            await psycopg.AsyncConnection.connect(server.url, autocommit=True) as asking,
            AsyncExitStack() as stack,
        ):
            replicas = _Replicas(around, Path(folder), asking, stack)
            for _ in range(REPLICAS):
                await replicas.begin_one()
            killed = [await replicas.end_one(signal.SIGKILL) for _ in range(KILLS)]
            hung = [await replicas.end_one(signal.SIGSTOP) for _ in range(STANDSTILLS)]
    return [
        figure
        for how, took in (("kill -9", killed), ("a standstill", hung))
        for figure in (
            Figure(f"takeover: the ticks, after {how}", max(one.ticks for one in took), "s", _TICKS_SECONDS),
            Figure(
                f"takeover: a message, after {how}", max(one.message for one in took), "s", _MESSAGE_SECONDS
            ),
        )
    ]


@dataclass(frozen=True, slots=True)
class _Took:
    """How many seconds it took until another led, and until another sent the message."""

    ticks: float
    message: float


@dataclass(slots=True)
class _Replicas:
    """Some of the bot, by the name they go by at Telegram and at the database."""

    around: World
    folder: Path
    asking: psycopg.AsyncConnection
    stack: AsyncExitStack
    bots: dict[str, tuple[OwnBot, int]] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def begin_one(self) -> None:
        name = f"replica-{next(self.numbers)}"
        settings = self.around.replica(name)
        url = f"{settings.database_url.get_secret_value()}&application_name={name}"
        own = settings.model_copy(update={"database_url": SecretStr(url)})
        bot = await self.stack.enter_async_context(replica(self.around, own, self.folder))
        self.bots[name] = bot, own.port

    async def end_one(self, how: signal.Signals) -> _Took:
        """Send this signal to the one that leads while Telegram is silent to it; another takes its place."""
        name = await self._leader(self.bots)
        bot, port = self.bots.pop(name)
        person = self.around.telegram.person(1000 + next(self.numbers), first_name="Ana", language_code="en")
        self.around.telegram.faults.next("sendMessage", Hang(2 * _IN_VAIN_SECONDS))
        async with balanced(self.around.port, [port]):
            person.start()
            await self._writes_to(person.chat_id, [name])
        os.kill(bot.pid, how)
        began = perf_counter()

        async def leads() -> float:
            await self._leader(self.bots)
            return perf_counter() - began

        async def writes() -> float:
            await self._writes_to(person.chat_id, self.bots)
            return perf_counter() - began

        took = _Took(*await asyncio.gather(leads(), writes()))
        with suppress(ProcessLookupError):  # after kill -9 there is none
            os.kill(bot.pid, signal.SIGKILL)
        await self.begin_one()
        return took

    async def _leader(self, among: Collection[str]) -> str:
        """Wait until one of these leads."""
        async with asyncio.timeout(_IN_VAIN_SECONDS):
            while True:
                row = await (await self.asking.execute(_LEADER, [LEAD])).fetchone()
                if row is not None and row[0] in among:
                    return str(row[0])
                await asyncio.sleep(0.005)

    async def _writes_to(self, chat_id: int, among: Collection[str]) -> None:
        """Wait until one of these writes to the chat."""

        def written() -> bool:
            calls = [one for one in self.around.telegram.calls if one.chat_id == chat_id]
            return any(one.method == "sendMessage" and one.caller in among for one in calls)

        if not await self.around.telegram.changes.until(written, _IN_VAIN_SECONDS):
            raise TimeoutError(f"nobody of {', '.join(among)} writes")
