"""The few statements SQLite and PostgreSQL spell differently."""

from collections.abc import Mapping

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_ignore(session: Session, table: type[SQLModel], values: Mapping[str, object]) -> bool:
    """Insert one row unless a unique key already holds it; True when it was inserted.

    `values` are by column and complete: defaults that SQLModel would fill in are not filled in here. On
    PostgreSQL this waits for another transaction that is inserting the same key.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(dict(values)).on_conflict_do_nothing()
    return session.exec(statement.returning(*inspect(table).primary_key)).first() is not None
