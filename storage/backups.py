"""Copies of a SQLite database: taken while it is in use, and put back in place of it."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from storage.database import DatabaseUnavailable, parse_url
from storage.erasures.journal import sync_folder

_PAGES_AT_ONCE = 1000
_COMPANIONS = ("-wal", "-shm", "-journal")
# Where SQLite itself locks a file: everybody who has one open in WAL mode holds a byte of these.
_SHARED_BYTES, _FIRST_SHARED_BYTE = 510, 0x40000002

Advance = Callable[[int, int], None]
"""Told how much of how much is done."""


class BackupRefused(Exception):
    """Nothing was done; the message is one line for people."""


def sqlite_file(url: str) -> Path:
    """The file of a SQLite database; BackupRefused when it is a PostgreSQL database."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise BackupRefused(
            "DATABASE_URL: this is a PostgreSQL database; use pg_dump and pg_restore, "
            "see docs/backup-and-restore.md"
        )
    return Path(parsed.database or "")


def back_up(database: Path, target: Path, advance: Advance, *, overwrite: bool = False) -> None:
    """Copy a database, in use or not, to `target`, readable by its owner alone.

    The copy is the database as it stood at one moment after this was called; whoever writes to it goes on
    doing so. `target` appears whole, checked and on the disk, or not at all.
    """
    if not database.exists():
        raise BackupRefused(f"DATABASE_URL: {database} does not exist; there is nothing to back up")
    if target.exists() and target.samefile(database):
        raise BackupRefused(f"{target}: this is the database itself")
    if target.exists() and not overwrite:
        raise BackupRefused(f"{target}: exists already; --overwrite replaces it")
    with _unfinished(target) as partial, _told_in_words(), closing(_opened(database)) as source:
        # One snapshot for all steps: otherwise SQLite would begin anew at every commit of somebody else.
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_master").fetchone()
        _copy(source, partial, advance)
        check(partial)
        for companion in _COMPANIONS:  # of a file that was replaced: they would be taken for the new one's
            Path(f"{target}{companion}").unlink(missing_ok=True)
        partial.replace(target)
        sync_folder(target.parent)


