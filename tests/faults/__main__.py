"""Attack the running bot and check from outside that its promises were kept: `make faults`."""

import argparse
import asyncio
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import aiohttp

from bot.app import running
from sandbox.faults import Faults
from schedules.clock import system_clock
from storage.encryption import generate_key
from tests.faults.chaos import Killer, SeededFaults
from tests.faults.checker import pending, violations
from tests.faults.people import Patient
from tests.stage.world import Collected, World, world

AT_ONCE = 40
_SETTLING_SECONDS = 30


async def attack(around: World, file: Path, patients: int, kills: int, seed: int) -> list[Patient]:
    """Let `patients` answer while the bot is killed `kills` times; everybody, when all have been thanked."""
    rng = Random(seed)
    killer = Killer(around.settings, Random(rng.random()), partial(_check_file, file))
    around.telegram.faults = SeededFaults(Random(rng.random()))
    chaos = asyncio.create_task(killer.kill_again_and_again(kills))
    gate = asyncio.Semaphore(AT_ONCE)
    surveys = (_survey(around, gate, number, Random(rng.random())) for number in range(patients))
    try:
        done = await asyncio.gather(*surveys)
        while killer.kills < kills and not chaos.done():
            await around.next_change()
    finally:
        chaos.cancel()
        with suppress(asyncio.CancelledError):
            await chaos
    return done


async def check(around: World, patients: Sequence[Patient]) -> list[str]:
    """Let the bot deliver what is left, undisturbed, and compare; every broken promise in words."""
    around.telegram.faults = Faults()
    async with running(around.settings) as bot:
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLING_SECONDS):
                while await bot.core.database.read(pending):
                    await around.next_change()
        return await bot.core.database.read(violations, [one.ledger for one in patients])


async def _survey(around: World, gate: asyncio.Semaphore, number: int, rng: Random) -> Patient:
    async with gate:
        collected = await _collect(around, number)
        person = around.telegram.person(1000 + number, first_name="Ana", language_code="en")
        patient = Patient(person, collected["visit_id"], rng)
        await patient.answers_all(collected["token"])
        return patient


async def _collect(around: World, number: int) -> Collected:
    """Tell of a visit as a laboratory system does: again and again until it is acknowledged."""
    body = {"order": f"LAB-{number:06d}", "site": "North", "collected_at": around.now.isoformat()}
    while True:
        with suppress(aiohttp.ClientError):
            status, answer = await around.lis("visits", body)
            if status in (200, 201):
                collected: Collected = answer  # type: ignore[assignment]
                return collected
        await around.next_change()


def _check_file(file: Path) -> None:
    if not file.exists():
        return
    with sqlite3.connect(file, timeout=5) as connection:
        (found,) = connection.execute("PRAGMA quick_check").fetchone()
    connection.close()
    if found != "ok":
        raise AssertionError(f"the database file is damaged: {found}")


async def _main(patients: int, kills: int, seed: int) -> int:
    print(f"seed {seed}: {patients} patients, {kills} kills")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="labvoice-faults-") as folder:
        file = Path(folder, "labvoice.db")
        async with world(
            database_url=f"sqlite:///{file}", data_key=generate_key(), now=system_clock()
        ) as around:
            done = await attack(around, file, patients, kills, seed)
            broken = await check(around, done)
    answers = sum(len(one.ledger.answers) for one in done)
    for words in broken:
        print(f"BROKEN  {words}")
    print(
        f"{answers} answers, {kills} kills, {time.monotonic() - began:.0f} s: {len(broken)} promises broken"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--patients", type=int, default=290)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args()
    sys.exit(asyncio.run(_main(given.patients, given.kills, given.seed)))
