"""Telegram's limits are kept whoever asks, and answers overtake what is sent to many."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import RetryAfter

from handlers.telegram.pace import HeldBackError, Pace
from sandbox.telegram import Limits

A_SECOND, A_MINUTE = 30, 20


@pytest.fixture(autouse=True)
def durations(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without it python-telegram-bot warns, and so fails here, whenever it makes a RetryAfter.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@dataclass(slots=True)
class Alarm:
    """A timer of the hand clock."""

    ring: Callable[[], None]
    off: bool = False

    def cancel(self) -> None:
        self.off = True


@dataclass(slots=True)
class HandClock:
    """Moves only when told, from one timer to the next; after each the loop is `busy` for a while."""

    now: float = 1000.0
    busy: Callable[[], float] = float
    _alarms: list[tuple[float, int, Alarm]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None], /) -> Alarm:
        alarm = Alarm(callback)
        heappush(self._alarms, (when, next(self._numbers), alarm))
        return alarm

    async def passes(self, seconds: float) -> None:
        until = self.now + seconds
        await _all_run()
        while self._alarms and self._alarms[0][0] <= until:
            when, _, alarm = heappop(self._alarms)
            if not alarm.off:
                self.now = max(self.now, when)
                alarm.ring()
                self.now += self.busy()
                await _all_run()
        self.now = max(self.now, until)


async def _all_run() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


@dataclass(slots=True)
class Street:
    """Messages that want to leave, and when each did."""

    clock: HandClock = field(default_factory=HandClock)
    left: list[tuple[float, int, bool]] = field(default_factory=list)
    pace: Pace = field(init=False)
    waiting: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pace = Pace(self.clock)

    def post(self, chat: int, *, urgent: bool = False) -> asyncio.Task[None]:
        async def leave() -> None:
            await self.pace.wait(chat, urgent=urgent)
            self.left.append((self.clock.now, chat, urgent))

        task = asyncio.create_task(leave())
        self.waiting.append(task)
        return task

    @property
    def times(self) -> list[float]:
        return [at for at, _, _ in self.left]


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(begin <= at < begin + seconds for at in times) for begin in times)


arrivals = st.lists(
    st.tuples(st.floats(0, 0.3), st.sampled_from([-2, -1, *range(1, 9)]), st.booleans()), max_size=120
)


@given(arrivals)
def test_limits_are_kept_whoever_asks_and_whenever(wanted: list[tuple[float, int, bool]]) -> None:
    async def live() -> Street:
        street = Street()
        for delay, chat, urgent in wanted:
            await street.clock.passes(delay)
            street.post(chat, urgent=urgent)
        await street.clock.passes(600)
        return street

    street = asyncio.run(live())
    in_chats: defaultdict[int, list[float]] = defaultdict(list)
    for at, chat, _ in street.left:
        in_chats[chat].append(at)
    assert len(street.left) == len(wanted)
    assert not street.left or most_within(street.times, 1) <= A_SECOND
    for chat, times in in_chats.items():
        assert most_within(times, 1) == 1
        assert chat > 0 or most_within(times, 60) <= A_MINUTE


@given(st.lists(st.tuples(st.floats(0, 0.05), st.booleans()), min_size=1, max_size=200))
def test_thirty_a_second_are_never_exceeded_by_messages_to_different_people(
    wanted: list[tuple[float, bool]],
) -> None:
    async def live() -> Street:
        street = Street()
        for chat, (delay, urgent) in enumerate(wanted, start=1):
            await street.clock.passes(delay)
            street.post(chat, urgent=urgent)
        await street.clock.passes(60)
        return street

    street = asyncio.run(live())
    assert len(street.left) == len(wanted)
    assert most_within(street.times, 1) <= A_SECOND


async def test_what_is_sent_to_many_uses_up_the_limit() -> None:
    street = Street()
    for chat in range(1, 601):
        street.post(chat)
    await street.clock.passes(60)
    took = street.times[-1] - street.times[0]
    assert len(street.left) == 600
    assert 599 / took >= 0.985 * A_SECOND


async def test_a_telegram_that_enforces_its_limits_refuses_nothing_whatever_the_way_there_takes() -> None:
    street, rng = Street(), Random(7)
    limits = Limits(street.clock.time)
    arrived: list[float] = []

    def arrive(chat: int) -> None:
        limits.take(chat)
        arrived.append(street.clock.now)

    async def send(chat: int, *, urgent: bool) -> None:
        await street.pace.wait(chat, urgent=urgent)
        street.clock.call_at(street.clock.now + rng.uniform(0.02, 0.06), partial(arrive, chat))

    async def worker(first: int) -> None:
        for chat in range(first, 2000, 32):
            await send(chat, urgent=False)

    async with asyncio.TaskGroup() as group:
        for first in range(1, 33):
            group.create_task(worker(first))
        for tap in range(120):
            await street.clock.passes(rng.uniform(0, 1))
            group.create_task(send(10_000 + tap % 4, urgent=True))
        await street.clock.passes(30)
    assert limits.refused == 0
    assert (len(arrived) - 1) / (max(arrived) - min(arrived)) >= 0.98 * A_SECOND


async def test_an_answer_overtakes_what_is_sent_to_many() -> None:
    street = Street()
    for chat in range(1, 301):
        street.post(chat)
    await street.clock.passes(3)
    asked = street.clock.now
    street.post(1000, urgent=True)
    await street.clock.passes(1)
    (at,) = [at for at, _, urgent in street.left if urgent]
    assert at - asked <= 1.012 / 30 + 0.003


async def test_an_answer_finds_room_soon_however_busy_the_loop_is() -> None:
    street, rng, waited = Street(), Random(7), list[float]()
    street.clock.busy = lambda: rng.choice((0.0, 0.001, 0.005, 0.03))
    for tap in range(60):
        for chat in range(1 + 30 * tap, 31 + 30 * tap):
            street.post(chat)
        await street.clock.passes(rng.uniform(0.5, 1.5))
        asked = street.clock.now
        street.post(10_000 + tap, urgent=True)
        await street.clock.passes(0.3)
        waited += [at - asked for at, chat, _ in street.left if chat == 10_000 + tap]
    assert len(waited) == 60
    assert max(waited) < 0.12


async def test_answers_of_one_moment_leave_at_once() -> None:
    street = Street()
    for chat in range(1, 41):
        street.post(chat, urgent=True)
    await street.clock.passes(0)
    assert len(street.left) == A_SECOND


async def test_nothing_starves_behind_answers() -> None:
    street = Street()
    for chat in range(1, 401):
        street.post(chat, urgent=True)
    for chat in range(1001, 1051):
        street.post(chat)
    await street.clock.passes(10)
    later = street.left[A_SECOND:]
    assert sum(not urgent for _, _, urgent in later) == len(later) // 10


async def test_a_chat_that_waits_holds_up_no_other() -> None:
    street = Street()
    for _ in range(5):
        street.post(1)
    for chat in range(2, 12):
        street.post(chat)
    await street.clock.passes(0.9)
    assert sorted(chat for _, chat, _ in street.left) == list(range(1, 12))


async def test_messages_into_one_chat_keep_their_order() -> None:
    street = Street()
    first, second, third = (street.post(1, urgent=True) for _ in range(3))
    await street.clock.passes(0.5)
    assert (first.done(), second.done(), third.done()) == (True, False, False)
    await street.clock.passes(1.01)
    assert (second.done(), third.done()) == (True, False)


async def test_a_message_counts_from_when_it_leaves_a_busy_loop() -> None:
    street = Street()
    for _ in range(3):
        street.post(1)
    await street.clock.passes(1)
    street.clock.busy = lambda: 0.5
    await street.clock.passes(10)
    first, second, third = street.times
    assert second - first == pytest.approx(1.52)
    assert third - second == pytest.approx(1.52)


async def test_a_group_takes_twenty_a_minute() -> None:
    street = Street()
    for _ in range(25):
        street.post(-1)
    await street.clock.passes(60)
    assert len(street.left) == A_MINUTE
    await street.clock.passes(60)
    assert len(street.left) == 25


async def test_who_gives_up_leaves_its_place_to_the_next() -> None:
    street = Street()
    street.post(1)
    given_up = street.post(1)
    street.post(1)
    await street.clock.passes(0.5)
    given_up.cancel()
    await street.clock.passes(1)
    assert len(street.left) == 2


async def test_chats_are_forgotten_once_their_limits_no_longer_matter() -> None:
    street = Street()
    for chat in range(1, 301):
        street.post(chat)
    await street.clock.passes(60)
    street.post(1)
    await street.clock.passes(0)
    assert list(street.pace._chats) == [1]


async def test_a_refusal_of_one_chat_holds_up_no_other() -> None:
    street = Street()
    assert not any(street.pace.refused(1, RetryAfter(60)) for _ in range(5))
    street.post(2)
    await street.clock.passes(0)
    assert len(street.left) == 1


async def test_refusals_far_apart_concern_one_chat_each() -> None:
    street = Street()
    for chat in range(1, 6):
        assert not street.pace.refused(chat, RetryAfter(60))
        await street.clock.passes(0.6)


async def test_refusals_of_several_chats_at_once_hold_up_everybody_for_as_long_as_telegram_asks() -> None:
    street = Street()
    for chat in range(1, 41):
        street.post(chat)
    await street.clock.passes(0.1)
    went = len(street.left)
    refused = [street.pace.refused(chat, RetryAfter(30)) for chat in (1, 2, 3)]
    assert refused == [None, None, 30]
    late = street.post(50, urgent=True)
    await street.clock.passes(29)
    assert (len(street.left), went < 40) == (went, True)
    outcomes = await asyncio.gather(*street.waiting, return_exceptions=True)
    assert all(isinstance(one, HeldBackError) for one in outcomes[went:])
    assert isinstance(late.exception(), HeldBackError)
    await street.clock.passes(2)
    street.post(50, urgent=True)
    await street.clock.passes(0)
    assert len(street.left) == went + 1


async def test_a_long_wait_of_one_chat_is_not_everybodys() -> None:
    street = Street()
    assert [street.pace.refused(n, RetryAfter(wait)) for n, wait in enumerate((3600, 3, 4))] == [
        None,
        None,
        3,
    ]
    await street.clock.passes(2)
    assert street.pace.refused(9, RetryAfter(3600)) is None
    assert [street.pace.refused(n, RetryAfter(3600)) for n in (10, 11)] == [None, 30]


async def test_who_was_held_back_is_no_further_refusal() -> None:
    street = Street()
    for chat in (1, 2, 3):
        street.pace.refused(chat, RetryAfter(2))
    await street.clock.passes(1.5)
    assert all(street.pace.refused(chat, HeldBackError(1)) for chat in (4, 5, 6))
    await street.clock.passes(1)
    street.post(7)
    await street.clock.passes(0)
    assert len(street.left) == 1