def check(file: Path) -> None:
    """BackupRefused unless the file is a SQLite database whose pages are in order."""
    try:
        with closing(_opened(file)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise BackupRefused(f"{file}: not a SQLite database in order: {' '.join(found.split())}")


class Replacement:
    """A database about to be put in place of another, which nobody else can use meanwhile.

    `file` is the new one; `current` the one in place, None when there is none or it cannot be read.
    """

    def __init__(
        self, database: Path, current: sqlite3.Connection | None, staging: Path, aside: Path
    ) -> None:
        self.file = staging
        self.current = current
        self._database = database
        self._aside = aside

    def put_in_place(self, advance: Advance) -> Path | None:
        """Make `file` the database, and return where the former one is kept; None when there was none.

        It is one transaction of SQLite: killed at any moment, the database is the former or the new one.
        """
        with _told_in_words():
            check(self.file)
            if self.current is not None:
                self._keep_aside(self.current)
                self._fill(self.current, advance)
            else:
                _move(self._database, self._aside)
                with closing(_exclusive(self._database)) as new:
                    self._fill(new, advance)
        return self._aside if self._aside.exists() else None

    def _fill(self, target: sqlite3.Connection, advance: Advance) -> None:
        with closing(_opened(self.file)) as source:
            source.backup(target, pages=_PAGES_AT_ONCE, progress=_reporting(advance))
        target.execute("PRAGMA journal_mode = DELETE")  # else the old pages stay in -journal

    def _keep_aside(self, current: sqlite3.Connection) -> None:
        if not current.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return
        with _unfinished(self._aside) as partial:
            _copy(current, partial, lambda *_: None)
            partial.replace(self._aside)
            sync_folder(self._aside.parent)


@contextmanager
def replacement(database: Path, backup: Path, aside: Path) -> Iterator[Replacement]:
    """Have the database to oneself, and a checked copy of the backup beside it, until the block ends.

    BackupRefused when somebody uses the database, or the backup is none. The former database is kept at
    `aside`, a damaged one as it is.
    """
    _check_backup(backup, database)
    if aside.exists():
        raise BackupRefused(f"{aside}: exists already; try again in a moment")
    with (
        _told_in_words(),
        _taken(database) as current,
        _unfinished(database, ".restoring") as staging,
    ):
        shutil.copyfile(backup, staging)
        try:
            check(staging)
        except BackupRefused:
            raise BackupRefused(f"{backup}: damaged, or no backup; the database was left as it is") from None
        yield Replacement(database, current, staging, aside)


def _check_backup(backup: Path, database: Path) -> None:
    if not backup.is_file():
        raise BackupRefused(f"{backup}: is no file")
    if database.exists() and backup.samefile(database):
        raise BackupRefused(f"{backup}: this is the database itself")
    for companion in _COMPANIONS:
        if (beside := Path(f"{backup}{companion}")).exists():
            raise BackupRefused(
                f"{backup}: is not finished, {beside.name} belongs to it; use labvoice backup"
            )


@contextmanager
def _taken(database: Path) -> Iterator[sqlite3.Connection | None]:
    """The database, opened so that nobody else can: they wait, and find what was put in its place.

    None when there is none, or none that can be read.
    """
    try:
        connection = _exclusive(database) if database.exists() else None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise
        connection = None
        _check_unused(database)
    try:
        yield connection
    finally:
        if connection is not None:
            connection.close()


def _move(database: Path, aside: Path) -> None:
    """Put an empty file in place of a damaged database, or of none."""
    if database.exists():
        _check_unused(database)
        database.rename(aside)
    for companion in _COMPANIONS:  # they would be taken for the new database's
        with suppress(FileNotFoundError):
            Path(f"{database}{companion}").rename(f"{aside}{companion}")
    os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _exclusive(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = DELETE")  # refused while anybody has it open
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise BackupRefused(_in_use(database)) from None
        raise
    return connection


def _check_unused(database: Path) -> None:
    """BackupRefused when anybody has a file open that SQLite itself cannot read any more."""
    with database.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_BYTES, _FIRST_SHARED_BYTE)
        except BlockingIOError:
            raise BackupRefused(_in_use(database)) from None


def _in_use(database: Path) -> str:
    return f"{database}: in use; stop `labvoice run` and whatever else has it open, then try again"


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=30, isolation_level=None)


def _copy(source: sqlite3.Connection, target: Path, advance: Advance) -> None:
    """Copy all pages of a database, as they are for `source`, to a file nobody else knows of yet."""
    with closing(_opened(target)) as copy:
        copy.execute("PRAGMA journal_mode = OFF")
        copy.execute("PRAGMA synchronous = OFF")
        source.backup(copy, pages=_PAGES_AT_ONCE, progress=_reporting(advance))
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _reporting(advance: Advance) -> Callable[[int, int, int], None]:
    return lambda _status, remaining, total: advance(total - remaining, total)


@contextmanager
def _unfinished(file: Path, suffix: str = ".partial") -> Iterator[Path]:
    """A new, empty file beside `file`, its owner's alone, to be renamed to it; gone at the end if it was not.

    One that a killed process left is begun anew; one that another process writes to is refused.
    """
    partial = file.with_name(file.name + suffix)
    descriptor = os.open(partial, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(f"{partial}: another process is writing it") from None
        for companion in _COMPANIONS:
            Path(f"{partial}{companion}").unlink(missing_ok=True)
        os.ftruncate(descriptor, 0)
        os.fchmod(descriptor, 0o600)
        try:
            yield partial
        finally:
            for name in (partial, *(Path(f"{partial}{one}") for one in _COMPANIONS)):
                name.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


@contextmanager
def _told_in_words() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise DatabaseUnavailable(f"the copy cannot be made: {error}") from error
