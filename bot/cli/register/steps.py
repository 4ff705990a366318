"""The history of a complaint in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.cli.register.speech import NOTHING, Speech
from bot.complaints.lifecycle import Action
from bot.complaints.terms import Department
from bot.turns.entering import ENTERED
from bot.turns.nudges import ESCALATE, REMIND
from storage.complaints import OPENED
from storage.history import RATED, SAID, TELL
from storage.investigations import REVIEW
from storage.register import Changed, Line

_DID = frozenset((*Action, OPENED, ENTERED, SAID, RATED, TELL, REMIND, ESCALATE, REVIEW))
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
        *(
            "category",
            "phase",
            "site",
            "complainant",
            "safety",
            "confidential",
            "ours",
            "ours_why",
            "evidence",
        ),
        *("substantiated", "involved", "impartiality", "cause", "correction", "effective"),
        "not_communicated_why",
    )
}
"""What a field that staff record is called where it is read."""


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
        status=speech.say(f"status.{line.status}"),
        words="\n".join(filter(None, said)),
        seal=line.seal or speech.say("register.history.unsealed"),
    )


def _note(speech: Speech, line: Line) -> str:
    note = line.note or ""
    if line.action == RATED:
        return speech.say(f"rating.{note}")
    if line.action in (REMIND, ESCALATE):
        return speech.say(f"register.nudge.{note}")
    if line.action == Action.HAND_OVER:
        to, *why = note.split("\n", 1)
        return "\n".join((speech.say(f"department.{to}") if to in list(Department) else to, *why))
    return note


def _changed(speech: Speech, change: Changed) -> str:
    label = speech.say(f"register.{_LABELS[change.field]}") if change.field in _LABELS else change.field
    before, after = (_value(speech, change.field, value) for value in (change.before, change.after))
    return speech.say("register.changed", field=label, before=before, after=after)


def _value(speech: Speech, field: str, value: str | None) -> str:
    if not value:
        return NOTHING
    match field:
        case "acknowledged_how" | "communicated_how":
            return speech.say(f"means.{value}")
        case "ours" | "safety" | "confidential":
            return speech.say(f"register.{value}")
        case "category":
            return speech.say(f"category.{value}")
        case "phase":
            return speech.say(f"phase.{value}")
        case "consequence":
            return speech.say(f"consequence.{value}")
        case "recurrence":
            return speech.say(f"recurrence.{value}")
        case "complainant":
            return speech.say(f"complainant.{value}")
        case "substantiated":
            return speech.say(f"substantiated.{value}")
        case "cause":
            return speech.say(f"cause.{value}")
        case "effective":
            return speech.say(f"effective.{value}")
        case _:
            return value
