"""The record of an investigation: what can be set in it, and how each change is kept."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from typing import TypeVar
from uuid import UUID

from bot.complaints.terms import (
    Category,
    Cause,
    Complainant,
    Consequence,
    Effective,
    Means,
    MeasureKind,
    Phase,
    Recurrence,
    Role,
    Substantiated,
)
from bot.dialog.message import Message
from bot.turns.lab import SLACK, Transaction
from storage import contacts, history, investigations
from storage.contacts import Held
from storage.tables import Complaint, Investigation, Measure

RECORDED = "record"
_YES_NO = {"yes": True, "no": False}
_OF_COMPLAINT: Mapping[str, type[Enum]] = {
    "category": Category,
    "phase": Phase,
    "consequence": Consequence,
    "recurrence": Recurrence,
    "complainant": Complainant,
    "acknowledged_how": Means,
}
_CHOICES: Mapping[str, type[Enum]] = {
    "substantiated": Substantiated,
    "cause": Cause,
    "effective": Effective,
    "communicated_how": Means,
}
_WORDS = frozenset(("ours_why", "evidence", "correction", "impartiality", "not_communicated_why"))
FIELDS = frozenset(
    (
        *_OF_COMPLAINT,
        *_CHOICES,
        *_WORDS,
        "ours",
        "safety",
        "confidential",
        "site",
        "review_on",
        "involved",
        "measure",
        "done",
    )
)
"""Every field `record_values` knows. `involved` are Slack accounts with commas between; `measure` is a JSON
object of kind, words, owner and due; `done` are the ids of measures with commas between."""

_E = TypeVar("_E", bound=Enum)


class _Unusable(Exception):
    """A value cannot be kept; the message is the key of what to tell."""


def record_values(
    transaction: Transaction, complaint: Complaint, actor: Held, role: Role, values: Mapping[str, str]
) -> Mapping[str, str]:
    """Set what is given, and write a line of history with what it was before and is now.

    Nothing is set when a value is unusable: then what is wrong comes back, in words by field.
    """
    investigation = investigations.of(transaction.session, complaint.id)
    setters: list[Callable[[], tuple[str, object, object]]] = []
    wrong: dict[str, str] = {}
    for name, value in values.items():
        if name == "effective" and role is Role.STAFF:
            wrong[name] = transaction.catalog.say("record.quality_only", actor.locale)
            continue
        try:
            setters.append(_setter(transaction, complaint, investigation, actor, name, value.strip()))
        except _Unusable as error:
            wrong[name] = transaction.catalog.say(str(error), actor.locale)
    if wrong:
        return wrong
    changes = {}
    for setter in setters:
        name, before, after = setter()
        if before != after:
            changes[name] = {"from": _shown(before), "to": _shown(after)}
    if changes:
        transaction.session.flush()
        kept = json.dumps(changes, ensure_ascii=False)
        history.record(transaction.session, complaint, RECORDED, actor.id, transaction.now, changes=kept)
    return {}


def _setter(
    transaction: Transaction,
    complaint: Complaint,
    investigation: Investigation,
    actor: Held,
    name: str,
    value: str,
) -> Callable[[], tuple[str, object, object]]:
    """What sets one field, once every value was found usable."""
    if name in _OF_COMPLAINT:
        return _assigning(complaint, name, _one_of(_OF_COMPLAINT[name], value))
    if name in _CHOICES:
        return _communicating(transaction, investigation, actor, name, _one_of(_CHOICES[name], value))
    if name in _WORDS:
        return _assigning(investigation, name, value or None)
    match name:
        case "ours":
            return _assigning(investigation, name, _yes_no(value))
        case "safety" | "confidential":
            return _assigning(complaint, name, _yes_no(value))
        case "site":
            return _assigning(complaint, name, value or None)
        case "review_on":
            return _assigning(investigation, name, _day(value) if value else None)
        case "involved":
            return _involving(transaction, complaint, actor, value)
        case "measure":
            return _measure(transaction, complaint, value)
        case "done":
            return _done(transaction, complaint, value)
        case _:
            raise _Unusable("record.unknown")


def _assigning(row: object, name: str, value: object) -> Callable[[], tuple[str, object, object]]:
    def assign() -> tuple[str, object, object]:
        before = getattr(row, name)
        setattr(row, name, value)
        return name, before, value

    return assign


def _communicating(
    transaction: Transaction, investigation: Investigation, actor: Held, name: str, value: Enum
) -> Callable[[], tuple[str, object, object]]:
    """Set a choice, and who made it when, where that belongs to it."""

    def assign() -> tuple[str, object, object]:
        if name == "communicated_how":
            investigation.communicated_at, investigation.communicated_by_id = transaction.now, actor.id
        if name == "effective":
            investigation.reviewed_at, investigation.reviewed_by_id = transaction.now, actor.id
        return _assigning(investigation, name, value)()

    return assign


def _involving(
    transaction: Transaction, complaint: Complaint, actor: Held, value: str
) -> Callable[[], tuple[str, object, object]]:
    found: list[UUID] = []
    for account in filter(None, (part.strip() for part in value.split(","))):
        contact = contacts.held(transaction.session, SLACK, account)
        if contact is None or contacts.role_of(transaction.session, contact.id) is None:
            raise _Unusable("record.not_staff")
        found.append(contact.id)

    if investigations.is_involved(transaction.session, complaint.id, actor.id) and actor.id not in found:
        raise _Unusable("record.not_yourself")

    def assign() -> tuple[str, object, object]:
        before = [str(one) for one in investigations.involved(transaction.session, complaint.id)]
        investigations.set_involved(transaction.session, complaint.id, found)
        return "involved", before, sorted(str(one) for one in found)

    return assign


def _measure(
    transaction: Transaction, complaint: Complaint, value: str
) -> Callable[[], tuple[str, object, object]]:
    try:
        given = json.loads(value)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not str(given.get("words") or "").strip():
        raise _Unusable("record.measure")
    owner = contacts.held(transaction.session, SLACK, str(given.get("owner") or ""))
    if given.get("owner") and (owner is None or contacts.role_of(transaction.session, owner.id) is None):
        raise _Unusable("record.not_staff")
    measure = Measure(
        complaint_id=complaint.id,
        kind=_one_of(MeasureKind, str(given.get("kind") or "")),
        words=str(given["words"]).strip(),
        owner_id=owner.id if owner else None,
        due_on=_day(str(given.get("due") or "")),
    )

    def add() -> tuple[str, object, object]:
        transaction.session.add(measure)
        if owner is not None:
            said = transaction.catalog.say(
                "colleague.measure", owner.locale, number=complaint.number, date=str(measure.due_on)
            )
            transaction.leave(owner.id, Message(said, quotes=(measure.words,)))
        return "measure", None, f"{measure.kind} {measure.due_on} {measure.words}"

    return add


def _done(
    transaction: Transaction, complaint: Complaint, value: str
) -> Callable[[], tuple[str, object, object]]:
    by_id = {str(one.id): one for one in investigations.measures(transaction.session, complaint.id)}
    done = [by_id.get(one.strip()) for one in value.split(",")]
    if None in done:
        raise _Unusable("record.measure")

    def finish() -> tuple[str, object, object]:
        newly = [one for one in done if one is not None and one.done_at is None]
        for one in newly:
            one.done_at = transaction.now
        return "done", None, [one.words for one in newly] or None

    return finish


def _one_of(members: type[_E], value: str) -> _E:
    try:
        return members(value)
    except ValueError:
        raise _Unusable("record.choice") from None


def _yes_no(value: str) -> bool:
    if value not in _YES_NO:
        raise _Unusable("record.choice")
    return _YES_NO[value]


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _Unusable("record.day") from None


def _shown(value: object) -> object:
    """A value as the history keeps it."""
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, bool | int | list) else str(value)
