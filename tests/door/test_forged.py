"""Forged requests by the thousand: none is taken, none breaks anything."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from storage import contacts
from storage.database import Session
from tests.door.day import FORMER, morning
from tests.door.forger import Forged, Forger
from tests.door.recorder import recorded
from tests.stage.world import World

BATCH = 200
Row = tuple[object, ...]


class Ledger:
    """The database as a burglar's victim would read it, over a connection of its own."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        names = self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self._tables = sorted(name for (name,) in names if not name.startswith(("sqlite_", "alembic")))

    def version(self) -> int:
        """Changes when anybody writes anything at all."""
        (version,) = self._database.execute("PRAGMA data_version").fetchone()
        return int(version)

    def rows(self) -> Mapping[str, Mapping[Row, Row]]:
        """Every row of every table by its key, but for the names of events taken."""
        return {table: self._keyed(table) for table in self._tables if table != "inbox"}

    def close(self) -> None:
        self._database.close()

    def _keyed(self, table: str) -> Mapping[Row, Row]:
        columns = self._database.execute(f"PRAGMA table_info({table})").fetchall()
        keys = [place for place, column in enumerate(columns) if column[5]]
        rows = self._database.execute(f"SELECT * FROM {table}").fetchall()
        return {tuple(row[place] for place in keys): row for row in rows}

    def contacts(self, rows: Mapping[str, Mapping[Row, Row]], table: str) -> set[object]:
        """The contacts that rows of a table belong to."""
        columns = [column[1] for column in self._database.execute(f"PRAGMA table_info({table})")]
        return {row[columns.index("contact_id")] for row in rows[table].values()}


def accepted(ledger: Ledger, before: Mapping[str, Mapping[Row, Row]], forgers: set[object]) -> list[str]:
    """What has changed that was not the forgers' to change: anything but their own, new conversations."""
    after = ledger.rows()
    found = []
    victims = {key[0] for key in before["contact"]} - forgers
    for table, rows in before.items():
        found += [f"{table} {key} changed" for key, row in rows.items() if after[table].get(key) != row]
        if table not in ("contact", "conversation", "outbox"):
            found += [f"{table} {key} is new" for key in after[table] if key not in rows]
    for table in ("conversation", "outbox"):
        new = {table: {key: row for key, row in after[table].items() if key not in before[table]}}
        found += [f"{table} of a victim" for one in ledger.contacts(new, table) if one in victims]
    return found


def _ids(session: Session, account: str) -> list[object]:
    contact = contacts.find(session, "slack", account)
    return [contact.id.hex if contact else None]


async def test_forged_requests_are_not_taken(
    around: World, database_file: Path, request: pytest.FixtureRequest
) -> None:
    wanted, seed = request.config.getoption("--forged"), request.config.getoption("--seed")
    with recorded() as real:
        await morning(around)
    await around.quiet()
    forger = Forger(real, seed, lambda: around.now.timestamp())
    answers: Counter[tuple[str, int]] = Counter()
    transport = httpx.ASGITransport(around.bot.web, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://labvoice")

    async def ask(forged: Forged) -> None:
        one = forged.asked
        headers = [(name.encode(), value.encode("latin-1")) for name, value in one.headers.items()]
        answer = await client.request(one.method, one.path, content=one.body, headers=headers)
        answers[forged.kind, answer.status_code] += 1

    async def batches(make: Callable[[], Forged], taken: Callable[[], list[str]]) -> None:
        for start in range(0, wanted // 2, BATCH):
            batch = [make() for _ in range(min(BATCH, wanted // 2 - start))]
            await asyncio.gather(*(ask(one) for one in batch))
            await around.quiet()
            # So that links are looked up again; 17 hours for 100,000, in which nothing falls due.
            around.now += timedelta(minutes=2)
            assert taken() == [], f"--seed {seed}, {make.__name__}, requests {start} to {start + len(batch)}"

    with closing(Ledger(database_file)) as ledger:
        before = ledger.rows()
        (former,) = await around.bot.core.database.read(_ids, FORMER)
        version = ledger.version()
        await batches(forger.outside, lambda: [] if ledger.version() == version else ["something"])
        await batches(forger.inside, lambda: accepted(ledger, before, {former}))
    await client.aclose()
    print(f"\nseed {seed}: {sum(answers.values())} forged requests, 0 accepted")
    for (kind, status), count in sorted(answers.items()):
        print(f"  {count:7} {status} {kind}")
    assert sum(answers.values()) == wanted
    assert [one for one in answers if one[1] >= 500] == []
