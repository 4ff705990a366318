"""What the laboratory promises, which of its clocks runs out first, and who hears of it when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import assert_never

from bot.complaints.calendar import Calendar
from bot.complaints.lifecycle import Clock
from bot.complaints.severity import Band
from bot.complaints.terms import OPEN, Status


@dataclass(frozen=True, slots=True)
class Promise:
    """A time within which something is done: business time, or any hour when it is `round_the_clock`."""

    within: timedelta
    round_the_clock: bool = False


Promises = Mapping[Band, Mapping[Clock, Promise]]
"""A promise for every clock of every band."""


def _promised(
    acknowledge: Promise, progress: int, resolve: int, close: int, wait: int
) -> Mapping[Clock, Promise]:
    return {
        Clock.ACKNOWLEDGE: acknowledge,
        Clock.PROGRESS: Promise(timedelta(hours=progress)),
        Clock.RESOLVE: Promise(timedelta(hours=resolve)),
        Clock.CLOSE: Promise(timedelta(hours=close)),
        Clock.WAIT: Promise(timedelta(hours=wait)),
    }


PROMISES: Promises = {
    Band.LOW: _promised(Promise(timedelta(hours=8)), 40, 80, 40, 40),
    Band.MEDIUM: _promised(Promise(timedelta(hours=4)), 16, 40, 20, 20),
    Band.HIGH: _promised(Promise(timedelta(minutes=30), round_the_clock=True), 4, 16, 10, 4),
}
"""What is promised unless the laboratory's calendar file says otherwise."""


@dataclass(frozen=True, slots=True)
class Moments:
    """What the clocks read of a complaint.

    `waited` is business time spent waiting for the reporter since it was acknowledged or last reopened, not
    counting what began at `waiting_since` and goes on.
    """

    received_at: datetime
    acknowledged_at: datetime | None = None
    progressed_at: datetime | None = None
    reopened_at: datetime | None = None
    resolved_at: datetime | None = None
    waiting_since: datetime | None = None
    waited: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Due:
    """A clock that runs: since when, until when, and when three quarters of its time have passed."""

    clock: Clock
    began_at: datetime
    remind_at: datetime
    due_at: datetime
    promise: Promise


def owed(
    status: Status, moments: Moments, promised: Mapping[Clock, Promise], calendar: Calendar
) -> Due | None:
    """Of the clocks that run for a complaint the one that ends first; None when nothing is owed.

    Waiting for the reporter stops the clock of resolving: it does not run out while the laboratory waits, and
    ends later by as much business time as it waited.
    """
    running = [
        _due(clock, began_at, waited, promised[clock], calendar)
        for clock, began_at, waited in _running(status, moments)
    ]
    return min(running, key=lambda due: due.due_at, default=None)


def _running(status: Status, moments: Moments) -> list[tuple[Clock, datetime, timedelta]]:
    """The clocks that run, since when, and how long each was stopped."""
    none = timedelta()
    if status is Status.RECEIVED:
        return [(Clock.ACKNOWLEDGE, moments.received_at, none)]
    if status is Status.RESOLVED:
        return [(Clock.CLOSE, moments.resolved_at or moments.received_at, none)]
    if status not in OPEN:
        return []
    began_at = moments.reopened_at or moments.acknowledged_at or moments.received_at
    running = []
    if moments.progressed_at is None or moments.progressed_at < began_at:
        running.append((Clock.PROGRESS, began_at, none))
    if moments.waiting_since is None:
        running.append((Clock.RESOLVE, began_at, moments.waited))
    else:
        running.append((Clock.WAIT, moments.waiting_since, none))
    return running


def _due(clock: Clock, began_at: datetime, waited: timedelta, promise: Promise, calendar: Calendar) -> Due:
    def after(time: timedelta) -> datetime:
        if promise.round_the_clock:
            return began_at.astimezone(UTC) + time + waited
        return calendar.after(began_at, time + waited)

    return Due(clock, began_at, after(promise.within * 3 / 4), after(promise.within), promise)


class Nudge(StrEnum):
    """What is said about a clock, the milder first."""

    REMIND = "remind"
    ALARM = "alarm"
    HEAD = "head"
    QUALITY = "quality"


class Hears(StrEnum):
    """Who a nudge is for."""

    ROOM = "room"
    ASSIGNEE = "assignee"
    ON_CALL = "on_call"
    HEAD = "head"
    QUALITY = "quality"


