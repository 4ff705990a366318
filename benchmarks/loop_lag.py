"""How long the bot's event loop is held up while a large export and digests run and patients go on."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlmodel import Session, insert
from uuid_utils.compat import uuid7

from benchmarks.crowd import Crowd
from benchmarks.figures import Figure, quantile
from benchmarks.own_bot import own_bot, read_lags
from bot.complaints.terms import Role
from bot.dialog.effect import Ending
from schedules.clock import system_clock
from storage import contacts
from storage.database import Database
from storage.encryption import generate_key
from storage.schema import upgrade
from storage.tables import Answer, ContactKind, Response
from tests.stage.forked import environment
from tests.stage.world import MANAGER, World, world

RESPONSES = 100_000
PATIENTS = 20
_BATCH = 5_000
_SCALES = ("comfort", "courtesy", "privacy", "waiting", "clarity")
_SITES = ("North", "South", "Harbour")
_FEWEST_DIGESTS = 3
_ALONE_SECONDS = 10.0
_TARGET = 100.0


async def measure() -> Sequence[Figure]:
    """Export 100,000 responses as an operator does, ask for digests meanwhile, and let patients answer."""
    crowd, rng = Crowd(Random(7)), Random(11)
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        lags = Path(folder, "lags")
        async with (
            crowd.serving() as telegram,
            world(
                database_url=f"sqlite:///{Path(folder, 'labvoice.db')}",
                data_key=generate_key(),
                now=system_clock(),
            ) as around,
        ):
            around.settings = around.settings.model_copy(update={"telegram_api_url": telegram})
            await _fill(around, rng)
            async with own_bot(around, lags=lags):
                patients = [asyncio.create_task(_patients(around, crowd, n)) for n in range(PATIENTS)]
                before = time.monotonic()
                await asyncio.sleep(_ALONE_SECONDS)
                crowd.waited.clear()
                begin, turns = time.monotonic(), crowd.turns
                exporting = asyncio.create_task(_export(around, Path(folder, "responses.csv")))
                digests = await _digests_until(around, exporting)
                end, turns = time.monotonic(), crowd.turns - turns
                for one in patients:
                    one.cancel()
                await asyncio.gather(*patients, return_exceptions=True)
            alone, seen = read_lags(lags, before, begin), read_lags(lags, begin, end)
    late = [one.late for one in seen]
    ours = [max(one.late - one.without_processor, 0) for one in seen]
    waited = [1000 * seconds for seconds in crowd.waited]
    return [
        Figure("loop lag: digests meanwhile", digests, ""),
        Figure("loop lag: p50", quantile(late, 0.5), "ms"),
        Figure("loop lag: p99", quantile(late, 0.99), "ms", _TARGET),
        Figure("loop lag: p99 before any of it", quantile([one.late for one in alone], 0.99), "ms"),
        Figure("loop lag: longest", max(late), "ms"),
        Figure("loop lag: p99 less what other processes took", quantile(ours, 0.99), "ms", _TARGET),
        Figure("loop lag: longest less what other processes took", max(ours), "ms"),
        Figure("loop lag: turns a second meanwhile", turns / (end - begin), "/s"),
        Figure("loop lag: from a tap to the next question, p50", quantile(waited, 0.5), "ms"),
        Figure("loop lag: from a tap to the next question, p99", quantile(waited, 0.99), "ms"),
    ]


async def _fill(around: World, rng: Random) -> None:
    """Write a month of completed responses with their answers, and a manager."""
    url, now = around.settings.database_url.get_secret_value(), system_clock()
    await asyncio.to_thread(upgrade, url)
    database = await Database.open(url, around.settings.keyring())
    for _ in range(RESPONSES // _BATCH):
        await database.run(_add_batch, rng, now)
    await database.run(_appoint, now)
    await database.close()


def _add_batch(session: Session, rng: Random, now: datetime) -> None:
    responses, answers = [], []
    for _ in range(_BATCH):
        ended = now - timedelta(minutes=rng.randrange(28 * 24 * 60))
        response = {
            "id": uuid7(),
            "questionnaire": "after_collection",
            "version": 1,
            "site": rng.choice(_SITES),
            "channel": "telegram",
            "locale": "en",
            "status": Ending.COMPLETED,
            "started_at": ended - timedelta(minutes=1),
            "ended_at": ended,
        }
        responses.append(response)
        given: dict[str, int | str] = {item: rng.choice((2, 3, 4, 4, 5, 5, 5)) for item in _SCALES}
        given["recommend"] = rng.randint(5, 10)
        if rng.random() < 0.1:
            given["comment"] = f"I waited for {rng.randrange(5, 90)} minutes, and nobody told me why."
        answers += [
            {
                "response_id": response["id"],
                "item": item,
                "number": value if isinstance(value, int) else None,
                "words": value if isinstance(value, str) else None,
                "answered_at": ended,
            }
            for item, value in given.items()
        ]
    session.connection().execute(insert(Response), responses)
    session.connection().execute(insert(Answer), answers)


def _appoint(session: Session, now: datetime) -> None:
    manager = contacts.find_or_add(session, "slack", MANAGER, ContactKind.PERSON, "en", now)
    contacts.appoint(session, manager.id, Role.MANAGER, now)


async def _patients(around: World, crowd: Crowd, number: int) -> None:
    for chat in range(1000 * (number + 1), 1000 * (number + 2)):
        await crowd.lives(
            chat, [f"/start {(await around.collect(f'LAB-{chat:09d}'))['token']}", "/complaint"]
        )


async def _export(around: World, file: Path) -> None:
    """`labvoice export responses`, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "export", "responses", "--out", str(file)),
        env={**os.environ, **environment(around.settings)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise AssertionError(said.decode())


async def _digests_until(around: World, exporting: asyncio.Task[None]) -> int:
    """Ask for one digest after the other, each until its chart is there; how many came."""
    manager = around.slack.person(MANAGER, name="Ms Okoye")
    came = 0
    while came < _FEWEST_DIGESTS or not exporting.done():
        await manager.command(manager.direct, "/lab-digest")
        await manager.wait_for(lambda one: sum(bool(m.files) for m in one.direct.messages) > came, 120)  # noqa: B023
        came += 1
    await exporting
    return came
