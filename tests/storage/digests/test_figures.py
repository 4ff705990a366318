from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from bot.complaints.terms import Category, Consequence, Phase, Status
from bot.dialog.effect import Ending
from bot.dialog.event import Due
from storage import contacts, digests, responses
from storage.database import Database, Session
from storage.digests import Asked, Figures, Overdue, SiteTally, Tally, Uptake
from storage.tables import Complaint, ContactKind, FollowUp, FollowUpStatus, Visit

START = datetime(2026, 11, 16, tzinfo=UTC)
END = START + timedelta(days=7)
MOMENT = timedelta(microseconds=1)
AFTER_COLLECTION = Asked(
    "after_collection", by_follow_up=False, rated={"comfort": 4, "privacy": 4}, comments=("comment",)
)
AFTER_RESULTS = Asked(
    "after_results", by_follow_up=True, rated={"on_time": ("on_time",)}, comments=("comment",)
)
ASKED = (AFTER_COLLECTION, AFTER_RESULTS)


def add_visit(session: Session, collected_at: datetime = START, site: str = "Central") -> UUID:
    visit = Visit(
        id=uuid7(),
        order_hash=uuid7().bytes,
        site=site,
        collected_at=collected_at,
        link_made_at=collected_at,
        token_hash=uuid7().bytes,
    )
    session.add(visit)
    session.flush()
    return visit.id


def add_response(
    session: Session,
    answers: dict[str, int | str],
    *,
    at: datetime = START,
    survey: str = "after_collection",
    site: str | None = "Central",
    status: Ending = Ending.COMPLETED,
    visit_id: UUID | None = None,
) -> None:
    patient = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", at)
    response = uuid7()
    responses.start(
        session,
        response,
        questionnaire=survey,
        version=1,
        contact_id=patient.id,
        visit_id=visit_id,
        site=site,
        channel="telegram",
        locale="en",
        now=at,
    )
    for item, value in answers.items():
        responses.record_answer(session, response, item, value, at, is_words=item == "comment")
    if status is not Ending.IN_PROGRESS:
        responses.end(session, response, status, at)


def add_follow_up(session: Session, visit_id: UUID, done_at: datetime, due: Due = Due.ASK) -> None:
    session.add(
        FollowUp(
            id=uuid7(),
            visit_id=visit_id,
            questionnaire="after_results",
            due=due,
            due_at=done_at,
            status=FollowUpStatus.DONE,
            done_at=done_at,
        )
    )
    session.flush()


def add_complaint(
    session: Session,
    number: str,
    received_at: datetime,
    *,
    consequence: Consequence = Consequence.MINOR,
    status: Status = Status.RECEIVED,
    category: Category = Category.COURIER,
    phase: Phase = Phase.PRE_EXAMINATION,
    resolved_at: datetime | None = None,
    due_at: datetime | None = None,
) -> None:
    session.add(
        Complaint(
            id=uuid7(),
            number=number,
            status=status,
            category=category,
            phase=phase,
            consequence=consequence,
            channel="slack",
            words="Words",
            received_at=received_at,
            resolved_at=resolved_at,
            due_at=due_at,
        )
    )


async def figures(database: Database) -> Figures:
    return await database.read(digests.figures, ASKED, START, END)


async def test_answers_are_counted_by_item_and_value(database: Database) -> None:
    def fill(session: Session) -> None:
        add_response(session, {"comfort": 5, "privacy": 3})
        add_response(session, {"comfort": 5})
        add_response(session, {"on_time": "late"}, survey="after_results")

    await database.run(fill)
    assert set((await figures(database)).tallies) == {
        Tally("after_collection", "comfort", 5, 2),
        Tally("after_collection", "privacy", 3, 1),
        Tally("after_results", "on_time", "late", 1),
    }


async def test_a_response_counts_in_the_span_it_was_completed_in(database: Database) -> None:
    def fill(session: Session) -> None:
        for at in (START - MOMENT, START, END - MOMENT, END):
            add_response(session, {"comfort": 5}, at=at)

    await database.run(fill)
    assert (await figures(database)).tallies == (Tally("after_collection", "comfort", 5, 2),)


@pytest.mark.parametrize("status", [Ending.IN_PROGRESS, Ending.STOPPED, Ending.EXPIRED])
async def test_a_response_that_was_not_completed_does_not_count(database: Database, status: Ending) -> None:
    def fill(session: Session) -> None:
        add_response(session, {"comfort": 5, "comment": "Hello"}, status=status, visit_id=add_visit(session))

    await database.run(fill)
    found = await figures(database)
    assert (found.tallies, found.sites) == ((), ())
    assert found.uptake[0] == Uptake("after_collection", invited=1, answered=0, responses=0)
    assert await database.read(digests.comments, ASKED, START, END, 3) == ()


async def test_an_answer_of_no_survey_does_not_count(database: Database) -> None:
    def fill(session: Session) -> None:
        add_response(session, {"phase": "general", "comment": "Mine"}, survey="complaint")

    await database.run(fill)
    assert (await figures(database)).tallies == ()
    assert await database.read(digests.comments, ASKED, START, END, 3) == ()


async def test_every_visit_collected_in_the_span_was_invited(database: Database) -> None:
    def fill(session: Session) -> None:
        add_visit(session, START - MOMENT)
        answered = add_visit(session, START)
        add_visit(session, END - MOMENT)
        late = add_visit(session, START)
        add_visit(session, END)
        add_response(session, {"comfort": 5}, at=START + MOMENT, visit_id=answered)
        add_response(session, {"comfort": 5}, at=END, visit_id=late)

    await database.run(fill)
    assert (await figures(database)).uptake[0] == Uptake("after_collection", 4 - 1, 1, 1)


