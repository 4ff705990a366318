"""Reading the register: every field, and nobody who reported by more than their group."""

import json
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from bot.complaints.lifecycle import Action, Clock
from bot.complaints.terms import (
    Category,
    Cause,
    Complainant,
    Consequence,
    Department,
    Effective,
    Means,
    MeasureKind,
    Phase,
    Rating,
    Role,
    Status,
    Substantiated,
)
from storage import complaints, contacts, history, investigations, register
from storage.database import Database, Session
from storage.register import Changed, Chosen, Entry, Progress, Reporter
from storage.tables import Complaint, ContactKind, Measure

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def person(session: Session, account: str, channel: str = "slack", role: Role | None = None) -> UUID:
    found = contacts.find_or_add(session, channel, account, ContactKind.PERSON, "en", NOW)
    if role is not None:
        contacts.appoint(session, found.id, role, NOW)
    return found.id


def opened(session: Session, number: int = 1, **values: object) -> Complaint:
    usual: dict[str, object] = {
        "number": f"C-2026-{number:06d}",
        "category": Category.SPECIMEN,
        "phase": Phase.PRE_EXAMINATION,
        "consequence": Consequence.SERIOUS,
        "channel": "telegram",
        "words": "Nobody came",
        "now": NOW,
    }
    complaints.open_complaint(session, **{**usual, **values})  # type: ignore[arg-type]
    found = complaints.numbered(session, f"C-2026-{number:06d}")
    assert found is not None
    return found


def lived(session: Session) -> None:
    """A complaint with something in every field."""
    reporter = person(session, "1001", "telegram")
    nurse, quality = (
        person(session, "U0NURSE", role=Role.STAFF),
        person(session, "U0QUALITY", role=Role.QUALITY),
    )
    courier = person(session, "77", "telegram", Role.STAFF)
    one = opened(
        session,
        need="A new tube",
        order="LAB-001234",
        site="North",
        department=Department.COURIER,
        complainant=Complainant.PATIENT,
        reporter_id=reporter,
        reporter_name="Ana",
        phone="600",
        best_time="morning",
        confidential=True,
        safety=True,
        entered_by_id=None,
    )
    one.entered_by_id, one.assignee_id, one.acknowledged_by_id = nurse, nurse, nurse
    one.acknowledged_at = one.progressed_at = one.reopened_at = one.waiting_since = NOW
    one.resolved_at = one.closed_at = one.rated_at = one.due_at = NOW
    one.acknowledged_how, one.clock, one.rating = Means.MESSAGE, Clock.CLOSE, Rating.PARTLY
    one.outcome = "Found"
    found = investigations.of(session, one.id)
    found.ours, found.ours_why, found.evidence = True, "Our courier", "The log"
    found.substantiated, found.cause, found.correction = Substantiated.PARTLY, Cause.HANDOVER, "Drawn again"
    found.impartiality, found.approver_id, found.approved_at = "Nobody else was there", quality, NOW
    found.communicated_at, found.communicated_by_id, found.communicated_how = NOW, nurse, Means.PHONE
    found.not_communicated_why, found.review_on = "At first nobody answered", date(2027, 2, 1)
    found.effective, found.reviewed_at, found.reviewed_by_id = Effective.YES, NOW, quality
    investigations.set_involved(session, one.id, [courier])
    session.add(
        Measure(
            complaint_id=one.id,
            kind=MeasureKind.CORRECTIVE,
            words="Sign at each handover",
            owner_id=nurse,
            due_on=date(2026, 12, 1),
            done_at=NOW,
        )
    )
    session.flush()
    changes = json.dumps({"involved": {"from": [], "to": [str(courier)]}, "ours": {"from": None, "to": True}})
    history.record(session, one, "record", nurse, NOW, changes=changes)
    history.record(session, one, Action.PROGRESS, nurse, NOW)
    history.record(session, one, history.TELL, nurse, NOW, "We are looking")
    history.record(session, one, history.SAID, reporter, NOW, "Thank you")
    repeated = opened(session, 2, words="Again")
    repeated.merged_into_id = one.id


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
    assert not [secret for secret in ("Ana", "600", "1001") if secret in shown]
    assert (await entry(database, identities=True)).reporter == Reporter("Ana", "600", "telegram 1001")


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
