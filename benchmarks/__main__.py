"""Measure what was promised of speed and memory: `make bench`, or some of it: `make bench ONLY=memory`.

`make bench-large` takes the long forms of those that have one.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import TypeAlias

from benchmarks import (
    broadcast,
    digest,
    follow_ups,
    growth,
    loop_lag,
    memory,
    replicas,
    slack_ack,
    slack_submissions,
    start,
    takeover,
    turns,
)
from benchmarks.figures import Figure, report
from schedules.clock import system_clock

Measurement: TypeAlias = Callable[[], Awaitable[Sequence[Figure]]]

MEASUREMENTS: dict[str, Measurement] = {
    "start": start.measure,
    "turns": turns.measure,
    "slack_submissions": slack_submissions.measure,
    "slack_ack": slack_ack.measure,
    "memory": memory.measure,
    "growth": growth.measure,
    "follow_ups": follow_ups.measure,
    "broadcast": broadcast.measure,
    "replicas": replicas.measure,
    "takeover": takeover.measure,
    "digest": digest.measure,
}
LARGE: dict[str, Measurement] = {
    "loop_lag": loop_lag.measure,
    "memory": partial(memory.measure, memory.MANY_TURNS),
    "growth": partial(growth.measure, growth.MANY_VISITS),
    "follow_ups": partial(follow_ups.measure, follow_ups.MANY_PENDING),
    "broadcast": partial(broadcast.measure, broadcast.MANY_MESSAGES),
    "digest": partial(digest.measure, digest.MANY_VISITS),
}


async def _main(measurements: Mapping[str, Measurement]) -> int:
    figures: list[Figure] = []
    for name, measure in measurements.items():
        print(f"{name} ... ", end="", flush=True)
        began = perf_counter()
        figures += await measure()
        print(f"{perf_counter() - began:.0f} s")
    return 0 if report(figures, system_clock()) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "only", nargs="*", help=f"what to measure, of {', '.join(MEASUREMENTS)}; everything if none"
    )
    parser.add_argument(
        "--large", action="store_true", help=f"at full length, of {', '.join(LARGE)}; everything if none"
    )
    given = parser.parse_args()
    known = LARGE if given.large else MEASUREMENTS
    sys.exit(asyncio.run(_main({name: known[name] for name in given.only or known})))
