"""The journal of erasures: a file that is only added to.

What takes something from somebody is on the disk before it is committed, what gives it back only after, so
that no failure brings anybody back. A line is a moment, what happened, and the id of the contact. The id was
drawn at random and names nobody once the contact's row is gone.
"""

import errno
import fcntl
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from heapq import merge
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

_NOTED = "labvoice_noted"
_LONGEST_LINE = 200


class Change(StrEnum):
    """What a restored database would not know of, and has to be told."""

    FORGOTTEN = "forgotten"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    DISMISSED = "dismissed"
    APPOINTED = "appointed"


GIVES_BACK: Mapping[Change, Change] = {Change.RETURNED: Change.WITHDRAWN, Change.APPOINTED: Change.DISMISSED}
"""What cancels an earlier line, and of which kind."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to a contact."""

    at: datetime
    change: Change
    contact_id: UUID


class UnreadableJournal(Exception):
    """A line of the journal is none of ours; the message names it."""


def note(session: Session, change: Change, contact_id: UUID, at: datetime) -> None:
    """Have a change written to the journal when the transaction it belongs to is committed."""
    session.info.setdefault(_NOTED, []).append(Entry(at, change, contact_id))


def has_noted(session: Session) -> bool:
    """Whether anything has been noted, so that the commit is not the end of it."""
    return _NOTED in session.info


def noted(session: Session) -> Sequence[Entry]:
    """What has been noted since this was last asked."""
    entries: Sequence[Entry] = session.info.pop(_NOTED, ())
    return entries


def taking(entries: Sequence[Entry]) -> Sequence[Entry]:
    """What has to be written before the transaction is committed."""
    return [one for one in entries if one.change not in GIVES_BACK]


def giving(entries: Sequence[Entry]) -> Sequence[Entry]:
    """What may be written only once the transaction is committed, unless it was taken again in it."""
    return [
        one
        for number, one in enumerate(entries)
        if one.change in GIVES_BACK
        and (one.contact_id, GIVES_BACK[one.change])
        not in {(later.contact_id, later.change) for later in entries[number:]}
    ]


def append(file: Path, entries: Sequence[Entry]) -> None:
    """Add entries; once this returns they survive power loss. Processes may do so at the same time.

    OSError when that is impossible: then none of them counts.
    """
    lines = "".join(f"{one.at.isoformat()} {one.change} {one.contact_id}\n" for one in entries).encode()
    is_new = not file.exists()
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _drop_torn_line(descriptor)
        if os.write(descriptor, lines) != len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        sync_folder(file.parent)


def read(files: Iterable[Path]) -> Sequence[Entry]:
    """Everything written to these files, in the order it happened; a file that is not there tells nothing.

    The lines of one file stay in their order, whatever its clock said; one that is in two files counts once.
    A line without an end was never finished.
    """
    each = [_read(file) for file in files if file.exists()]
    return list(dict.fromkeys(merge(*each, key=lambda one: one.at)))


def sync_folder(folder: Path) -> None:
    """Let the names in a folder survive power loss, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _drop_torn_line(descriptor: int) -> None:
    """Cut off what a writer that was killed, or ran out of space, left of its last line."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _LONGEST_LINE)
    tail = os.pread(descriptor, _LONGEST_LINE, start)
    if tail and not tail.endswith(b"\n"):
        os.ftruncate(descriptor, start + tail.rfind(b"\n") + 1)


def _read(file: Path) -> Iterable[Entry]:
    *lines, _unfinished = file.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            at, change, contact_id = line.decode("ascii").split(" ")
            yield Entry(datetime.fromisoformat(at).astimezone(UTC), Change(change), UUID(contact_id))
        except ValueError:
            raise UnreadableJournal(
                f"{file}, line {number}: this is no line of a journal of erasures"
            ) from None
