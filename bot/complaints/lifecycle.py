"""The transitions of a complaint as one table: from where, by whom, on what conditions, to where.

ISO 15189:2022, 7.7: every complaint is acknowledged, investigated and answered; whoever decides on it is not
involved in it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from bot.complaints.terms import OPEN, Role, Status


class Action(StrEnum):
    """A step taken on a complaint."""

    ACKNOWLEDGE = "acknowledge"
    TAKE = "take"
    HAND_OVER = "hand_over"
    ASK = "ask"
    REPLY = "reply"
    PROGRESS = "progress"
    RECORD = "record"
    RESOLVE = "resolve"
    DECLINE = "decline"
    MERGE = "merge"
    CLOSE = "close"
    REOPEN = "reopen"


class Need(StrEnum):
    """What a step cannot be taken without."""

    WORDS = "words"
    """Words for the reporter."""
    OUTCOME = "outcome"
    """What was found and done, for the record."""
    REASON = "reason"
    """Why, for the record."""
    SUCCESSOR = "successor"
    """The department or person who goes on."""
    ORIGINAL = "original"
    """The complaint this one repeats."""
    IMPARTIALITY = "impartiality"
    """That the actor is not involved in what is complained about, or a note why nobody else could act."""


class Told(StrEnum):
    """Who hears of a step, besides the room the complaint is in."""

    REPORTER = "reporter"
    SUCCESSOR = "successor"
    QUALITY = "quality"


class Clock(StrEnum):
    """A time within which something is owed: to the reporter or, once it is resolved, to the register."""

    ACKNOWLEDGE = "acknowledge"
    PROGRESS = "progress"
    RESOLVE = "resolve"
    CLOSE = "close"
    WAIT = "wait"
    """For the reporter's answer: when it is up, somebody asks again or goes on without."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table. Without a `target` the state stays as it is.

    `starts` are the clocks that begin with it and `meets` what it gives that was owed; an end stops them all.
    """

    sources: frozenset[Status]
    target: Status | None
    roles: frozenset[Role]
    needs: frozenset[Need] = frozenset()
    tells: frozenset[Told] = frozenset()
    starts: frozenset[Clock] = frozenset()
    meets: frozenset[Clock] = frozenset()


_STAFF = frozenset(Role)
_QUALITY = frozenset({Role.QUALITY, Role.MANAGER})
_BEGUN = OPEN - {Status.RECEIVED}
_ENDED = frozenset({Status.RESOLVED, Status.CLOSED, Status.DECLINED})
_BOTH = frozenset({Clock.PROGRESS, Clock.RESOLVE})
_REPORTER = frozenset({Told.REPORTER})
_WORDS = frozenset({Need.WORDS})

STEPS: dict[Action, Step] = {
    Action.ACKNOWLEDGE: Step(
        frozenset({Status.RECEIVED}),
        Status.ACKNOWLEDGED,
        _STAFF,
        tells=_REPORTER,
        starts=_BOTH,
        meets=frozenset({Clock.ACKNOWLEDGE}),
    ),
    Action.TAKE: Step(
        _BEGUN, Status.INVESTIGATING, _STAFF, needs=frozenset({Need.IMPARTIALITY}), tells=_REPORTER
    ),
    Action.HAND_OVER: Step(
        _BEGUN, None, _STAFF, needs=frozenset({Need.SUCCESSOR}), tells=frozenset({Told.SUCCESSOR})
    ),
    Action.ASK: Step(_BEGUN, None, _STAFF, needs=_WORDS, tells=_REPORTER, starts=frozenset({Clock.WAIT})),
    Action.REPLY: Step(_BEGUN | _ENDED, None, _STAFF, needs=_WORDS, tells=_REPORTER),
    Action.PROGRESS: Step(
        _BEGUN,
        Status.INVESTIGATING,
        _STAFF,
        needs=frozenset({Need.WORDS, Need.IMPARTIALITY}),
        tells=_REPORTER,
        meets=frozenset({Clock.PROGRESS}),
    ),
    Action.RECORD: Step(_BEGUN | _ENDED, None, _STAFF, needs=frozenset({Need.IMPARTIALITY})),
    Action.RESOLVE: Step(
        frozenset({Status.INVESTIGATING, Status.REOPENED}),
        Status.RESOLVED,
        _STAFF,
        needs=frozenset({Need.OUTCOME, Need.IMPARTIALITY}),
        tells=_REPORTER,
        starts=frozenset({Clock.CLOSE}),
        meets=_BOTH,
    ),
    Action.DECLINE: Step(
        _BEGUN,
        Status.DECLINED,
        _STAFF,
        needs=frozenset({Need.REASON, Need.WORDS, Need.IMPARTIALITY}),
        tells=_REPORTER,
        meets=_BOTH,
    ),
    Action.MERGE: Step(
        _BEGUN,
        Status.MERGED,
        _STAFF,
        needs=frozenset({Need.ORIGINAL, Need.IMPARTIALITY}),
        tells=_REPORTER,
        meets=_BOTH,
    ),
    Action.CLOSE: Step(
        frozenset({Status.RESOLVED}),
        Status.CLOSED,
        _QUALITY,
        needs=frozenset({Need.IMPARTIALITY}),
        tells=_REPORTER,
        meets=frozenset({Clock.CLOSE}),
    ),
    Action.REOPEN: Step(
        _ENDED | {Status.MERGED},
        Status.REOPENED,
        _STAFF,
        needs=frozenset({Need.REASON}),
        tells=frozenset({Told.REPORTER, Told.QUALITY}),
        starts=_BOTH,
    ),
}


_OF_ITSELF = ((Action.ACKNOWLEDGE, Status.ACKNOWLEDGED), (Action.TAKE, Status.INVESTIGATING))
"""What is done by the way when a later step is taken, and where it leads."""


class Refusal(StrEnum):
    """Why a step is not taken."""

    NOT_STAFF = "not_staff"
    NOT_YOURS = "not_yours"
    NOT_NOW = "not_now"
    INVOLVED = "involved"
    INCOMPLETE = "incomplete"


def take(
    action: Action,
    status: Status,
    role: Role | None,
    given: Collection[Need] = frozenset(Need),
) -> Status | Refusal:
    """The state after `action`, or why it is refused; without a role it is refused in every state.

    `given` is what the actor brings along. A reporter needs no role to have reopened what was closed.
    """
    step = STEPS[action]
    if role is None:
        return Refusal.NOT_STAFF
    if role not in step.roles:
        return Refusal.NOT_YOURS
    if status not in step.sources:
        return Refusal.NOT_NOW
    missing = step.needs.difference(given)
    if Need.IMPARTIALITY in missing:
        return Refusal.INVOLVED
    return Refusal.INCOMPLETE if missing else step.target or status


def way_to(action: Action, status: Status) -> tuple[Action, ...]:
    """The steps that `action` stands for in `status`: what nobody has acknowledged is acknowledged first, and
    who resolves what nobody has taken takes it first.
    """
    if status in STEPS[action].sources:
        return (action,)
    for first, after in _OF_ITSELF:
        if first is not action and status is not after and status in STEPS[first].sources:
            onward = way_to(action, after)
            if after in STEPS[onward[0]].sources:
                return first, *onward
    return (action,)


def open_actions(status: Status) -> tuple[Action, ...]:
    """The actions that can be taken from `status`, as `way_to` takes them, in the order buttons are shown."""
    return tuple(action for action in STEPS if status in STEPS[way_to(action, status)[0]].sources)
