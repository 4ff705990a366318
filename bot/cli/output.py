"""Files that are whole or not there at all."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of `out` once the block ends, and only if it ends well.

    A device is written to as it is.
    """
    if out.exists() and not out.is_file():
        yield out
        return
    folder = out.absolute().parent
    folder.stat()  # says which folder is missing, where the next line would name a file nobody asked for
    # Readable by its owner alone, since people's own words are in it.
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{out.name}.", delete=False) as new:
        unfinished = Path(new.name)
    try:
        yield unfinished
        unfinished.replace(out)
    except BaseException:
        unfinished.unlink()
        raise


@contextmanager
def whole_text(out: Path | None, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A text file to write, whose lines end as they are written; without `out` standard output."""
    if out is None:
        yield sys.stdout
        return
    with whole(out) as path, path.open("w", encoding=encoding, newline="") as file:
        yield file
