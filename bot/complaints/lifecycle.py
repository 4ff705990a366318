"""The transitions of a complaint as one table: from where, by whom, to where."""

from dataclasses import dataclass
from enum import StrEnum

from bot.complaints.terms import Role, Status


class Action(StrEnum):
    """A step a member of staff takes on a complaint."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table: the states an action starts from, the state it ends in, who may take it."""

    sources: frozenset[Status]
    target: Status
    roles: frozenset[Role]


_EVERYONE = frozenset(Role)

STEPS: dict[Action, Step] = {
    Action.ACKNOWLEDGE: Step(frozenset({Status.RECEIVED}), Status.ACKNOWLEDGED, _EVERYONE),
    Action.ASSIGN: Step(
        frozenset({Status.RECEIVED, Status.ACKNOWLEDGED, Status.INVESTIGATING}),
        Status.INVESTIGATING,
        _EVERYONE,
    ),
    Action.RESOLVE: Step(
        frozenset({Status.RECEIVED, Status.ACKNOWLEDGED, Status.INVESTIGATING}), Status.RESOLVED, _EVERYONE
    ),
}


class Refusal(StrEnum):
    """Why a step is not taken."""

    NOT_STAFF = "not_staff"
    NOT_NOW = "not_now"


def take(action: Action, status: Status, role: Role | None) -> Status | Refusal:
    """The state after `action`, or why it is refused; without a role it is refused in every state."""
    step = STEPS[action]
    if role is None or role not in step.roles:
        return Refusal.NOT_STAFF
    if status not in step.sources:
        return Refusal.NOT_NOW
    return step.target


def open_actions(status: Status) -> tuple[Action, ...]:
    """The actions that can be taken from `status`, in the order buttons are shown."""
    return tuple(action for action, step in STEPS.items() if status in step.sources)
