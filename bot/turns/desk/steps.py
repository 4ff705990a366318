"""A step of staff: who may take it, what it needs, what it changes, and whom it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, assert_never
from uuid import UUID

from pydantic import AliasChoices, Field

from bot.complaints.lifecycle import STEPS, Action, Clock, Need, Refusal, Told, take, way_to
from bot.complaints.terms import OPEN, Department, Means, Role, Status
from bot.turns.clocks import stop_waiting, wind
from bot.turns.desk import telling
from bot.turns.desk.card import show_card
from bot.turns.desk.recording import record_values
from bot.turns.lab import SLACK, Transaction
from storage import complaints, contacts, history, investigations
from storage.contacts import Held
from storage.database import Session
from storage.tables import Complaint

_GOES_ON = OPEN | {Status.RESOLVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffActed:
    """A member of staff took a step on a complaint.

    `words` are for the reporter, `note` is for the record: the outcome, the reason, or why somebody involved
    has to act. `complaint` is an id or a number. `to` is the department or the Slack account that goes on, or
    both with a comma between, `original` the number of the complaint this one repeats, `values` what is set
    in the record, by field.
    """

    event_id: str
    channel: str
    account: str
    complaint: str
    action: Action
    words: str = ""
    note: Annotated[str, Field(validation_alias=AliasChoices("note", "outcome"))] = ""
    to: str = ""
    original: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    kind: Literal["staff_acted"] = "staff_acted"


@dataclass(frozen=True, slots=True)
class Acted:
    """What to tell the actor, and why the step was not taken, or what in the form has to be mended first."""

    notice: str
    refused: Refusal | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Case:
    """A step under way, with what was looked up for it."""

    complaint: Complaint
    actor: Held
    event: StaffActed
    department: Department | None
    successor: Held | None
    knows_successor: bool
    original: Complaint | None


def act(transaction: Transaction, actor: Held, event: StaffActed) -> Acted:
    """Take the step if the actor's role, read now, and the complaint's state allow it.

    A step taken is written to the history, shown on the card and in its thread, and told to those whom the
    table of steps names. What nobody has acknowledged yet is acknowledged first. A refused step changes
    nothing.
    """
    say = transaction.catalog.say
    role = contacts.role_of(transaction.session, actor.id)
    if role is None:
        return Acted(say("desk.staff_only", actor.locale), Refusal.NOT_STAFF)
    case = _case(transaction, actor, event)
    if case is None:
        return Acted(say("desk.unknown", actor.locale), Refusal.NOT_NOW)
    complaint, way = case.complaint, way_to(event.action, case.complaint.status)
    refused = _refused(way, complaint.status, role, _given(transaction, case))
    if refused is not None:
        return Acted(_why(transaction, case, refused), refused)
    before = transaction.rooms_of(complaint)
    if event.values and (errors := record_values(transaction, complaint, actor, role, event.values)):
        return Acted("", errors=errors)
    for action in way:
        _apply(transaction, case, action)
    told = _tell(transaction, case, way)
    wind(transaction, complaint)
    show_card(transaction, complaint, replace=True, before=before)
    telling.tell_room(transaction, complaint, actor, event.action, event.words or event.note)
    done = say(f"desk.done.{event.action}", actor.locale, number=complaint.number)
    return Acted(f"{done} {say(f'desk.reporter.{told}', actor.locale)}" if told else done)


def _case(transaction: Transaction, actor: Held, event: StaffActed) -> _Case | None:
    """The complaint, held for this transaction, and whom and what the step refers to, if that is known."""
    session = transaction.session
    complaint = _complaint(session, event.complaint)
    if complaint is None:
        return None
    named = event.to.split(",") if event.to else []
    departments = [Department(one) for one in named if one in list(Department)]
    colleagues = [contacts.held(session, SLACK, one) for one in named if one not in list(Department)]
    successors = [
        one
        for one in colleagues
        if one and contacts.role_of(session, one.id) and not _is_involved(transaction, complaint, one)
    ]
    original = complaints.numbered(session, event.original) if event.original else None
    if original is not None and (original.id == complaint.id or original.status not in _GOES_ON):
        original = None
    return _Case(
        complaint,
        actor,
        event,
        departments[0] if departments else None,
        successors[0] if successors else None,
        knows_successor=bool(named) and len(departments) + len(successors) == len(named),
        original=original,
    )


def _complaint(session: Session, named: str) -> Complaint | None:
    try:
        return complaints.locked(session, UUID(named))
    except ValueError:
        return complaints.numbered(session, named)


def _given(transaction: Transaction, case: _Case) -> frozenset[Need]:
    """What the actor brings along of what steps need."""
    event, is_involved = case.event, _is_involved(transaction, case.complaint, case.actor)
    given = {
        Need.WORDS: bool(event.words),
        Need.OUTCOME: bool(event.note),
        Need.REASON: bool(event.note),
        Need.SUCCESSOR: case.knows_successor,
        Need.ORIGINAL: case.original is not None,
        Need.IMPARTIALITY: not is_involved or bool(event.values.get("impartiality", "").strip()),
    }
    return frozenset(need for need, is_given in given.items() if is_given)


def _is_involved(transaction: Transaction, complaint: Complaint, contact: Held) -> bool:
    """Whether the contact may not decide on the complaint: it is about them, or theirs."""
    if complaint.reporter_id == contact.id:
        return True
    return investigations.is_involved(transaction.session, complaint.id, contact.id)


def _refused(way: tuple[Action, ...], status: Status, role: Role, given: frozenset[Need]) -> Refusal | None:
    for action in way:
        after = take(action, status, role, given)
        if isinstance(after, Refusal):
            return after
        status = after
    return None


def _why(transaction: Transaction, case: _Case, refused: Refusal) -> str:
    """Why the step is not taken, and what the actor can do."""
    say, locale, number = transaction.catalog.say, case.actor.locale, case.complaint.number
    if refused is Refusal.NOT_NOW:
        state = say(f"status.{case.complaint.status}", locale)
        return say("desk.not_now", locale, number=number, state=state)
    if refused is Refusal.INCOMPLETE:
        return say(f"desk.incomplete.{case.event.action}", locale, number=number)
    return say(
        "desk.staff_only" if refused is Refusal.NOT_STAFF else f"desk.{refused}", locale, number=number
    )


def _apply(transaction: Transaction, case: _Case, action: Action) -> None:  # noqa: C901 - one case a step
    """Change the complaint as the step says, and write a line of history."""
    complaint, actor, event, now = case.complaint, case.actor, case.event, transaction.now
    step = STEPS[action]
    complaint.status = step.target or complaint.status
    if Clock.PROGRESS in step.meets:
        complaint.progressed_at = now
    if Clock.RESOLVE in step.meets:
        stop_waiting(transaction, complaint)
        complaint.resolved_at = now
    note = event.note or None if action is event.action else None
    match action:
        case Action.ACKNOWLEDGE:
            complaint.acknowledged_at, complaint.acknowledged_by_id = now, actor.id
        case Action.TAKE:
            complaint.assignee_id = actor.id
        case Action.HAND_OVER:
            complaint.assignee_id = case.successor.id if case.successor else None
            complaint.department = case.department or complaint.department
            note = "\n".join(part for part in (event.to, event.note) if part)
        case Action.RESOLVE | Action.DECLINE:
            complaint.outcome = event.note
            if action is Action.DECLINE:
                _is_not_ours(transaction, complaint, event.note)
        case Action.MERGE:
            note = event.original
            _merge(transaction, case, note)
        case Action.CLOSE:
            complaint.closed_at = now
            for one in (complaint, *complaints.merged_into(transaction.session, complaint.id)):
                one.rating = one.rated_at = None
            investigation = investigations.of(transaction.session, complaint.id)
            investigation.approver_id, investigation.approved_at = actor.id, now
        case Action.REOPEN:
            reopen(complaint, transaction)
        case Action.ASK | Action.REPLY | Action.PROGRESS | Action.RECORD:
            pass
        case _:
            assert_never(action)
    transaction.session.flush()
    if action is Action.RECORD and event.values:  # what was set has its line
        return
    history.record(transaction.session, complaint, action, actor.id, now, note)


def reopen(complaint: Complaint, transaction: Transaction) -> None:
    """Let its clocks begin anew, as for one that was never resolved."""
    complaint.status = Status.REOPENED
    complaint.reopened_at = transaction.now
    complaint.resolved_at = complaint.closed_at = complaint.progressed_at = complaint.waiting_since = None
    complaint.merged_into_id = None
    complaint.waited_seconds = 0


def _merge(transaction: Transaction, case: _Case, original: str) -> None:
    """Let it follow the original, and with it those that followed this one."""
    session, complaint, followed = transaction.session, case.complaint, case.original
    if followed is None:
        return
    for one in complaints.merged_into(session, complaint.id):
        one.merged_into_id = followed.id
        history.record(session, one, Action.MERGE, case.actor.id, transaction.now, original)
    complaint.merged_into_id = followed.id


def _is_not_ours(transaction: Transaction, complaint: Complaint, reason: str) -> None:
    investigation = investigations.of(transaction.session, complaint.id)
    investigation.ours, investigation.ours_why = False, reason


def _tell(transaction: Transaction, case: _Case, way: Sequence[Action]) -> telling.Heard | None:
    """Tell those whom the table names; how the reporter heard of it, if it was for them."""
    complaint, actor, event = case.complaint, case.actor, case.event
    tells, heard = STEPS[event.action].tells, None
    if Told.REPORTER in tells:
        noted = event.action is Action.CLOSE and _is_involved(transaction, complaint, actor)
        heard = telling.tell_reporter(transaction, complaint, actor, event.action, event.words, noted=noted)
        if event.action is Action.ASK and heard in telling.REACHED:
            complaint.waiting_since = complaint.waiting_since or transaction.now
        if Action.ACKNOWLEDGE in way and heard == "told":
            complaint.acknowledged_how = Means.MESSAGE
        if event.action in (Action.RESOLVE, Action.DECLINE):
            telling.note_communication(transaction, complaint, actor, heard)
    if Told.SUCCESSOR in tells:
        telling.tell_successor(transaction, complaint, case.successor, event.note)
    if Told.QUALITY in tells:
        telling.tell_quality(transaction, complaint, "reopened", event.note)
    if event.action is Action.DECLINE and transaction.cannot_wait(complaint):
        telling.tell_quality(transaction, complaint, "declined", event.note)
    return heard
