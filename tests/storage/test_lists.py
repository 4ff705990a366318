"""The register in lists, page by page."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.complaints.terms import Category, Consequence, Department, Phase, Status
from storage import complaints, contacts, investigations, lists
from storage.database import Database, Session
from storage.lists import Listing, Page, Spot, Viewer
from storage.tables import ContactKind

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def enter(session: Session, number: str, **values: object) -> None:
    """A complaint as it stands after a while."""
    complaint = complaints.open_complaint(
        session,
        number=number,
        category=Category.OTHER,
        phase=Phase.GENERAL,
        consequence=Consequence.MODERATE,
        channel="slack",
        words="Nobody came",
        reporter_id=contacts.find_or_add(session, "slack", "U0HOUSE", ContactKind.PERSON, "en", NOW).id,
        now=NOW,
    )
    kept = complaints.locked(session, complaint.id)
    assert kept is not None
    for name, value in values.items():
        setattr(kept, name, value)


def viewer(session: Session, account: str = "U0NURSE", department: Department | None = None) -> Viewer:
    contact = contacts.find_or_add(session, "slack", account, ContactKind.PERSON, "en", NOW)
    return Viewer(contact.id, department, NOW)


def numbers(page: Page) -> list[str]:
    return [one.complaint.number for one in page.entries]


def hours(count: int) -> datetime:
    return NOW + timedelta(hours=count)


def fill(session: Session) -> None:
    nurse = viewer(session).contact_id
    enter(session, "later", due_at=hours(2), assignee_id=nurse, status=Status.INVESTIGATING)
    enter(session, "never", department=Department.IT, status=Status.REOPENED)
    enter(session, "late", due_at=hours(-1), waiting_since=NOW, status=Status.ACKNOWLEDGED)
    enter(session, "sooner", due_at=hours(1), department=Department.IT)
    enter(session, "resolved", due_at=hours(-2), status=Status.RESOLVED)
    enter(session, "closed", status=Status.CLOSED, assignee_id=nurse)


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (Listing.ALL, ["late", "sooner", "later", "never"]),
        (Listing.MINE, ["later"]),
        (Listing.DEPARTMENT, ["sooner", "never"]),
        (Listing.OVERDUE, ["late"]),
        (Listing.WAITING, ["late"]),
        (Listing.TO_CLOSE, ["resolved"]),
        (Listing.REGISTER, ["closed", "resolved", "sooner", "late", "never", "later"]),
        (Listing.REPORTED, []),
        (Listing.TO_REVIEW, []),
    ],
)
async def test_a_list_has_what_belongs_to_it_in_its_order(
    database: Database, listing: Listing, expected: list[str]
) -> None:
    await database.run(fill)
    who = await database.run(viewer, department=Department.IT)
    assert numbers(await database.read(lists.page, listing, who, 10)) == expected


async def test_reporters_have_their_own_newest_first(database: Database) -> None:
    await database.run(fill)
    who = await database.run(viewer, "U0HOUSE")
    page = await database.read(lists.page, Listing.REPORTED, who, 10)
    assert numbers(page) == ["closed", "resolved", "sooner", "late", "never", "later"]


async def test_reviews_come_by_their_day_until_they_are_done(database: Database) -> None:
    await database.run(fill)

    def plan(session: Session) -> None:
        for number, day, done in (("closed", 9, None), ("resolved", 5, None), ("never", 1, NOW)):
            complaint = complaints.named(session, number)
            assert complaint is not None
            investigation = investigations.of(session, complaint.id)
            investigation.review_on, investigation.reviewed_at = date(2026, 11, day), done

    await database.run(plan)
    who = await database.run(viewer)
    page = await database.read(lists.page, Listing.TO_REVIEW, who, 10)
    assert numbers(page) == ["resolved", "closed"]
    assert [one.at for one in page.entries] == [date(2026, 11, 5), date(2026, 11, 9)]
    onward = await database.read(lists.page, Listing.TO_REVIEW, who, 1, after=page.entries[0].spot)
    assert numbers(onward) == ["closed"]


@pytest.mark.parametrize("listing", [Listing.ALL, Listing.REGISTER])
async def test_pages_there_and_back_show_each_entry_once(database: Database, listing: Listing) -> None:
    def many(session: Session) -> None:
        for n in range(25):
            enter(session, f"{n}", due_at=hours(n % 3) if n % 4 else None)

    await database.run(many)
    who = await database.run(viewer)
    there: list[Sequence[str]] = []
    page = await database.read(lists.page, listing, who, 10)
    there.append(numbers(page))
    while page.has_later:
        page = await database.read(lists.page, listing, who, 10, after=page.entries[-1].spot)
        there.append(numbers(page))
    assert [len(one) for one in there] == [10, 10, 5]
    assert len({number for one in there for number in one}) == 25
    for expected in reversed(there[:-1]):
        assert page.has_earlier
        page = await database.read(lists.page, listing, who, 10, before=page.entries[0].spot)
        assert numbers(page) == expected
        assert page.has_later
    assert not page.has_earlier


async def test_a_place_whose_entry_is_gone_is_still_a_place(database: Database) -> None:
    await database.run(fill)
    who = await database.run(viewer)
    page = await database.read(lists.page, Listing.ALL, who, 1)
    spot = page.entries[0].spot

    def resolve(session: Session) -> None:
        complaint = complaints.named(session, "late")
        assert complaint is not None
        complaint.status = Status.RESOLVED

    await database.run(resolve)
    assert numbers(await database.read(lists.page, Listing.ALL, who, 1, after=spot)) == ["sooner"]


async def test_nothing_comes_after_the_last(database: Database) -> None:
    await database.run(fill)
    who = await database.run(viewer)
    page = await database.read(lists.page, Listing.ALL, who, 10)
    after: Spot = page.entries[-1].spot
    assert numbers(await database.read(lists.page, Listing.ALL, who, 10, after=after)) == []
