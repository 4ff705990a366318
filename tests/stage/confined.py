"""Reads folders of definitions, each within a second of processor time and all within 100 MB more memory.

Run as `python -m tests.stage.confined FOLDER...`; prints the first problem of each. Too slow a folder ends
the process by SIGPROF, too large a one by MemoryError.
"""

import resource
import signal
import sys
from pathlib import Path

from bot.catalog.loader import LOCALES, load_from
from bot.catalog.problems import DefinitionError

SECONDS, BYTES = 1.0, 100 * 1024 * 1024


def main() -> None:
    """Read every folder named on the command line."""
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + BYTES, taken + BYTES))
    for folder in sys.argv[1:]:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            load_from([Path(folder)], LOCALES, {})
        except DefinitionError as error:
            sys.stdout.write(f"{error.problems[0].removeprefix(f'{folder}/')}\n")


if __name__ == "__main__":
    main()