async def test_a_response_to_an_earlier_visit_counts_but_not_towards_the_rate(database: Database) -> None:
    def fill(session: Session) -> None:
        add_response(session, {"comfort": 5}, visit_id=add_visit(session, START - timedelta(days=1)))

    await database.run(fill)
    assert (await figures(database)).uptake[0] == Uptake("after_collection", 0, 0, 1)


async def test_invited_by_follow_up_are_those_asked_in_the_span(database: Database) -> None:
    def fill(session: Session) -> None:
        answered, silent, earlier = (add_visit(session, START - timedelta(days=3)) for _ in range(3))
        add_follow_up(session, answered, START)
        add_follow_up(session, answered, START + timedelta(days=2), Due.REMIND)
        add_follow_up(session, silent, END - MOMENT)
        add_follow_up(session, earlier, START - MOMENT)
        add_response(
            session, {"on_time": "on_time"}, at=START + MOMENT, survey="after_results", visit_id=answered
        )

    await database.run(fill)
    assert (await figures(database)).uptake[1] == Uptake("after_results", invited=2, answered=1, responses=1)


async def test_who_answers_twice_has_answered_once(database: Database) -> None:
    def fill(session: Session) -> None:
        visit_id = add_visit(session)
        for minutes in range(2):
            add_response(session, {"comfort": 5}, at=START + timedelta(minutes=minutes), visit_id=visit_id)

    await database.run(fill)
    assert (await figures(database)).uptake[0] == Uptake("after_collection", 1, 1, 2)


async def test_sites_count_people_and_those_favourable_throughout(database: Database) -> None:
    def fill(session: Session) -> None:
        add_response(session, {"comfort": 5, "privacy": 4})
        add_response(session, {"comfort": 5, "privacy": 3})
        add_response(session, {"comfort": 4}, site="Harbour")
        add_response(session, {"comment": "No ratings"}, site="Harbour")
        add_response(session, {"comfort": 2}, site=None)
        add_response(session, {"on_time": "late"}, site="Harbour", survey="after_results")

    await database.run(fill)
    assert set((await figures(database)).sites) == {
        SiteTally("Central", 2, 1),
        SiteTally("Harbour", 1, 1),
        SiteTally(None, 1, 0),
    }


async def test_comments_come_newest_first_and_whole(database: Database) -> None:
    def fill(session: Session) -> None:
        for hour, words in enumerate(("first", "second", "third")):
            add_response(session, {"comment": words}, at=START + timedelta(hours=hour))
        add_response(session, {"comment": "newest"}, at=END - MOMENT, survey="after_results")
        add_response(session, {"comment": "too late"}, at=END)

    await database.run(fill)
    assert await database.read(digests.comments, ASKED, START, END, 3) == (
        ("after_results", "newest"),
        ("after_collection", "third"),
        ("after_collection", "second"),
    )


async def test_complaints_are_counted_when_opened_and_when_closed(database: Database) -> None:
    def fill(session: Session) -> None:
        before = START - timedelta(days=2)
        add_complaint(session, "C-1", before, status=Status.RESOLVED, resolved_at=START)
        add_complaint(session, "C-2", START, category=Category.BILLING, phase=Phase.GENERAL)
        add_complaint(session, "C-3", END - MOMENT, category=Category.BILLING)
        add_complaint(session, "C-4", START, status=Status.RESOLVED, resolved_at=END)

    await database.run(fill)
    found = await figures(database)
    assert (found.opened, found.closed) == (3, 1)
    assert found.by_category == {Category.BILLING: 2, Category.COURIER: 1}
    assert found.by_phase == {Phase.GENERAL: 1, Phase.PRE_EXAMINATION: 2}


async def test_overdue_complaints_come_by_severity_and_age(database: Database) -> None:
    def fill(session: Session) -> None:
        for number, consequence, status, age, due in (
            ("late minor", Consequence.MINOR, Status.RECEIVED, 25, END - MOMENT),
            ("minor in time", Consequence.MINOR, Status.RECEIVED, 99, END),
            ("late serious", Consequence.SERIOUS, Status.RECEIVED, 2, END - MOMENT),
            ("waiting for the reporter", Consequence.SERIOUS, Status.INVESTIGATING, 999, None),
            ("unresolved", Consequence.MODERATE, Status.INVESTIGATING, 144, END - MOMENT),
            ("later unresolved", Consequence.MODERATE, Status.ACKNOWLEDGED, 121, START),
            ("to be closed", Consequence.SERIOUS, Status.RESOLVED, 2160, START),
        ):
            received_at = END - timedelta(hours=age)
            add_complaint(session, number, received_at, consequence=consequence, status=status, due_at=due)

    await database.run(fill)
    found = await database.read(digests.overdue, END)
    assert [one.number for one in found] == ["late serious", "unresolved", "later unresolved", "late minor"]
    assert found[0] == Overdue("late serious", Consequence.SERIOUS, END - timedelta(hours=2))


async def test_nothing_at_all_makes_figures_of_nothing(database: Database) -> None:
    found = await figures(database)
    assert found.uptake == (Uptake("after_collection", 0, 0, 0), Uptake("after_results", 0, 0, 0))
    assert (found.tallies, found.sites, found.opened, found.closed) == ((), (), 0, 0)


async def test_without_surveys_there_is_nothing_to_ask_for(database: Database) -> None:
    found = await database.read(digests.count, (), START - timedelta(days=7), START, END, END, 3)
    assert (found.now.uptake, found.now.tallies, found.now.sites, found.words) == ((), (), (), ())
