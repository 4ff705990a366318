"""The history of a complaint in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.cli.register.speech import NOTHING, Speech
from bot.complaints.lifecycle import Action
from bot.complaints.terms import Department
from bot.turns.entering import ENTERED
from storage.complaints import OPENED
from storage.history import RATED, SAID, TELL
from storage.register import Changed, Line

_DID = frozenset((*Action, OPENED, ENTERED, SAID, RATED, TELL))
_LABELS: Mapping[str, str] = {
    "acknowledged_how": "acknowledged",
    "communicated_how": "communicated",
    "consequence": "severity",
    "recurrence": "severity",
    "review_on": "review",
    "measure": "measures",
    "done": "measures",
} | {
    name: name
    for name in (
        *("category", "phase", "site", "complainant", "safety", "ours", "ours_why", "evidence"),
        *("substantiated", "involved", "impartiality", "cause", "correction", "effective"),
        "not_communicated_why",
    )
}
"""What a field that staff record is called where it is read."""
_TERMS: Mapping[str, str] = {
    "acknowledged_how": "means",
    "communicated_how": "means",
    "ours": "register",
    "safety": "register",
} | {
    name: name
    for name in (
        *("category", "phase", "consequence", "recurrence", "complainant"),
        *("substantiated", "cause", "effective"),
    )
}
"""The words that the values of such a field have."""


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the history; `words` is what was said and changed, `seal` its seal or that it has none."""

    position: str
    at: str
    by: str
    what: str
    status: str
    words: str
    seal: str


def step(speech: Speech, line: Line) -> Step:
    """A line of the history in words; what this version does not know is shown as it is kept."""
    known = line.action in _DID
    said = (_note(speech, line), *(_changed(speech, change) for change in line.changes))
    return Step(
        position=str(line.position or NOTHING),
        at=speech.at(line.at),
        by=speech.say("register.by_reporter") if line.by_reporter else line.by or NOTHING,
        what=speech.say(f"register.did.{line.action}") if known else line.action,
        status=speech.term("status", line.status),
        words="\n".join(filter(None, said)),
        seal=line.seal or speech.say("register.history.unsealed"),
    )


def _note(speech: Speech, line: Line) -> str:
    note = line.note or ""
    if line.action == RATED:
        return speech.term("rating", note)
    if line.action == Action.HAND_OVER:
        to, *why = note.split("\n", 1)
        return "\n".join((speech.term("department", to) if to in list(Department) else to, *why))
    return note


def _changed(speech: Speech, change: Changed) -> str:
    label = speech.say(f"register.{_LABELS[change.field]}") if change.field in _LABELS else change.field
    before, after = (_value(speech, change.field, value) for value in (change.before, change.after))
    return speech.say("register.changed", field=label, before=before, after=after)


def _value(speech: Speech, field: str, value: str | None) -> str:
    return (speech.term(_TERMS[field], value) if field in _TERMS else value) if value else NOTHING
