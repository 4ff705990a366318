"""What is asked all the time is found by an index, however much has been kept."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from unittest.mock import patch
from uuid import UUID

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session
from uuid_utils.compat import uuid7

from benchmarks.large import fill
from bot.catalog import Catalog, load
from bot.channels import DeliveryOutcome, RetryAfter, Sent, Undeliverable
from bot.complaints.lifecycle import Action
from bot.complaints.terms import Department, Role
from bot.dialog.event import Command
from handlers.slack.cases import case_of
from handlers.slack.looking import look
from handlers.slack.standing import standing_of
from schedules import sla
from schedules.delivery import Delivery
from schedules.digests.indicators import asked_of
from storage import (
    backlog,
    complaints,
    contacts,
    digests,
    inbox,
    investigations,
    lists,
    outbox,
    prepared,
    subscriptions,
)
from storage.database import Database
from storage.encryption import Keyring
from storage.lists import Listing, Spot, Viewer
from storage.tables import Period, ResultStatus, Table
from tests.bot.turns.conftest import NURSE, PHYSICIAN, START, Laboratory

ISSUE = {"category": "specimen", "phase": "pre_examination", "severity": "serious", "happened": "Lost"}

Scene: TypeAlias = Callable[[Laboratory], Awaitable[None]]


async def a_survey(laboratory: Laboratory) -> None:
    await laboratory.start(await laboratory.visit())
    await laboratory.start(await laboratory.visit())
    await laboratory.tap("Yes")
    again = await laboratory.tap("4")
    await laboratory.press(again)
    await laboratory.say("two")
    await laboratory.photo()
    await laboratory.tap("Back")
    while "questions follow" not in await laboratory.heard() and "act on" not in await laboratory.heard():
        await laboratory.tap("Skip")


async def a_complaint_in_a_chat(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.command(Command.COMPLAINT)
    await laboratory.say("Nobody called me.")
    await laboratory.command(Command.STATUS)
    await laboratory.command(Command.CANCEL)
    (contact,) = set(laboratory.handed_over)
    await laboratory.database.read(outbox.slot_of, contact, "17")


async def an_issue_from_slack(laboratory: Laboratory) -> None:
    await laboratory.appoint(NURSE, Role.STAFF)
    await laboratory.form(**ISSUE)
    await laboratory.form(**(ISSUE | {"happened": ""}))
    complaint = await laboratory.database.read(reported_by, PHYSICIAN)
    for who in (PHYSICIAN, NURSE):
        await laboratory.database.read(standing_of, "slack", who, laboratory.now)
    for action in (Action.ACKNOWLEDGE, Action.TAKE, Action.RESOLVE):
        await laboratory.staff_acts(action, complaint, words="Found")


async def what_the_desk_looks_at(laboratory: Laboratory) -> None:
    read, now = laboratory.database.read, laboratory.now
    await laboratory.appoint(NURSE, Role.QUALITY)
    await laboratory.form(**ISSUE)
    complaint = await read(reported_by, PHYSICIAN)
    await read(case_of, NURSE, complaint, Action.MERGE)
    await read(case_of, NURSE, "C-2026-000001", Action.REPLY)
    for who in (NURSE, PHYSICIAN):
        await read(look, laboratory.catalog, laboratory.lab, now, who, complaint, "en")
    viewer = await read(viewer_of, NURSE, now)
    for listing in Listing:
        spot = Spot(UUID(complaint), now.date() if listing is Listing.TO_REVIEW else now)
        if listing is not Listing.REGISTER:  # the whole of it, from its end and a page at a time
            await read(lists.page, listing, viewer, 30, after=spot)
            await read(lists.page, listing, viewer, 30, before=spot)


def viewer_of(session: Session, who: str, now: datetime) -> Viewer:
    contact = contacts.find(session, "slack", who)
    assert contact is not None
    return Viewer(contact.id, Department.BENCH, now)


def reported_by(session: Session, who: str) -> str:
    contact = contacts.find(session, "slack", who)
    assert contact is not None
    (complaint,) = complaints.reported_by(session, contact.id, 1)
    return str(complaint.id)


async def follow_ups_due(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    await laboratory.results(ResultStatus.CANCELLED)
    await laboratory.results()
    for days in (1, 2, 8):
        laboratory.passes(days=days)
        await laboratory.follow_ups()


async def people_who_leave(laboratory: Laboratory) -> None:
    await laboratory.start(None, "2002")
    await laboratory.deliver()
    await laboratory.enrol()
    await laboratory.stop()
    await laboratory.stop(blocked=True)
    await laboratory.deliver()
    await laboratory.start("no link of ours")


async def messages_on_their_way(laboratory: Laboratory) -> None:
    outcomes: list[DeliveryOutcome] = [
        RetryAfter("busy"),
        Sent("1"),
        Undeliverable("too long"),
        Sent("2"),
        Undeliverable("blocked", gone=True),
    ]

    class Fickle:
        name = "telegram"

        async def send(self, *_: object, **__: object) -> DeliveryOutcome:
            return outcomes.pop(0)

    delivery = Delivery(laboratory.database, {"telegram": Fickle()}, laboratory.clock)
    await laboratory.enrol()
    while outcomes:
        await laboratory.say("What?")
        laboratory.passes(minutes=10)
        await delivery.poll()
        await delivery.settle()


async def events_kept(laboratory: Laboratory) -> None:
    await laboratory.start(None)
    later = laboratory.now + timedelta(minutes=1)
    for _ in range(2):
        await laboratory.database.run(inbox.keep, "event", b"{}", "Error", laboratory.now, later)
    laboratory.passes(minutes=2)
    await laboratory.turns.retry_kept()


async def clocks_that_run_out(laboratory: Laboratory) -> None:
    async def look() -> None:
        await sla.look_after(laboratory.database, laboratory.catalog, laboratory.lab, laboratory.clock)

    def plan_review(session: Session) -> None:
        investigations.of(session, UUID(complaint)).review_on = laboratory.now.date()

    await laboratory.appoint(NURSE, Role.QUALITY)
    await laboratory.form(**ISSUE)
    complaint = await laboratory.database.read(reported_by, PHYSICIAN)
    await laboratory.database.run(plan_review)
    laboratory.passes(hours=2)
    with patch.object(sla, "BATCH", 1):
        await look()
    laboratory.passes(days=4)
    await look()


async def looking_after_it(laboratory: Laboratory) -> None:
    await laboratory.database.read(backlog.count, ("telegram", "slack"), laboratory.now)
    await laboratory.database.read(backlog.waiting, ("telegram", "slack"))
    for prune in (inbox.prune, outbox.prune):
        await laboratory.database.run(prune, laboratory.now, 1)
    # Whom it is given was looked for among everybody: once an hour, and without holding anybody up.
    await laboratory.database.run(contacts.forget_strangers, [uuid7()], laboratory.now)


async def subscribing(laboratory: Laboratory) -> None:
    def subscribe(session: Session) -> None:
        reader = contacts.find(session, "slack", NURSE)
        assert reader is not None
        terms = {"weekday": 0, "at": "08:00", "timezone": "UTC", "locale": "en"}
        subscriptions.subscribe(session, reader.id, period=Period.WEEK, now=laboratory.now, **terms)  # type: ignore[arg-type]
        subscriptions.terms_of(session, reader.id)
        assert [subscriptions.exists(session, one.id) for one in subscriptions.standing(session)]

    await laboratory.appoint(NURSE, Role.MANAGER)
    await laboratory.database.run(subscribe)


async def a_digest(laboratory: Laboratory) -> None:
    asked = asked_of(load().questionnaires.values())
    now, week = laboratory.now, timedelta(days=7)

    async def count() -> None:
        await laboratory.database.read(digests.count, asked, now - 2 * week, now - week, now, now, 24)

    await count()
    for _ in range(200):
        await laboratory.database.run(digests.tally_next, asked, now)
    await count()
    without_ratings = [replace(one, rated={}) for one in asked]
    assert await laboratory.database.run(digests.give_up_outdated, without_ratings)
    asked = tuple(without_ratings)
    await count()


SCENES: tuple[Scene, ...] = (
    a_digest,
    a_survey,
    a_complaint_in_a_chat,
    an_issue_from_slack,
    what_the_desk_looks_at,
    follow_ups_due,
    people_who_leave,
    messages_on_their_way,
    events_kept,
    clocks_that_run_out,
    looking_after_it,
    subscribing,
)

# Tables that stay small, and indexes that hold what is still to be done and nothing else.
SMALL = {"staff", "subscription", "counter", "questionnaire_version", "seal", "kept_event"}
TO_DO = {
    "ix_complaint_department",
    "ix_complaint_look",
    "ix_complaint_open",
    "ix_investigation_review",
    "ix_outbox_next",
    "ix_outbox_pending",
    "ix_follow_up_ending",
    "ix_follow_up_other",
}


@pytest.fixture(scope="module")
def words() -> Catalog:
    return load()


@pytest.fixture
async def old_database(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """One in which enough is kept for PostgreSQL to see which tables are large."""
    await asyncio.to_thread(fill, database_url, keyring, START, answered=1000)
    opened = await Database.open(database_url, keyring)
    yield opened
    await opened.close()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_what_is_asked_all_the_time_is_found_by_an_index(
    scene: Scene, old_database: Database, words: Catalog
) -> None:
    with heard() as statements:
        await scene(Laboratory(old_database, words))
    assert await old_database.run(read_whole, statements) == []


def test_what_refers_to_a_row_is_found_by_an_index() -> None:
    """Or deleting the row would read the whole other table."""
    for table in Table.metadata.tables.values():
        indexes = [list(index.columns) for index in table.indexes]
        indexes += [list(one.columns) for one in table.constraints if hasattr(one, "columns")]
        found = {columns[0] for columns in indexes if columns}
        assert {key.parent for key in table.foreign_keys} <= found, table.name


@contextmanager
def heard() -> Iterator[dict[str, Any]]:
    """Every statement any database is sent, with what was sent beside it the last time."""
    statements: dict[str, Any] = {}
    driver = prepared._driver

    def note(_c: object, _cursor: object, sql: str, parameters: Any, _x: object, many: bool) -> None:
        if re.match(r"SELECT|INSERT|UPDATE|DELETE|WITH", sql):
            statements[sql] = parameters[0] if many else parameters

    class Overheard:
        """A driver's connection, as prepared statements use it."""

        def __init__(self, session: Session) -> None:
            self._driver = driver(session)

        def execute(self, sql: str, parameters: Any) -> object:
            statements[sql] = tuple(parameters) if isinstance(parameters, list) else parameters
            return self._driver.execute(sql, parameters)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with patch.object(prepared, "_driver", Overheard):
            yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert statements


