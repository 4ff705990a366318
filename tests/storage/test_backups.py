"""Copies of a database in use, and what is left when making or restoring one is cut off."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.catalog import load
from storage import backups
from storage.backups import BackupRefused
from storage.database import Database, DatabaseUnavailable
from storage.encryption import Keyring
from storage.tables import Answer
from tests.bot.turns.conftest import Laboratory


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that is copied in several steps, and knows what it is called."""
    monkeypatch.setattr(backups, "_PAGES_AT_ONCE", 20)
    made = tmp_path / "labvoice.db"
    made.write_bytes(sqlite_template.read_bytes())
    made.chmod(0o600)
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("CREATE TABLE name AS SELECT 'former' AS word")
    return made


def name_of(file: Path) -> str:
    """What the database is called, if it is in order."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        found: str = connection.execute("SELECT word FROM name").fetchone()[0]
        return found


def nothing(_done: int, _of: int) -> None:
    """Somebody who does not watch."""


@pytest.fixture
def backup(file: Path, tmp_path: Path) -> Path:
    made = tmp_path / "backup.db"
    backups.back_up(file, made, nothing)
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("UPDATE name SET word = 'restored'")
        connection.commit()
    return made


@pytest.fixture
async def laboratory(file: Path, keyring: Keyring) -> AsyncIterator[Laboratory]:
    database = await Database.open(f"sqlite:///{file}", keyring)
    yield Laboratory(database, load())
    await database.close()


class Crowd:
    """People who answer without end, one after the other; `told` is how many were told that it is kept."""

    def __init__(self, laboratory: Laboratory) -> None:
        self._laboratory = laboratory
        self._more = threading.Condition()
        self.told = 0

    async def answer(self) -> None:
        while True:
            who = str(2000 + self.told)
            await self._laboratory.start(await self._laboratory.visit(f"LAB-{who}"), who)
            await self._laboratory.tap("Yes", who)
            await self._laboratory.tap("5", who)
            with self._more:
                self.told += 1
                self._more.notify_all()

    def wait_for_another(self, *_: int) -> None:
        """Return once somebody more was told, on whatever thread."""
        with self._more:
            before = self.told
            assert self._more.wait_for(lambda: self.told > before, 10)


async def test_people_are_answered_while_backups_hold_all_they_were_told_before(
    laboratory: Laboratory, file: Path, tmp_path: Path
) -> None:
    crowd = Crowd(laboratory)
    answering = asyncio.create_task(crowd.answer())
    held: list[tuple[int, int]] = []
    for number in range(3):
        copy = tmp_path / f"{number}.db"
        await asyncio.to_thread(crowd.wait_for_another)
        before = crowd.told
        await asyncio.to_thread(backups.back_up, file, copy, crowd.wait_for_another)
        assert name_of(copy) == "former"
        with closing(sqlite3.connect(copy)) as connection:
            held.append((before, connection.execute("SELECT count(*) FROM answer").fetchone()[0]))
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    assert all(answers >= told for told, answers in held), held
    assert len(await laboratory.rows(Answer)) > held[-1][1]


def test_a_backup_is_its_owners_alone(file: Path, tmp_path: Path) -> None:
    backups.back_up(file, tmp_path / "copy.db", nothing)
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_a_backup_tells_how_far_it_is(file: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backups.back_up(file, tmp_path / "copy.db", lambda done, of: told.append((done, of)))
    assert len(told) > 2
    assert told[-1][0] == told[-1][1]


def test_a_file_that_is_there_is_replaced_only_on_purpose(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(b"precious")
    with pytest.raises(BackupRefused, match="exists already"):
        backups.back_up(file, copy, nothing)
    assert copy.read_bytes() == b"precious"
    backups.back_up(file, copy, nothing, overwrite=True)
    assert name_of(copy) == "former"


def test_what_lies_beside_a_file_that_is_replaced_is_not_taken_for_the_new_ones(
    file: Path, backup: Path, tmp_path: Path
) -> None:
    Path(f"{backup}-wal").write_bytes(b"left over")
    Path(f"{backup}-shm").write_bytes(b"left over")
    backups.back_up(file, backup, nothing, overwrite=True)
    assert sorted(one.name for one in tmp_path.glob("backup.db*")) == ["backup.db"]
    with backups.replacement(file, backup, tmp_path / "aside.db") as new:
        new.put_in_place(nothing)


def test_the_database_is_never_its_own_backup(file: Path) -> None:
    with pytest.raises(BackupRefused, match="the database itself"):
        backups.back_up(file, file, nothing, overwrite=True)
    assert name_of(file) == "former"


def test_a_damaged_database_gives_no_backup(file: Path, tmp_path: Path) -> None:
    damage_a_page(file)
    with pytest.raises(BackupRefused, match="not a SQLite database in order"):
        backups.back_up(file, tmp_path / "copy.db", nothing)
    assert sorted(one.name for one in tmp_path.glob("copy*")) == []


def test_two_backups_to_one_file_do_not_mix(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"

    def another(_done: int, _of: int) -> None:
        with pytest.raises(BackupRefused, match="another process is writing it"):
            backups.back_up(file, copy, nothing)

    backups.back_up(file, copy, another)
    assert name_of(copy) == "former"


KILLED = """
import os, sys
from pathlib import Path
from storage import backups