class When(StrEnum):
    """When a nudge is given, or as soon after as the laboratory is open."""

    SOON_DUE = "soon_due"
    DUE = "due"
    HOUR_LATER = "hour_later"
    NEXT_DAY = "next_day"
    """When it opens on the business day after the nudge before."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One row of the table: `at_any_hour` it is given whether or not the laboratory is open."""

    nudge: Nudge
    when: When
    hears: frozenset[Hears]
    at_any_hour: bool = False


_DEPARTMENT = frozenset({Hears.ROOM, Hears.ASSIGNEE})
_ON_CALL = frozenset({Hears.ON_CALL})
_QUALITY = frozenset({Hears.QUALITY})
_ESCALATION = (
    Rung(Nudge.HEAD, When.DUE, _DEPARTMENT | {Hears.HEAD}),
    Rung(Nudge.QUALITY, When.NEXT_DAY, _DEPARTMENT | {Hears.HEAD, Hears.QUALITY}),
)
_ROUTINE = (Rung(Nudge.REMIND, When.SOON_DUE, _DEPARTMENT), *_ESCALATION)
_ROUND_THE_CLOCK = (
    Rung(Nudge.REMIND, When.SOON_DUE, _ON_CALL, at_any_hour=True),
    Rung(Nudge.ALARM, When.DUE, _ON_CALL, at_any_hour=True),
    *(Rung(Nudge.ALARM, When.HOUR_LATER, _ON_CALL, at_any_hour=True),) * 6,
    *_ESCALATION,
)
# Nobody but they can close it.
_CLOSING = (
    Rung(Nudge.REMIND, When.SOON_DUE, _QUALITY),
    Rung(Nudge.HEAD, When.DUE, _QUALITY | {Hears.HEAD}),
    Rung(Nudge.QUALITY, When.NEXT_DAY, _QUALITY | {Hears.HEAD}),
)

_WAITING = (
    Rung(Nudge.REMIND, When.DUE, _DEPARTMENT),
    Rung(Nudge.QUALITY, When.NEXT_DAY, _DEPARTMENT | _QUALITY),
)


def ladder(due: Due) -> tuple[Rung, ...]:
    """The nudges about a clock in their order; the last is given again every business day."""
    if due.clock is Clock.CLOSE:
        return _CLOSING
    if due.clock is Clock.WAIT:
        return _WAITING
    return _ROUND_THE_CLOCK if due.promise.round_the_clock else _ROUTINE


def look_at(due: Due, given: int, now: datetime, calendar: Calendar) -> datetime:
    """When to look at the clock again, after `given` nudges of which the latest was given at `now`."""
    rung = _rung(due, given)
    match rung.when:
        case When.SOON_DUE:
            at = due.remind_at
        case When.DUE:
            at = due.due_at
        case When.HOUR_LATER:
            at = max(now, due.due_at) + timedelta(hours=1)
        case When.NEXT_DAY:
            at = calendar.next_day(max(now, due.due_at))
        case _:
            assert_never(rung.when)
    return at if rung.at_any_hour else calendar.next_open(at)


def first_look(due: Due, now: datetime, calendar: Calendar) -> datetime | None:
    """When to look at a clock that nobody has looked at before.

    One that had run out by then is given as much time again as was promised, before anybody is told of it;
    of what was resolved that long ago nobody is told at all.
    """
    if now < due.due_at:
        return look_at(due, 0, now, calendar)
    if due.clock is Clock.CLOSE:
        return None
    return look_at(_due(due.clock, now, timedelta(), due.promise, calendar), 0, now, calendar)


def given_before(due: Due, now: datetime) -> int:
    """How many nudges count of a clock that goes on after it stood still: a reminder is not given twice."""
    return sum(rung.when is When.SOON_DUE for rung in ladder(due)) if now >= due.remind_at else 0


def still_given(due: Due, given: int, now: datetime) -> int:
    """How many nudges count once the clock ends at another time: that time is up counts only while it is."""
    in_time = sum(rung.when is When.SOON_DUE for rung in ladder(due))
    return min(given, in_time) if now < due.due_at else given


def give(due: Due, given: int, now: datetime, calendar: Calendar) -> tuple[Rung, int] | None:
    """The nudge to give at `now`, and how many have been given then; None if it waits for the next opening.

    A reminder that comes too late, as after an outage, is left out: what says that time is up says it all.
    """
    if _rung(due, given).when is When.SOON_DUE and now >= due.due_at:
        given += 1
    rung = _rung(due, given)
    return (rung, given + 1) if rung.at_any_hour or calendar.is_open(now) else None


def _rung(due: Due, given: int) -> Rung:
    rungs = ladder(due)
    return rungs[min(given, len(rungs) - 1)]
