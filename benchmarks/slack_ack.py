"""How soon Slack has its acknowledgement while another process keeps the database to itself, 5 s a time."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from sqlmodel import Session, col, func, select

from benchmarks.figures import Figure, quantile
from benchmarks.own_bot import own_bot
from bot.complaints.terms import Role
from sandbox.slack import SlackPerson
from schedules.clock import system_clock
from storage import contacts
from storage.database import Database
from storage.encryption import generate_key
from storage.tables import Complaint, ContactKind
from tests.stage.desk import ISSUE
from tests.stage.world import NURSE, TRIAGE, World, world

T = TypeVar("T")

PEOPLE = 12
LOCKS, LOCKED_SECONDS, FREE_SECONDS = 2, 5.0, 2.0
_TARGET = 500.0


async def measure() -> Sequence[Figure]:
    """Report issues, look at the status and press buttons through it all, over HTTP and over Socket Mode."""
    return [*await _over("http"), *await _over("socket")]


@dataclass(slots=True)
class Acknowledgements:
    """How long each took, in ms: all, and those asked for while the database was locked."""

    everything: list[float] = field(default_factory=list)
    locked: list[float] = field(default_factory=list)
    is_locked: bool = False
    over: bool = False
    reports: int = 0

    async def of(self, deed: Awaitable[T]) -> T:
        began, was_locked = time.perf_counter(), self.is_locked
        outcome = await deed
        took = (time.perf_counter() - began) * 1000
        self.everything.append(took)
        if was_locked:
            self.locked.append(took)
        return outcome


async def _over(transport: Literal["http", "socket"]) -> Sequence[Figure]:
    acks = Acknowledgements()
    with tempfile.TemporaryDirectory(prefix="labvoice-bench-") as folder:
        file = Path(folder, "labvoice.db")
        async with (
            world(
                database_url=f"sqlite:///{file}", data_key=generate_key(), now=system_clock(), slack=transport
            ) as around,
            own_bot(around),
        ):
            await _with_database(around, _appoint)
            people = [around.slack.person(f"U0PERSON{n}", name="Dr Osei") for n in range(PEOPLE)]
            async with asyncio.TaskGroup() as group:
                group.create_task(_lock(file, acks))
                group.create_task(_press(around, acks))
                for one in people:
                    group.create_task(_report(one, acks))
            kept = await _with_database(around, _complaints)
    if kept != acks.reports:
        raise AssertionError(f"{acks.reports} issues were reported and {kept} are there")
    return [
        Figure(f"slack {transport}: acknowledgement while locked, p50", quantile(acks.locked, 0.5), "ms"),
        Figure(
            f"slack {transport}: acknowledgement while locked, p99",
            quantile(acks.locked, 0.99),
            "ms",
            _TARGET,
        ),
        Figure(
            f"slack {transport}: acknowledgement, p99 of all", quantile(acks.everything, 0.99), "ms", _TARGET
        ),
        Figure(f"slack {transport}: acknowledgements while locked", len(acks.locked), ""),
    ]


async def _lock(file: Path, acks: Acknowledgements) -> None:
    for _ in range(LOCKS):
        await asyncio.sleep(FREE_SECONDS)
        other = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        acks.is_locked = True
        await asyncio.sleep(LOCKED_SECONDS)
        acks.is_locked = False
        other.execute("ROLLBACK")
        other.close()
    acks.over = True


async def _report(person: SlackPerson, acks: Acknowledgements) -> None:
    """Report issues one after the other, each to its thanks; a report under way is sent twice."""
    while not acks.over:
        await acks.of(person.command(TRIAGE, "/lab-issue"))
        await person.wait_for(lambda one: one.modal is not None and one.modal.submit == "Submit", 30)
        person.fill(ISSUE)
        await acks.of(person.submit())
        acks.reports += 1
        if person.modal is not None and person.modal.submit is not None:
            await acks.of(person.submit())
            await acks.of(person.command(TRIAGE, "/lab-status"))
        await person.wait_for(lambda one: one.modal is not None and one.modal.submit is None, 30)
        person.close()
        if person.notices:
            raise AssertionError(person.notices)


async def _press(around: World, acks: Acknowledgements) -> None:
    """Acknowledge the newest complaint, again and again."""
    nurse = around.slack.person(NURSE, name="Nurse Joy")
    while not acks.over:
        await asyncio.sleep(0.2)
        if around.triage.messages:
            with suppress(LookupError):  # that one is acknowledged already
                await acks.of(nurse.click(around.triage.messages[-1], "Acknowledge"))


async def _with_database(around: World, function: Callable[[Session], T]) -> T:
    url = around.settings.database_url.get_secret_value()
    database = await Database.open(url, around.settings.keyring())
    try:
        return await database.run(function)
    finally:
        await database.close()


def _appoint(session: Session) -> None:
    nurse = contacts.find_or_add(session, "slack", NURSE, ContactKind.PERSON, "en", system_clock())
    contacts.appoint(session, nurse.id, Role.STAFF, system_clock())


def _complaints(session: Session) -> int:
    return session.exec(select(func.count(col(Complaint.id)))).one()