command, database, file, last = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
steps = 0
backups._PAGES_AT_ONCE = 20

def kill(*_):
    global steps
    steps += 1
    if steps == last:
        os.kill(os.getpid(), 9)

if command == "backup":
    backups.back_up(database, file, kill)
else:
    with backups.replacement(database, file, database.with_name("aside.db")) as new:
        kill()
        new.put_in_place(kill)
"""


def killed(command: str, database: Path, file: Path, step: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, command, database, file, str(step)], check=False)
    assert done.returncode == -9


@pytest.mark.parametrize("step", [1, 2])
def test_a_backup_that_is_killed_leaves_no_file_and_the_next_one_works(
    file: Path, tmp_path: Path, step: int
) -> None:
    copy = tmp_path / "copy.db"
    killed("backup", file, copy, step)
    assert not copy.exists()
    assert name_of(file) == "former"
    backups.back_up(file, copy, nothing)
    assert name_of(copy) == "former"
    assert sorted(one.name for one in tmp_path.glob("copy*")) == ["copy.db"]


@pytest.mark.parametrize("step", [1, 3])
def test_a_restore_that_is_killed_leaves_the_former_database_and_the_next_one_works(
    file: Path, backup: Path, tmp_path: Path, step: int
) -> None:
    killed("restore", file, backup, step)
    assert name_of(file) == "former"
    with backups.replacement(file, backup, tmp_path / "second.db") as new:
        former = new.put_in_place(nothing)
    assert name_of(file) == "restored"
    assert former == tmp_path / "second.db"
    assert name_of(former) == "former"


def test_a_restored_database_leaves_nothing_beside_it_but_the_former_one(
    file: Path, backup: Path, tmp_path: Path
) -> None:
    with backups.replacement(file, backup, tmp_path / "aside.db") as new:
        new.put_in_place(nothing)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["aside.db", "backup.db", "labvoice.db"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}


def test_nobody_can_use_the_database_while_it_is_replaced(
    file: Path, backup: Path, tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.sqlite._BUSY_SECONDS", 0.05)
    with (
        backups.replacement(file, backup, tmp_path / "aside.db"),
        pytest.raises(DatabaseUnavailable, match="locked"),
    ):
        asyncio.run(Database.open(f"sqlite:///{file}", keyring))


@pytest.mark.usefixtures("laboratory")
async def test_a_database_in_use_is_not_replaced(file: Path, backup: Path, tmp_path: Path) -> None:
    with (
        pytest.raises(BackupRefused, match="in use; stop `labvoice run`"),
        backups.replacement(file, backup, tmp_path / "aside.db"),
    ):
        pass
    assert name_of(file) == "former"


def damage_a_page(file: Path) -> None:
    with file.open("r+b") as raw:
        raw.seek(2 * 4096)
        raw.write(os.urandom(4096))


def damage_the_first_page(file: Path) -> None:
    with file.open("r+b") as raw:
        raw.write(b"no database at all")


def test_a_database_damaged_beyond_reading_is_kept_aside_as_it_is(
    file: Path, backup: Path, tmp_path: Path
) -> None:
    damage_the_first_page(file)
    damaged = file.read_bytes()
    with backups.replacement(file, backup, tmp_path / "aside.db") as new:
        assert new.put_in_place(nothing) == tmp_path / "aside.db"
    assert name_of(file) == "restored"
    assert (tmp_path / "aside.db").read_bytes() == damaged


IN_USE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("SELECT * FROM name").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_damaged_database_somebody_has_open_is_not_replaced(
    file: Path, backup: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", IN_USE, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as somebody:
        assert somebody.stdin is not None
        assert somebody.stdout is not None
        assert somebody.stdout.readline() == b"open\n"
        damage_the_first_page(file)
        with (
            pytest.raises(BackupRefused, match="in use"),
            backups.replacement(file, backup, tmp_path / "aside.db"),
        ):
            pass
        somebody.stdin.close()
    assert file.exists()


def test_what_a_lost_database_left_behind_is_not_taken_for_the_new_ones(
    file: Path, backup: Path, tmp_path: Path
) -> None:
    file.unlink()
    Path(f"{file}-wal").write_bytes(b"left over")
    with backups.replacement(file, backup, tmp_path / "aside.db") as new:
        assert new.put_in_place(nothing) is None
    assert name_of(file) == "restored"
    assert not Path(f"{file}-wal").exists()
