"""Pieces of SQL that have to be spelt with care."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from sqlalchemy import ColumnElement, inspect, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped
from sqlmodel import Session, SQLModel

from storage.columns import string_enum

_Member = TypeVar("_Member", bound=Enum)


def insert_ignore(session: Session, table: type[SQLModel], values: Mapping[str, object]) -> bool:
    """Insert one row unless a unique key already holds it; True when it was inserted.

    `values` are by column and complete: defaults that SQLModel would fill in are not filled in here. On
    PostgreSQL this waits for another transaction that is inserting the same key.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(dict(values)).on_conflict_do_nothing()
    return session.exec(statement.returning(*inspect(table).primary_key)).first() is not None


def is_written(column: Mapped[_Member], value: _Member) -> ColumnElement[bool]:
    """`column` is `value`, which stands in the statement itself instead of being sent beside it: neither
    database uses a partial index for a condition whose value it does not see.
    """
    return column == literal(value, string_enum(type(value)), literal_execute=True)
