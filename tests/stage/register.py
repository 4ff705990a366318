"""A register with complaints in it, written as the bot writes them."""

import json
from datetime import UTC, date, datetime
from uuid import UUID

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
    Substantiated,
)
from storage import complaints, contacts, history, investigations
from storage.database import Session
from storage.tables import Complaint, ContactKind, Measure

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def person(session: Session, account: str, channel: str = "slack", role: Role | None = None) -> UUID:
    """Somebody with an account, and perhaps a role."""
    found = contacts.find_or_add(session, channel, account, ContactKind.PERSON, "en", NOW)
    if role is not None:
        contacts.appoint(session, found.id, role, NOW)
    return found.id


def opened(session: Session, number: int = 1, **values: object) -> Complaint:
    """A complaint of the year 2026, held for this transaction."""
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
    reporter = person(session, "7007007007", "telegram")
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
        phone="+34 600 123 456",
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
