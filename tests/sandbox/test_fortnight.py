from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel, col, func, select

from bot.catalog import Catalog, load
from bot.turns import Lab
from sandbox.fortnight import DAYS, SHIFTED_ITEM, generate
from schedules.digests.compose import Composer
from schedules.digests.findings import Comments, Complaints, Favourable, Responses, Sites
from schedules.digests.indicators import Evidence, asked_of, find
from storage.columns import install_keyring
from storage.database import Database, Session
from storage.digests import count
from storage.encryption import Keyring, generate_key
from storage.tables import (
    Answer,
    Complaint,
    ComplaintEvent,
    Contact,
    FollowUp,
    Outbox,
    Period,
    Response,
    Table,
    Visit,
)

NOW = datetime(2026, 11, 22, 10, 40, tzinfo=UTC)
WEEK = timedelta(days=7)
LAB = Lab("Riverside", ZoneInfo("Europe/Madrid"), "en")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


@pytest.fixture(scope="module")
def weeks(catalog: Catalog) -> Iterator[Callable[[datetime, int], Session]]:
    """Generate weeks into a database of their own; the same ones only once."""
    made: dict[tuple[datetime, int], Session] = {}

    def make(now: datetime, seed: int) -> Session:
        if (now, seed) not in made:
            engine = create_engine("sqlite://")
            install_keyring(engine.dialect, Keyring([generate_key()]))
            Table.metadata.create_all(engine)
            made[now, seed] = Session(engine)
            generate(made[now, seed], now, catalog, LAB, seed=seed)
        return made[now, seed]

    yield make
    for session in made.values():
        session.close()
        session.get_bind().engine.dispose()


def latest(session: Session) -> datetime:
    columns = (
        Visit.collected_at,
        Visit.delivered_at,
        Response.ended_at,
        Answer.answered_at,
        FollowUp.done_at,
        Complaint.received_at,
        Complaint.resolved_at,
        ComplaintEvent.at,
    )
    return max(moment for column in columns if (moment := session.exec(select(func.max(column))).one()))


def contents(session: Session) -> dict[str, list[object]]:
    answers = select(Response.started_at, Response.site, Answer.item, Answer.number).join(Answer)
    complaints = select(Complaint.number, Complaint.status, Complaint.received_at, Complaint.words)
    return {
        "answers": list(session.exec(answers.order_by(col(Response.id), col(Answer.item)))),
        "complaints": list(session.exec(complaints.order_by(col(Complaint.number)))),
    }


def counted(session: Session, table: type[SQLModel]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


Weeks = Callable[[datetime, int], Session]


def test_everything_happened_before_now(weeks: Weeks) -> None:
    assert latest(weeks(NOW, 1)) <= NOW


def test_there_are_about_twelve_visits_a_day(weeks: Weeks) -> None:
    assert 11 * DAYS < counted(weeks(NOW, 1), Visit) < 13 * DAYS


def test_nobody_can_be_written_to_because_of_it(weeks: Weeks) -> None:
    assert counted(weeks(NOW, 1), Contact) == 0
    assert counted(weeks(NOW, 1), Outbox) == 0


def test_the_same_seed_makes_the_same_weeks(weeks: Weeks, catalog: Catalog) -> None:
    session = weeks(NOW, 1)
    first = contents(session)
    for table in reversed(Table.metadata.sorted_tables):
        session.execute(table.delete())
    session.expunge_all()
    generate(session, NOW, catalog, LAB, seed=1)
    assert contents(session) == first


@pytest.mark.parametrize(("hours", "seed"), [(0, 1), (8, 2), (31, 3), (80, 4)])
def test_one_item_has_clearly_changed(weeks: Weeks, catalog: Catalog, hours: int, seed: int) -> None:
    now = NOW + timedelta(hours=hours)
    asked = asked_of(catalog.questionnaires.values())
    counts = count(weeks(now, seed), asked, now - 2 * WEEK, now - WEEK, now, now, 24)
    changed = {
        one.item: one.change.direction
        for one in find(Evidence(asked, counts, "-"))
        if isinstance(one, Favourable) and one.change and one.change.clear
    }
    assert changed == {SHIFTED_ITEM: "down"}


async def test_the_digest_has_something_of_everything(database: Database, catalog: Catalog) -> None:
    await database.run(generate, NOW, catalog, LAB, seed=1)
    composed = await Composer(database, catalog, "Riverside").up_to_now(
        Period.WEEK, ZoneInfo("Europe/Madrid"), "en", NOW
    )
    findings = composed.digest.findings
    assert {type(one) for one in findings} >= {Responses, Favourable, Complaints, Sites, Comments}
    assert any(isinstance(one, Complaints) and one.overdue and one.closed for one in findings)
    assert any(isinstance(one, Sites) and all(site.favourable for site in one.sites) for one in findings)
    assert any("[removed]" in quote for quote in composed.message.quotes)
    assert composed.image is not None
