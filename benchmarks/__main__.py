"""Measure what was promised of speed and memory: `make bench`, or some of it: `make bench ONLY=memory`."""

import argparse
import asyncio
import sys

from benchmarks import loop_lag, memory, slack_ack, turns
from benchmarks.figures import Figure, report
from schedules.clock import system_clock

MEASUREMENTS = {
    "turns": turns.measure,
    "slack_ack": slack_ack.measure,
    "loop_lag": loop_lag.measure,
    "memory": memory.measure,
}


async def _main(names: list[str]) -> int:
    figures: list[Figure] = []
    for name in names:
        print(f"{name} ...", flush=True)
        figures += await MEASUREMENTS[name]()
    return 0 if report(figures, system_clock()) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "only", nargs="*", help=f"what to measure, of {', '.join(MEASUREMENTS)}; everything if none"
    )
    given = parser.parse_args()
    sys.exit(asyncio.run(_main(given.only or list(MEASUREMENTS))))
