"""Attack the running bot and check from outside that its promises were kept: `make faults`."""

import argparse
import asyncio
import secrets
import sys
import time
from itertools import count, product

from tests.faults.homes import HOMES
from tests.faults.mutants import MUTANTS
from tests.faults.rounds import A_FEW, SHORT, WAYS, Result, round_of


async def attacked(seed: int, minutes: float, home: str) -> bool:
    """Each way once, or with `minutes` again and again on every home; whether all promises were kept."""
    homes = (home,) if home else tuple(HOMES) if minutes else ("sqlite",)
    until = time.monotonic() + 60 * minutes
    results: list[Result] = []
    for number in count():
        for place, way in product(homes, WAYS):
            result = await round_of(SHORT, seed + number, way, place)
            for words in result.broken:
                print(f"BROKEN  {words}")
            print(result.line, flush=True)
            results.append(result)
        if time.monotonic() >= until:
            break
    print(
        f"{sum(one.kills for one in results)} kills, {sum(one.answers for one in results)} answers: "
        f"{sum(len(one.broken) for one in results)} promises broken"
    )
    return not any(one.broken for one in results)


async def mutants_found(seed: int) -> bool:
    """Put each known bug into the bot and see whether it is found; whether all were."""
    found = 0
    for name, mutant in MUTANTS.items():
        result = await round_of(A_FEW, seed, mutant.way, mutant=name)
        found += bool(result.broken)
        first = result.broken[0] if result.broken else ""
        print(
            f"{'found ' if first else 'MISSED'}  {name:48} {result.seconds:4.0f} s  {first[:100]}", flush=True
        )
    print(f"{found} of {len(MUTANTS)} bugs found")
    return found == len(MUTANTS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--home", choices=HOMES, default="")
    parser.add_argument("--mutants", action="store_true")
    given = parser.parse_args()
    work = mutants_found(given.seed) if given.mutants else attacked(given.seed, given.minutes, given.home)
    sys.exit(not asyncio.run(work))
