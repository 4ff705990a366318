"""Attack the running bot and check from outside that its promises were kept: `make faults`."""

import argparse
import multiprocessing
import os
import secrets
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count, product

from tests.faults.homes import FULL_DISK, HOMES, SHARED
from tests.faults.killer import ENDED
from tests.faults.mutants import MUTANTS
from tests.faults.rounds import A_FEW, FULL, WAYS, Result, Way, one_round

_AT_ONCE = 2


def attacked(seed: int, minutes: float, homes: Sequence[str]) -> bool:
    """Each way once, or with `minutes` again and again, on each home; whether all promises were kept."""
    began = time.monotonic()
    results: list[Result] = []
    print(f"seed {seed}", flush=True)
    with _processes() as pool:
        for number in count():
            rounds = [pool.submit(one_round, FULL, seed + number, *one) for one in _ways(homes)]
            for one in rounds:
                result = one.result()
                for words in result.broken:
                    print(f"BROKEN  {words}")
                print(result.line, flush=True)
                results.append(result)
            if time.monotonic() >= began + 60 * minutes:
                break
    print(
        f"{sum(one.kills for one in results)} kills, {sum(one.answers for one in results)} answers, "
        f"{time.monotonic() - began:.0f} s: {sum(len(one.broken) for one in results)} promises broken"
    )
    return not any(one.broken for one in results)


def mutants_found(seed: int) -> bool:
    """Put each known bug into the bot and see whether it is found; whether all were.

    That a process with a bug in it does not even live is no finding of the checker's.
    """
    with _processes() as pool:
        untouched = pool.submit(one_round, A_FEW, seed)
        rounds = {
            name: pool.submit(one_round, FULL if mutant.full else A_FEW, seed, mutant.way, mutant.home, name)
            for name, mutant in MUTANTS.items()
        }
        healthy = untouched.result()
        print(
            f"{healthy.seconds:4.0f} s  {'no bug at all':48} {'ACCUSED' if healthy.broken else 'not accused'}"
        )
        for words in healthy.broken:
            print(f"BROKEN  {words}")
        found = 0
        for name, one in rounds.items():
            result = one.result()
            told = [words for words in result.broken if not words.startswith(ENDED)]
            found += bool(told)
            verdict = f"found   {told[0][:100]}" if told else f"MISSED  {''.join(result.broken)[:100]}"
            print(f"{result.seconds:4.0f} s  {name:48} {verdict}", flush=True)
    print(f"{found} of {len(MUTANTS)} bugs found")
    return found == len(MUTANTS) and not healthy.broken


def _ways(homes: Sequence[str]) -> Sequence[tuple[Way, str]]:
    """Every way on every home; but replicas cannot poll, each would be given what the others wait for."""
    return [(way, home) for way, home in product(WAYS, homes) if home != SHARED or way == "webhook"]


def _processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(_AT_ONCE, multiprocessing.get_context("spawn"))


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
    parser.add_argument("--mutants", action="store_true")
    given = parser.parse_args()
    if given.mutants:
        kept = mutants_found(given.seed)
    else:
        kept = attacked(given.seed, given.minutes, _homes(given.home, given.minutes))
    sys.exit(not kept)
