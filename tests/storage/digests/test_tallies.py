"""What was counted beforehand, whenever it was, comes to what there is, counted row by row."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlmodel import Session, col, delete, select, update

from bot.dialog.effect import Ending
from storage import digests, responses
from storage.columns import install_keyring
from storage.database import Database, parse_url
from storage.database.engines import postgres_engine, sqlite_engine
from storage.digests import Asked
from storage.encryption import Keyring
from storage.tables import Answer, HourTally, Response
from tests.storage.digests import by_hand
from tests.storage.digests.lives import HOURS, LIVES, START, Life, moments

AFTER_COLLECTION = Asked("after_collection", False, {"comfort": 4, "on_time": ("yes",)}, ("comment",))
AFTER_RESULTS = Asked("after_results", True, {"comfort": 4}, ("comment",))
ASKED = (AFTER_COLLECTION, AFTER_RESULTS)
STRICTER = (replace(AFTER_COLLECTION, rated={"comfort": 5}), AFTER_RESULTS)

Step: TypeAlias = Callable[[Session], object]


def tallied(asked: tuple[Asked, ...], until: datetime, hours: int) -> Step:
    def tally(session: Session) -> None:
        digests.give_up_outdated(session, asked)
        for _ in range(hours):
            digests.tally_next(session, asked, until)

    return tally


def changed(which: int, change: Callable[[Session, UUID], object]) -> Step:
    """A response is changed that is there already, whatever became of it."""

    def do(session: Session) -> None:
        there = session.exec(select(Response.id).order_by(col(Response.id))).all()
        if there:
            change(session, there[which % len(there)])

    return do


def erase(session: Session, response: UUID) -> None:
    session.exec(delete(Answer).where(col(Answer.response_id) == response))
    session.exec(delete(Response).where(col(Response.id) == response))


def unsay(session: Session, response: UUID) -> None:
    responses.retract_answer(session, response, "comfort")


def correct(session: Session, response: UUID) -> None:
    session.exec(
        update(Answer)
        .where(col(Answer.response_id) == response, col(Answer.number).is_not(None))
        .values(number=1)
    )


def stop(session: Session, response: UUID) -> None:
    session.exec(update(Response).where(col(Response.id) == response).values(status=Ending.STOPPED))


def move(session: Session, response: UUID) -> None:
    session.exec(update(Response).where(col(Response.id) == response).values(site="Elsewhere"))


TALLIES = st.builds(tallied, st.sampled_from([ASKED, ASKED, STRICTER]), moments(HOURS + 3), st.integers(1, 9))
CHANGES = st.builds(changed, st.integers(0, 99), st.sampled_from([erase, unsay, correct, stop, move]))
STEPS = st.lists(st.one_of(LIVES, LIVES, LIVES, TALLIES, CHANGES), max_size=25)
WINDOWS = st.lists(st.lists(moments(HOURS + 3), min_size=2, max_size=2).map(sorted), min_size=1, max_size=4)


@pytest.fixture
def connection(database_url: str, keyring: Keyring) -> Iterator[Connection]:
    """Something to write to that forgets it all."""
    url = parse_url(database_url)
    is_file = url.get_backend_name() == "sqlite"
    engine = sqlite_engine(url, begin="BEGIN IMMEDIATE", busy_seconds=1) if is_file else postgres_engine(url)
    install_keyring(engine.dialect, keyring)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def found(session: Session, start: datetime, end: datetime) -> by_hand.Counted:
    figures = digests.figures(session, ASKED, start, end)
    return figures.uptake, set(figures.tallies), set(figures.sites)


@given(steps=STEPS, windows=WINDOWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_figures_are_those_of_the_rows(
    connection: Connection, steps: list[Step], windows: list[list[datetime]]
) -> None:
    with connection.begin() as transaction, Session(connection) as session:
        for step in steps:
            step(session)
        for start, end in windows:
            assert found(session, start, end) == by_hand.figures(session, ASKED, start, end)
        transaction.rollback()


@pytest.mark.parametrize("change", [erase, unsay, correct, stop, move], ids=lambda one: one.__name__)
def test_what_changes_after_it_was_counted_is_counted_as_changed(
    connection: Connection, change: Callable[[Session, UUID], object]
) -> None:
    with Session(connection) as session:
        for minutes in (10, 20):
            a_life(minutes)(session)
        end = START + timedelta(hours=1)
        assert digests.tally_next(session, ASKED, end) is True
        changed(0, change)(session)
        assert counted(session) == (0, 0)
        assert found(session, START, end) == by_hand.figures(session, ASKED, START, end)


def a_life(minutes: int, **changed: object) -> Life:
    ended_at = START + timedelta(minutes=minutes)
    life = Life("after_collection", True, "North", START, ended_at, Ending.COMPLETED, {"comfort": 5})
    return replace(life, **changed)  # type: ignore[arg-type]


def counted(session: Session) -> tuple[int, int]:
    """How many tallies there are, and of how many responses."""
    tallies = session.exec(select(HourTally.responses)).all()
    return len(tallies), sum(tallies)


def test_only_hours_that_are_over_are_counted_beforehand(connection: Connection) -> None:
    with Session(connection) as session:
        for minutes in (10, 20, 70):
            a_life(minutes)(session)
        assert digests.tally_next(session, ASKED, START + timedelta(minutes=119)) is True
        assert digests.tally_next(session, ASKED, START + timedelta(minutes=119)) is False
        assert counted(session) == (1, 2)


def test_the_newest_hour_of_any_survey_is_counted_first(connection: Connection) -> None:
    with Session(connection) as session:
        a_life(10)(session)
        a_life(130, survey="after_results")(session)
        a_life(70)(session)
        hours = []
        while digests.tally_next(session, ASKED, START + timedelta(hours=3)):
            hours.append(session.exec(select(HourTally.hour).order_by(col(HourTally.id).desc())).first())
        assert hours == [START + timedelta(hours=hour) for hour in (2, 1, 0)]


def test_what_was_counted_by_another_rule_is_counted_anew(connection: Connection) -> None:
    with Session(connection) as session:
        a_life(10)(session)
        a_life(20, survey="after_results")(session)
        tallied(STRICTER, START + timedelta(hours=1), 2)(session)
        assert digests.give_up_outdated(session, ASKED) is True
        assert digests.give_up_outdated(session, ASKED) is False
        assert counted(session) == (1, 1)
        assert digests.tally_next(session, ASKED, START + timedelta(hours=1)) is True
        assert counted(session) == (2, 2)


async def test_processes_that_count_at_once_count_everything_once(database: Database) -> None:
    for minutes in range(0, 60, 5):
        await database.run(a_life(minutes))
    tally = tallied(ASKED, START + timedelta(hours=1), 1)
    await asyncio.gather(*(database.run(tally) for _ in range(4)))
    assert await database.read(counted) == (1, 12)


async def test_what_changes_while_it_is_being_counted_is_counted_as_changed(database: Database) -> None:
    await database.run(a_life(10))
    under_way, changed_too = threading.Event(), threading.Event()

    def tally(session: Session) -> None:
        digests.tally_next(session, ASKED, START + timedelta(hours=1))
        under_way.set()
        while database.dialect == "postgresql" and not (changed_too.is_set() or _somebody_waits(session)):
            pass

    def change(session: Session) -> None:
        correct(session, session.exec(select(Response.id)).one())
        changed_too.set()

    counting = asyncio.create_task(database.run(tally))
    await asyncio.to_thread(under_way.wait)
    await asyncio.gather(counting, database.run(change))
    end = START + timedelta(hours=1)
    assert await database.read(found, START, end) == await database.read(by_hand.figures, ASKED, START, end)


def _somebody_waits(session: Session) -> bool:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(session.connection().execute(waiting).scalar_one())
