"""The table of steps: whatever staff do in whatever order, nothing the standard asks for is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.complaints.lifecycle import (
    STEPS,
    Action,
    Clock,
    Need,
    Refusal,
    Told,
    open_actions,
    take,
    way_to,
)
from bot.complaints.terms import OPEN, Role, Status

ROLES = st.sampled_from([None, *Role])
GIVEN = st.sets(st.sampled_from(Need)).map(frozenset)
ENDS = {Status.CLOSED, Status.DECLINED, Status.MERGED}
DECISIONS = [
    Action.TAKE,
    Action.PROGRESS,
    Action.RECORD,
    Action.RESOLVE,
    Action.DECLINE,
    Action.MERGE,
    Action.CLOSE,
]
TRIES = st.lists(st.tuples(st.sampled_from(Action), ROLES, GIVEN), max_size=30)


def life(tries: list[tuple[Action, Role | None, frozenset[Need]]]) -> list[tuple[Action, Status]]:
    """The steps that were taken of those tried, each with the state after it."""
    status, taken = Status.RECEIVED, []
    for action, role, given_ in tries:
        after, way = status, []
        for step in way_to(action, status):
            found = take(step, after, role, given_)
            if isinstance(found, Refusal):
                break
            after = found
            way.append((step, after))
        else:
            taken += way
            status = after
    return taken


@given(TRIES)
def test_no_path_skips_acknowledgement(tries: list[tuple[Action, Role | None, frozenset[Need]]]) -> None:
    steps = [action for action, _ in life(tries)]
    assert not steps or steps[0] is Action.ACKNOWLEDGE
    assert steps.count(Action.ACKNOWLEDGE) <= 1


@given(TRIES)
def test_nothing_is_resolved_that_nobody_looked_into(
    tries: list[tuple[Action, Role | None, frozenset[Need]]],
) -> None:
    before = Status.RECEIVED
    for action, after in life(tries):
        if action is Action.RESOLVE:
            assert before in (Status.INVESTIGATING, Status.REOPENED)
        before = after


@given(TRIES)
def test_nothing_is_closed_that_was_not_resolved(
    tries: list[tuple[Action, Role | None, frozenset[Need]]],
) -> None:
    before = Status.RECEIVED
    for action, after in life(tries):
        if after is Status.CLOSED and before is not Status.CLOSED:
            assert (action, before) == (Action.CLOSE, Status.RESOLVED)
        before = after


@pytest.mark.parametrize("action", DECISIONS)
@given(status=st.sampled_from(Status), role=ROLES, given_=GIVEN)
def test_whoever_is_involved_decides_nothing(
    action: Action, status: Status, role: Role | None, given_: frozenset[Need]
) -> None:
    assert isinstance(take(action, status, role, given_ - {Need.IMPARTIALITY}), Refusal)


@given(action=st.sampled_from(Action), status=st.sampled_from(Status), given_=GIVEN)
def test_without_a_role_nothing_is_done(action: Action, status: Status, given_: frozenset[Need]) -> None:
    assert take(action, status, None, given_) is Refusal.NOT_STAFF


@pytest.mark.parametrize("status", Status)
def test_only_quality_and_managers_close(status: Status) -> None:
    assert isinstance(take(Action.CLOSE, status, Role.STAFF), Refusal)


@given(action=st.sampled_from(Action), status=st.sampled_from(Status), given_=GIVEN)
def test_a_step_is_taken_only_with_everything_it_needs(
    action: Action, status: Status, given_: frozenset[Need]
) -> None:
    taken = not isinstance(take(action, status, Role.QUALITY, given_), Refusal)
    assert taken == (status in STEPS[action].sources and STEPS[action].needs <= given_)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", Status)
def test_what_is_done_by_the_way_leads_to_the_step_or_is_not_begun(action: Action, status: Status) -> None:
    way = way_to(action, status)
    assert way[-1] is action
    if status in STEPS[way[0]].sources:
        for step in way:
            after = take(step, status, Role.QUALITY)
            assert isinstance(after, Status)
            status = after
    else:
        assert way == (action,)


@pytest.mark.parametrize("status", Status)
def test_the_steps_that_are_offered_are_those_that_can_be_taken(status: Status) -> None:
    for action in Action:
        can = not isinstance(take(way_to(action, status)[0], status, Role.QUALITY), Refusal)
        assert (action in open_actions(status)) == can


def test_every_state_is_reached_and_every_open_one_is_left() -> None:
    reached = {Status.RECEIVED} | {step.target for step in STEPS.values() if step.target}
    assert reached == set(Status)
    for status in OPEN | {Status.RESOLVED}:
        targets = {step.target for step in STEPS.values() if status in step.sources}
        assert targets - {status, None}, status


@pytest.mark.parametrize("action", [one for one in Action if STEPS[one].target in ENDS | {Status.RESOLVED}])
def test_every_end_is_told_to_the_reporter(action: Action) -> None:
    assert Told.REPORTER in STEPS[action].tells


@pytest.mark.parametrize("status", sorted(OPEN))
def test_something_is_owed_in_every_open_state(status: Status) -> None:
    started = {Clock.ACKNOWLEDGE} if status is Status.RECEIVED else set[Clock]()
    for step in STEPS.values():
        if step.target is status:
            started |= step.starts
    leads_here = [one for one in STEPS.values() if one.target is status]
    assert started or all(step.sources <= OPEN for step in leads_here)
