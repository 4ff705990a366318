"""Attack the running bot and check from outside that its promises were kept: `make faults`."""

import argparse
import asyncio
import secrets
import sys

from tests.faults.rounds import SHORT, round_of


async def main(seed: int) -> int:
    """The short form; the number of promises broken."""
    result = await round_of(SHORT, seed)
    for words in result.broken:
        print(f"BROKEN  {words}")
    print(result.line)
    return len(result.broken)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.seed)))
