"""Telegram's limits on messages, kept on our side: answers overtake what is sent to many."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from telegram.error import RetryAfter

from handlers.telegram.connection import seconds_of

# Messages move closer together on their way, so each span is a little longer than Telegram's.
_OVERALL = (30, 1.012)
_IN_A_CHAT = ((1, 1.02),)
_IN_A_GROUP = ((1, 1.02), (20, 60.6))
_APART = _OVERALL[1] / _OVERALL[0]
# More would be a burst, and an answer a second later would find no room for as long.
_MADE_UP_FOR = 0.03
_OVERTAKEN_AT_MOST = 9
_SEVERAL = 3
_SOON = 1.0
_LONGEST_HOLD = 30.0


class HeldBackError(RetryAfter):
    """Telegram has asked everybody to slow down: the call was not made."""


class Timer(Protocol):
    """Something that will happen."""

    def cancel(self) -> None:
        """Have it not happen."""
        ...


class Clock(Protocol):
    """An event loop's clock, in seconds."""

    def time(self) -> float:
        """What it shows."""
        ...

    def call_at(self, when: float, callback: Callable[[], None], /) -> Timer:
        """Have `callback` called once it shows `when`."""
        ...


class Pace:
    """Lets messages go as Telegram takes them: 30 a second, 1 a second in a chat, 20 a minute in a group.

    Urgent ones overtake the others, and the others leave evenly spread, so that a second is never used up in
    advance. Of ten that leave one may be of the others, so that none waits for ever; otherwise whoever asks
    first goes first, and a chat that has to wait holds up nobody else. `clock` is the event loop.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._overall = _Window(*_OVERALL)
        self._chats: OrderedDict[int, list[_Window]] = OrderedDict()
        self._urgent: list[_Place] = []
        self._others: list[_Place] = []
        self._overtaken = 0
        self._evenly_at = 0.0
        self._timer: Timer | None = None
        self._refused: dict[int, tuple[float, float]] = {}
        self._held_until = 0.0

    async def wait(self, chat: int, *, urgent: bool) -> None:
        """Return when a message to `chat` may leave, and count it.

        Raises HeldBackError while Telegram has asked everybody to slow down.
        """
        now = self._clock.time()
        if now < self._held_until:
            raise HeldBackError(ceil(self._held_until - now))
        lane = self._urgent if urgent else self._others
        place = _Place(chat, asyncio.get_running_loop().create_future())
        lane.append(place)
        self._go_on()
        try:
            await place.free
            place.went = self._clock.time()  # later than it was let go when the loop is busy
        finally:
            if place in lane:
                lane.remove(place)

    def refused(self, chat: int, error: RetryAfter) -> float | None:
        """Take note that Telegram wants nothing for `chat` for a while; for how many seconds that concerns
        everybody, if it does.

        It does once several chats are refused in the same second: a chat's own limit concerns one alone. Then
        all wait as long as the least of them has to, and half a minute at most, since one of these chats may
        have brought a long wait upon itself.
        """
        now, seconds = self._clock.time(), seconds_of(error)
        if isinstance(error, HeldBackError):
            return seconds
        recent = {one: (at, wait) for one, (at, wait) in self._refused.items() if at > now - _SOON}
        self._refused = recent | {chat: (now, seconds)}
        if len(self._refused) < _SEVERAL:
            return None
        seconds = min(_LONGEST_HOLD, *(wait for _, wait in self._refused.values()))
        self._held_until = max(self._held_until, now + seconds)
        for lane in (self._urgent, self._others):
            for place in lane:
                if not place.free.done():
                    place.free.set_exception(HeldBackError(ceil(seconds)))
            lane.clear()
        return seconds

    def _go_on(self) -> None:
        """Let go whoever may, and come again when the next may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._clock.time()
        while (soonest := self._soonest(now)) is not None:
            at, lane, place = soonest
            if at > now:
                self._timer = self._clock.call_at(at, self._go_on)
                return
            lane.remove(place)
            self._count(place, now, is_urgent=lane is self._urgent)
            if not place.free.done():
                place.free.set_result(None)

    def _soonest(self, now: float) -> "tuple[float, list[_Place], _Place] | None":
        """Who goes next, and when; of several who may already, the first of the lane whose turn it is."""
        lanes = [(self._urgent, 0.0), (self._others, self._evenly_at)]
        if self._overtaken >= _OVERTAKEN_AT_MOST:
            lanes = [(self._others, 0.0), (self._urgent, 0.0)]
        free = max(now, self._overall.free_at())
        found = [
            (max(free, lane_free, self._free_at(place.chat)), lane, place)
            for lane, lane_free in lanes
            for place in lane
        ]
        return min(found, key=lambda one: one[0], default=None)

    def _free_at(self, chat: int) -> float:
        return max((one.free_at() for one in self._chats.get(chat, ())), default=0.0)

    def _count(self, place: "_Place", now: float, *, is_urgent: bool) -> None:
        if is_urgent:
            self._overtaken = self._overtaken + 1 if self._others else 0
        else:
            self._overtaken = 0
            # Lateness is made up for, else each would be late by what those before it were.
            self._evenly_at = max(self._evenly_at, now - _MADE_UP_FOR) + _APART
        place.went = now
        limits = _IN_A_GROUP if place.chat < 0 else _IN_A_CHAT
        windows = self._chats.setdefault(place.chat, [_Window(*limit) for limit in limits])
        self._chats.move_to_end(place.chat)
        for one in (self._overall, *windows):
            one.went.append(place)
        while all(one.is_past(now) for one in next(iter(self._chats.values()))):
            self._chats.popitem(last=False)


@dataclass(eq=False, slots=True)
class _Place:
    """A message in a lane, and then gone."""

    chat: int
    free: asyncio.Future[None]
    went: float = 0.0


class _Window:
    """At most `count` in any `seconds`."""

    def __init__(self, count: int, seconds: float) -> None:
        self.went: deque[_Place] = deque(maxlen=count)
        self._seconds = seconds

    def free_at(self) -> float:
        """When one more may go."""
        return self.went[0].went + self._seconds if len(self.went) == self.went.maxlen else 0.0

    def is_past(self, now: float) -> bool:
        """Whether those that went no longer matter."""
        return self.went[-1].went + self._seconds <= now
