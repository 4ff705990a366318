"""Attack the running bot and check from outside that its promises were kept: `make faults`."""

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections.abc import Sequence
from itertools import count, product

from tests.faults.attack import Plan
from tests.faults.homes import FULL_DISK, HOMES
from tests.faults.killer import ENDED
from tests.faults.mutants import MUTANTS
from tests.faults.rounds import A_FEW, FULL, QUICK, WAYS, Result, round_of


async def attacked(plan: Plan, seed: int, minutes: float, homes: Sequence[str]) -> bool:
    """Each way once, or with `minutes` again and again, on each home; whether all promises were kept."""
    until = time.monotonic() + 60 * minutes
    results: list[Result] = []
    for number in count():
        for home, way in product(homes, WAYS):
            result = await round_of(plan, seed + number, way, home)
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
    """Put each known bug into the bot and see whether it is found; whether all were.

    That a process with a bug in it does not even live is no finding of the checker's.
    """
    healthy = await round_of(A_FEW, seed)
    print(f"{healthy.seconds:4.0f} s  {'no bug at all':48} {'ACCUSED' if healthy.broken else 'not accused'}")
    for words in healthy.broken:
        print(f"BROKEN  {words}")
    found = 0
    for name, mutant in MUTANTS.items():
        result = await round_of(A_FEW, seed, mutant.way, mutant=name)
        told = [words for words in result.broken if not words.startswith(ENDED)]
        found += bool(told)
        verdict = f"found   {told[0][:100]}" if told else f"MISSED  {''.join(result.broken)[:100]}"
        print(f"{result.seconds:4.0f} s  {name:48} {verdict}", flush=True)
    print(f"{found} of {len(MUTANTS)} bugs found")
    return found == len(MUTANTS) and not healthy.broken


def _homes(wanted: str, minutes: float) -> Sequence[str]:
    if wanted == FULL_DISK and os.geteuid() != 0:
        sys.exit("A disk of its own takes root: run this as root, or leave ON=full-disk out.")
    if wanted:
        return (wanted,)
    if not minutes:
        return ("sqlite",)
    if os.geteuid() != 0:
        print("Without the full disk, which takes root.")
        return [one for one in HOMES if one != FULL_DISK]
    return list(HOMES)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--home", choices=HOMES, default="")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--mutants", action="store_true")
    given = parser.parse_args()
    if given.mutants:
        kept = asyncio.run(mutants_found(given.seed))
    else:
        homes = _homes(given.home, given.minutes)
        kept = asyncio.run(attacked(QUICK if given.quick else FULL, given.seed, given.minutes, homes))
    sys.exit(not kept)
