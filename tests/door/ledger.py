"""The database as seen from outside the bot: what is in it, and what has changed there."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

Row = tuple[object, ...]
Rows = Mapping[str, Mapping[Row, Row]]


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

    def rows(self) -> Rows:
        """Every row of every table by its key, but for the names of events taken."""
        return {table: self._keyed(table) for table in self._tables if table != "inbox"}

    def close(self) -> None:
        self._database.close()

    def _keyed(self, table: str) -> Mapping[Row, Row]:
        columns = self._database.execute(f"PRAGMA table_info({table})").fetchall()
        keys = [place for place, column in enumerate(columns) if column[5]]
        rows = self._database.execute(f"SELECT * FROM {table}").fetchall()
        return {tuple(row[place] for place in keys): row for row in rows}

    def contacts(self, rows: Rows, table: str) -> set[object]:
        """The contacts that rows of a table belong to."""
        columns = [column[1] for column in self._database.execute(f"PRAGMA table_info({table})")]
        return {row[columns.index("contact_id")] for row in rows[table].values()}

    def changes(self, before: Rows, forgers: set[object]) -> list[str]:
        """What has changed that was not the forgers' to change: anything but conversations of their own."""
        after = self.rows()
        found = []
        victims = {key[0] for key in before["contact"]} - forgers
        for table, rows in before.items():
            found += [f"{table} {key} changed" for key, row in rows.items() if after[table].get(key) != row]
            if table not in ("contact", "conversation", "outbox"):
                found += [f"{table} {key} is new" for key in after[table] if key not in rows]
        for table in ("conversation", "outbox"):
            new = {table: {key: row for key, row in after[table].items() if key not in before[table]}}
            found += [f"{table} of a victim" for one in self.contacts(new, table) if one in victims]
        return found
