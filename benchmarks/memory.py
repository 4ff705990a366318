"""Whether the bot's memory stays where it is: many patients, whole surveys, complaints, unknown links."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from statistics import median

import aiohttp

from benchmarks.crowd import Crowd
from benchmarks.figures import Figure
from benchmarks.own_bot import OwnBot, own_bot
from schedules.clock import system_clock
from storage.encryption import generate_key
from storage.schema import upgrade
from tests.stage.desk import ISSUE
from tests.stage.world import TRIAGE, World, world

AT_ONCE = 60
TURNS, MANY_TURNS = 6_000, 100_000
_SAMPLE_SECONDS = 0.5
_SAID_EVERY = 60
_REPORTERS = 200
_STRANGER = 10**9


async def measure(turns: int = TURNS) -> Sequence[Figure]:
    """Drive so many turns through `labvoice run`; its memory in the last quarter beside the second.

    Its database is up to date when it starts, as it is at every start but the first.
    """
    crowd = Crowd(Random(7))
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        url = f"sqlite:///{Path(folder, 'labvoice.db')}"
        await asyncio.to_thread(upgrade, url)
        async with (
            crowd.serving() as telegram,
            world(database_url=url, data_key=generate_key(), now=system_clock()) as around,
        ):
            around.settings = around.settings.model_copy(update={"telegram_api_url": telegram})
            async with own_bot(around, hurried=True) as bot:
                began = asyncio.get_running_loop().time()
                samples = await _drive(around, crowd, bot, turns)
                seconds = asyncio.get_running_loop().time() - began
    second = median(mb for at, mb in samples if turns / 4 <= at < turns / 2)
    last = median(mb for at, mb in samples if turns * 3 / 4 <= at)
    return (
        Figure(
            f"memory: growth over {turns} turns, last quarter to second", (last / second - 1) * 100, "%", 2
        ),
        Figure("memory: resident in the last quarter", last, "MB", 130),
        Figure("memory: turns a second while measuring", crowd.turns / seconds, "/s"),
    )


async def _drive(around: World, crowd: Crowd, bot: OwnBot, turns: int) -> list[tuple[int, float]]:
    samples: list[tuple[int, float]] = []
    people = iter(range(10_000, 10**9))

    async def patients() -> None:
        while crowd.turns < turns:
            await _patient(around, crowd, next(people))

    async def physicians() -> None:
        for number in range(10**9):
            if crowd.turns >= turns:
                return
            await _report(around, f"U0REPORTER{number % _REPORTERS}")

    async def sampling() -> None:
        while True:
            samples.append((crowd.turns, bot.resident()))
            await asyncio.sleep(_SAMPLE_SECONDS)
            if len(samples) % _SAID_EVERY == 0:
                print(f"  {crowd.turns} turns, {samples[-1][1]:.1f} MB", flush=True)
                if samples[-_SAID_EVERY][0] == crowd.turns:
                    raise TimeoutError(f"nobody was answered any more after {crowd.turns} turns")

    async with asyncio.TaskGroup() as group:
        sampler = group.create_task(sampling())
        driven = [group.create_task(physicians()), *(group.create_task(patients()) for _ in range(AT_ONCE))]
        await asyncio.wait(driven)
        sampler.cancel()
    return samples


async def _patient(around: World, crowd: Crowd, chat: int) -> None:
    token = await _collected(around, f"LAB-{chat:09d}")
    sayings = [f"/start {token}"]
    if chat % 5 == 0:
        sayings.append("/complaint")
    if chat % 20 == 0:
        crowd.guesses(_STRANGER + chat, token[::-1])
    if chat % 7 == 0:
        sayings.append("/stop")
    await crowd.lives(chat, sayings)


async def _collected(around: World, order: str) -> str:
    """The link of a new visit; the laboratory system repeats what was not acknowledged."""
    while True:
        with suppress(aiohttp.ClientError):
            return (await around.collect(order))["token"]


async def _report(around: World, account: str) -> None:
    physician = around.slack.person(account, name="Dr Osei")
    await physician.command(TRIAGE, "/lab-issue")
    await physician.wait_for(lambda one: one.modal is not None and one.modal.submit is not None, 60)
    physician.fill(ISSUE)
    await physician.submit()
    await asyncio.sleep(1)
