"""What is asked all the time is found by an index, however much has been kept."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias
from unittest.mock import patch
from uuid import UUID

import pytest
from sqlalchemy import Connection, event
from sqlmodel import Session
from uuid_utils.compat import uuid7

from bot.turns.lab import SLACK
from storage import contacts, conversations, follow_ups, inbox, outbox, responses, visits
from storage.database import Database
from storage.tables import ContactKind

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SOMEBODY = uuid7()


def somebody(session: Session) -> UUID:
    return contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", NOW).id


Asking: TypeAlias = Callable[[Session], object]
ASKED: dict[str, Asking] = {
    "the next message of a contact": lambda session: outbox.next_for(session, SOMEBODY),
    "an earlier message in the same place": lambda session: outbox._last_in_slot(session, SOMEBODY, "survey"),
    "contacts with messages due": lambda session: outbox.waiting_contacts(session, NOW, [SLACK], 500),
    "how messages stand": lambda session: outbox.waiting(session, [SLACK]),
    "follow-ups due": lambda session: follow_ups.due(session, NOW, 500),
    "how many follow-ups are due": lambda session: follow_ups.count_due(session, NOW),
    "kept events due": lambda session: inbox.due(session, NOW, 50),
    "a contact": lambda session: contacts.find(session, SLACK, "U0PHYSICIAN"),
    "a visit by its link": lambda session: visits.by_token(session, "token"),
    "a visit by its order": lambda session: visits.by_order(session, "LAB-1"),
    "a conversation": lambda session: conversations.load(session, somebody(session)),
    "the surveys a contact is in": lambda session: responses.stop_all(session, SOMEBODY, NOW),
    "an event taken before": lambda session: inbox.claim(session, "telegram:1", NOW),
}


# These hold what is still to be done, and nothing else.
SMALL = ("ix_outbox_next", "ix_outbox_pending", "ix_follow_up_ending", "ix_follow_up_other")


@pytest.mark.parametrize("asking", ASKED.values(), ids=ASKED.keys())
async def test_what_is_asked_all_the_time_is_found_by_an_index(asking: Asking, database: Database) -> None:
    assert await database.run(scans, asking) == []


def scans(session: Session, asking: Asking) -> list[str]:
    """Where a whole table would be read for it."""
    found = []
    for sql, parameters in heard(session.connection(), lambda: asking(session)):
        explain = session.connection().exec_driver_sql
        if session.get_bind().dialect.name == "sqlite":
            plan = [str(row[3]) for row in explain(f"EXPLAIN QUERY PLAN {sql}", parameters)]
            bad = [line for line in plan if re.match(r"SCAN (?!\(|anon)|.*\(channel=\?\)", line)]
        else:
            explain("SET LOCAL enable_seqscan = off")  # nothing is kept yet: it would be the fastest
            plan = [str(row[0]) for row in explain(f"EXPLAIN {sql}", parameters)]
            bad = [line for line in plan if "Seq Scan" in line]
        found += [f"{line}: {sql}" for line in bad if not any(index in line for index in SMALL)]
    return found


def heard(connection: Connection, ask: Callable[[], object]) -> list[tuple[str, Any]]:
    """The statements sent, each with what was sent beside it."""
    sent: list[tuple[str, Any]] = []
    driver = connection.connection.driver_connection

    def note(_c: object, _cursor: object, sql: str, parameters: object, *_: object) -> None:
        sent.append((sql, parameters))

    class Overheard:
        """The driver's connection, as prepared statements use it."""

        def execute(self, sql: str, parameters: object) -> object:
            sent.append((sql, tuple(parameters) if isinstance(parameters, list) else parameters))
            return driver.execute(sql, parameters) if driver else None

    event.listen(connection, "before_cursor_execute", note)
    try:
        with patch("storage.prepared._driver", return_value=Overheard()):
            ask()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    assert sent
    return sent