def read_whole(session: Session, statements: Mapping[str, Any]) -> list[str]:
    """The statements for which a whole table would be read, or a whole index, each after what is read."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    explain = session.connection().exec_driver_sql
    if not is_sqlite:
        explain("SET LOCAL enable_seqscan = off")  # so little is kept that it would be the fastest
    found = []
    for sql, parameters in statements.items():
        if is_sqlite:
            plan = [str(row[3]) for row in explain(f"EXPLAIN QUERY PLAN {sql}", parameters)]
            read = whole_in_sqlite(plan)
        else:
            (tree,) = explain(f"EXPLAIN (FORMAT JSON) {sql}", parameters).scalar_one()
            read = list(whole_in_postgres(tree["Plan"], ""))
        found += [
            f"{table} by {index}: {sql}" for table, index in read if table not in SMALL and index not in TO_DO
        ]
    return found


def whole_in_sqlite(plan: list[str]) -> list[tuple[str, str]]:
    """SCAN is the whole of something; an index that narrows nothing down but the channel is no better."""
    found = []
    for line in plan:
        scan = re.match(r"SCAN ([a-z]\w*?)(?:_\d+)?(?: USING (?:COVERING )?INDEX (\w+))?$", line)
        if scan and not scan[1].startswith("anon"):
            found.append((scan[1], scan[2] or "nothing"))
        elif narrow := re.match(r"SEARCH (\w+) .*INDEX (\w+) \(channel=\?\)", line):
            found.append((narrow[1], narrow[2]))
    return found


def whole_in_postgres(node: dict[str, Any], above: str) -> Iterator[tuple[str, str]]:
    kind, table = node["Node Type"], node.get("Relation Name", above)
    if kind == "Seq Scan" or ("Index" in kind and "Index Cond" not in node):
        yield table, node.get("Index Name", "nothing")
    for below in node.get("Plans", ()):
        yield from whole_in_postgres(below, table)
