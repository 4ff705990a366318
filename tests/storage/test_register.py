"""Reading the register: every field, and nobody who reported by more than their group."""

from dataclasses import fields
from datetime import date, timedelta

import pytest

from bot.complaints.lifecycle import Action
from bot.complaints.terms import Category, Department, MeasureKind, Role, Status
from storage import history, register
from storage.database import Database, Session
from storage.register import Changed, Chosen, Entry, Progress, Reporter
from tests.stage.register import NOW, lived, opened, person


async def entry(database: Database, number: str = "C-2026-000001", *, identities: bool = False) -> Entry:
    found = await database.read(register.entry, number, identities=identities)
    assert found is not None
    return found


async def test_every_field_is_read(database: Database) -> None:
    await database.run(lived)
    found = await entry(database, identities=True)
    empty = {one.name for one in fields(found) if getattr(found, one.name) in (None, (), "")}
    assert empty == {"response", "merged_into"}
    assert (found.severity, found.order, found.investigator) == (3, "••••234", "U0NURSE")
    assert (found.approver, found.involved) == ("U0QUALITY", ("telegram 77",))
    assert found.progress == (Progress(NOW, "U0NURSE", "We are looking"),)
    assert [(one.kind, one.owner, one.due_on, one.done_at) for one in found.measures] == [
        (MeasureKind.CORRECTIVE, "U0NURSE", date(2026, 12, 1), NOW)
    ]
    assert found.repeats == ("C-2026-000002",)
    assert (await entry(database, "C-2026-000002")).merged_into == "C-2026-000001"


async def test_the_history_names_staff_and_what_they_changed_and_is_sealed(database: Database) -> None:
    await database.run(lived)
    lines = (await entry(database)).history
    assert [(one.position, one.action, one.by, one.by_reporter) for one in lines] == [
        (1, "open", None, True),
        (2, "record", "U0NURSE", False),
        (3, "progress", "U0NURSE", False),
        (4, "tell", "U0NURSE", False),
        (5, "said", None, True),
    ]
    assert lines[1].changes == (Changed("involved", "", "telegram 77"), Changed("ours", None, "yes"))
    assert {len(one.seal or "") for one in lines} == {64}


async def test_who_reported_is_told_only_when_it_is_asked_for(database: Database) -> None:
    await database.run(lived)
    shown = repr(await entry(database))
    assert not [secret for secret in ("Ana", "+34 600 123 456", "7007007007") if secret in shown]
    assert (await entry(database, identities=True)).reporter == Reporter(
        "Ana", "+34 600 123 456", "telegram 7007007007"
    )


async def test_a_reporter_who_works_here_is_named_for_their_work_alone(database: Database) -> None:
    def work(session: Session) -> None:
        nurse = person(session, "U0NURSE", role=Role.STAFF)
        one = opened(session, reporter_id=nurse, confidential=True)
        history.record(session, one, Action.ACKNOWLEDGE, nurse, NOW)
        history.record(session, one, Action.REOPEN, nurse, NOW)

    await database.run(work)
    lines = (await entry(database)).history
    assert [(one.action, one.by) for one in lines] == [
        ("open", None),
        ("acknowledge", "U0NURSE"),
        ("reopen", None),
    ]


def several(session: Session) -> None:
    for number, (hours, status, department, category) in enumerate(
        (
            (0, Status.RECEIVED, Department.BILLING, Category.BILLING),
            (24, Status.CLOSED, Department.BILLING, Category.BILLING),
            (48, Status.RECEIVED, Department.IT, Category.IT),
            (72, Status.RESOLVED, Department.BENCH, Category.TURNAROUND),
        ),
        start=1,
    ):
        one = opened(
            session, number, now=NOW + timedelta(hours=hours), department=department, category=category
        )
        one.status = status
        one.due_at = NOW + timedelta(hours=hours) if status is Status.RECEIVED else None


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        (Chosen(), [1, 2, 3, 4]),
        (Chosen(received_from=NOW + timedelta(hours=24)), [2, 3, 4]),
        (Chosen(received_before=NOW + timedelta(hours=24)), [1]),
        (Chosen(statuses=frozenset((Status.CLOSED, Status.RESOLVED))), [2, 4]),
        (Chosen(departments=frozenset((Department.BILLING,)), statuses=frozenset((Status.CLOSED,))), [2]),
        (Chosen(categories=frozenset((Category.IT, Category.TURNAROUND))), [3, 4]),
        (Chosen(overdue_at=NOW + timedelta(hours=1)), [1]),
        (Chosen(overdue_at=NOW), []),
    ],
)
async def test_only_what_is_chosen_is_read(database: Database, chosen: Chosen, numbers: list[int]) -> None:
    await database.run(several)
    found = await database.read(register.page, chosen, None, 10)
    assert [int(one.number[-6:]) for one in found] == numbers
    assert await database.read(register.count, chosen) == len(numbers)


async def test_pages_follow_each_other_without_gap_or_repetition(database: Database) -> None:
    await database.run(several)
    found: list[str] = []
    after = None
    while page := await database.read(register.page, Chosen(), after, 3):
        found += [one.number for one in page]
        after = page[-1].id
    assert found == [f"C-2026-{number:06d}" for number in (1, 2, 3, 4)]


async def test_a_number_nobody_has_is_no_complaint(database: Database) -> None:
    assert await database.read(register.entry, "C-2026-000009") is None
