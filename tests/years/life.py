"""A process that is restarted again and again, on a machine whose clock is put wrong and right again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

JUMP = timedelta(hours=1)
LONGEST_OUTAGE, LONGEST_START = 600, 20


@dataclass(frozen=True, slots=True)
class Uptime:
    """From `start` up to `end`, in true time, the process is up and its clock is `skew` ahead.

    It ticks at `first` and then again and again; what `begins` is a process, else only the clock was put.
    """

    start: datetime
    end: datetime
    first: datetime
    skew: timedelta

    def tick(self, at: datetime, every: timedelta) -> datetime:
        """The first tick not before `at`."""
        return self.first + max(0, -((self.first - at) // every)) * every


@dataclass(frozen=True, slots=True)
class Life:
    """The process, from first to last."""

    uptimes: Sequence[Uptime]
    restarts: int
    jumps: int


def life(
    rng: Random, start: datetime, end: datetime, around: Sequence[datetime], every: timedelta, events: int
) -> Life:
    """Draw a life with `events` restarts and as many jumps of the clock by an hour.

    Half of them happen at any moment, the others within two hours of a moment of `around`.
    """
    moments = sorted((_moment(rng, start, end, around), kind) for kind in "rj" for _ in range(events))
    return Life(tuple(_uptimes(rng, start, end, moments, every)), events, events)


def _moment(rng: Random, start: datetime, end: datetime, around: Sequence[datetime]) -> datetime:
    if around and rng.random() < 0.5:
        near = rng.choice(around) + timedelta(seconds=rng.randint(-7200, 7200))
        return min(max(near, start), end)
    return start + timedelta(seconds=rng.randrange((end - start) // timedelta(seconds=1)))


def _uptimes(
    rng: Random, start: datetime, end: datetime, moments: Sequence[tuple[datetime, str]], every: timedelta
) -> Iterator[Uptime]:
    up, skew = start, timedelta()
    first = _first_tick(rng, up, every)
    for at, kind in moments:
        if at < up:  # it is down
            continue
        yield Uptime(up, at, first, skew)
        if kind == "j":
            up, skew = at, rng.choice([-JUMP, JUMP]) if not skew else timedelta()
            first = Uptime(up, end, first, skew).tick(up, every)
        else:
            up = at + timedelta(seconds=rng.randint(1, LONGEST_OUTAGE))
            first = _first_tick(rng, up, every)
    yield Uptime(up, end, first, skew)


def _first_tick(rng: Random, start: datetime, every: timedelta) -> datetime:
    return start + timedelta(seconds=rng.randint(0, LONGEST_START)) + every
