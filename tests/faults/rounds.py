"""Rounds: a world, an attack, the check, and the figures."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from bot.catalog.loader import SURVEYS
from sandbox.slack.delivery import Timings
from schedules.clock import system_clock
from schedules.delivery import AT_ONCE
from storage.database import Database, erasures_file
from storage.encryption import generate_key
from storage.erasures import journal
from tests.faults.attack import Attack, Plan
from tests.faults.checker import violations
from tests.faults.deliveries import Repeats, Seen, repeats
from tests.faults.homes import HOMES
from tests.stage.world import World, world

FULL = Plan(seed=0, kills=50, joining=122, returning=38, issues=25)
A_FEW = Plan(seed=0, kills=8, joining=24, returning=12, issues=4, managers=3, patience=30.0)
_PATIENCE = Timings(retries=(0.0, 0.5, 1.0))  # Slack's are up to five minutes
Way = Literal["polling", "webhook"]
WAYS: Sequence[Way] = ("polling", "webhook")


@dataclass(frozen=True, slots=True)
class Result:
    """What one round came to."""

    plan: Plan
    way: str
    kills: int
    answers: int
    complaints: int
    messages: int
    repeats: Repeats
    seconds: float
    broken: Sequence[str]

    @property
    def line(self) -> str:
        """The figures, in one line."""
        again = self.repeats
        return (
            f"{self.way}, seed {self.plan.seed}: {self.kills} kills, {self.answers} answers, "
            f"{self.complaints} complaints, {self.messages} messages, "
            f"{again.unanswered + again.in_flight + again.at_stop} of them repeated "
            f"({again.unanswered} were not answered, {again.in_flight} in flight at a kill, "
            f"{again.at_stop} at a stop of the server), {self.seconds:.0f} s: "
            f"{len(self.broken)} promises broken"
        )


def one_round(
    plan: Plan, seed: int, way: Way = "polling", home: str = "sqlite", mutant: str | None = None
) -> Result:
    """One round: polling with Socket Mode, or webhooks from both platforms; `home` is one of HOMES.

    Several replicas take webhooks alone.
    """
    return asyncio.run(_round(replace(plan, seed=seed), way, home, mutant))


async def _round(plan: Plan, way: Way, home: str, mutant: str | None) -> Result:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="labvoice-") as name:
        folder = Path(name)
        async with (
            HOMES[home]() as place,
            world(
                database_url=place.url,
                data_key=generate_key(),
                now=system_clock(),
                telegram=way,
                slack="socket" if way == "polling" else "http",
                patience=_PATIENCE,
            ) as around,
        ):
            around.settings = around.settings.model_copy(update={"surveys_dir": _at_once(folder)})
            if place.replicas > 1:
                # Each has two processes end, and many processes are slow to begin.
                plan = replace(plan, kills=plan.kills // 2, patience=FULL.patience)
            attack = Attack(around, folder, plan, place.trouble, mutant, place.replicas)
            await attack.run()
            return await _checked(around, attack, place.stops, f"{way}, {home}", began)


async def _checked(
    around: World, attack: Attack, stops: Sequence[tuple[datetime, datetime]], way: str, began: float
) -> Result:
    url, keyring = around.settings.database_url.get_secret_value(), around.settings.keyring()
    seen = Seen(
        attack.ledger,
        {"telegram": around.telegram.calls, "slack": around.slack.calls},
        attack.lives,
        _chats(around),
        {f"{room.id}:{one.ts}": one.text for room in around.slack.rooms for one in room.messages},
        _deeds(around),
        journal.read([folder / erasures_file(url) for folder in attack.folders]),
        # While a database takes nothing, what was sent waits to be written down, and others are sent to.
        AT_ONCE if attack.trouble is None else sys.maxsize,
        stops,
    )
    broken = list(attack.broken)
    database = await Database.open(url, keyring)
    try:
        if not broken:
            broken += await database.read(violations, seen)
            if attack.ledger.answers < 4 * attack.plan.joining:
                broken.append(f"only {attack.ledger.answers} answers were given: nothing was put to the test")
        again = await database.read(repeats, seen)
    finally:
        await database.close()
    return Result(
        plan=attack.plan,
        way=way,
        kills=len(attack.lives),
        answers=attack.ledger.answers,
        complaints=len(attack.ledger.complaints),
        messages=sum(call.made is not None for calls in seen.calls.values() for call in calls),
        repeats=again,
        seconds=time.monotonic() - began,
        broken=broken,
    )


def _chats(around: World) -> Mapping[str, Sequence[str]]:
    chats = {
        f"telegram:{one.chat_id}": [message.text for message in one.chat if message.by == "bot"]
        for one in around.telegram.people
    }
    for person in around.slack.people:
        chats[f"slack:{person.user_id}"] = [one.text + str(one.blocks) for one in person.direct.messages]
    return chats


def _deeds(around: World) -> Mapping[int, Sequence[datetime]]:
    """When what each person wrote or tapped was confirmed."""
    deeds: dict[int, list[datetime]] = {}
    for update in around.telegram.forgotten:
        if update.kind != "my_chat_member" and update.confirmed_at is not None:
            deeds.setdefault(update.body["from"]["id"], []).append(update.confirmed_at)
    return deeds


def _at_once(folder: Path) -> Path:
    """The survey about results as it is, but asked within a minute, by day and by night."""
    surveys = folder / "surveys"
    surveys.mkdir()
    source = (SURVEYS / "after_results.yaml").read_text(encoding="utf-8")
    for usual, here in (("delay: 1d", "delay: 1m"), ("window: 09:00-19:00", "window: 00:00-23:59")):
        if usual not in source:
            raise AssertionError(f"the survey about results has no {usual!r} any more")
        source = source.replace(usual, here)
    (surveys / "after_results.yaml").write_text(source, encoding="utf-8")
    return surveys
