"""Pieces of SQL that have to be spelt with care."""

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import TypeVar

from sqlalchemy import ColumnElement, insert, inspect, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped
from sqlmodel import Session, SQLModel

from storage.columns import string_enum
from storage.prepared import Prepared

_Member = TypeVar("_Member", bound=Enum)


def insert_ignore(session: Session, table: type[SQLModel], values: Mapping[str, object]) -> bool:
    """Insert one row unless a unique key already holds it; True when it was inserted.

    `values` are by column and complete: defaults that SQLModel would fill in are not filled in here. On
    PostgreSQL this waits for another transaction that is inserting the same key.
    """
    return _ignoring(table, tuple(values)).first(session, **values) is not None


def insert_row(session: Session, row: SQLModel) -> None:
    """Insert a row at once, after all the session has yet to write; it does not keep track of this one."""
    session.flush()
    table = type(row)
    names = tuple(inspect(table).columns.keys())
    _plainly(table, names).run(session, **{name: getattr(row, name) for name in names})


def insert_or_update(session: Session, table: type[SQLModel], values: Mapping[str, object]) -> None:
    """Insert one row, or set all its columns if there is one with its primary key. `values` are complete."""
    _updating(table, tuple(values)).run(session, **values)


@cache
def _plainly(table: type[SQLModel], columns: tuple[str, ...]) -> Prepared[tuple[()]]:
    return Prepared(insert(table), *columns)


@cache
def _ignoring(table: type[SQLModel], columns: tuple[str, ...]) -> Prepared[tuple[object, ...]]:
    keys = inspect(table).primary_key
    return Prepared(
        lambda dialect: _inserting(dialect, table).on_conflict_do_nothing().returning(*keys), *columns
    )


@cache
def _updating(table: type[SQLModel], columns: tuple[str, ...]) -> Prepared[tuple[()]]:
    keys = inspect(table).primary_key
    names = {column.name for column in keys}

    def updating(dialect: str) -> sqlite.Insert | postgresql.Insert:
        statement = _inserting(dialect, table)
        others = {name: column for name, column in statement.excluded.items() if name not in names}
        return statement.on_conflict_do_update(index_elements=keys, set_=others)

    return Prepared(updating, *columns)


def _inserting(dialect: str, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def is_written(column: Mapped[_Member], value: _Member) -> ColumnElement[bool]:
    """`column` is `value`, which stands in the statement itself instead of being sent beside it: neither
    database uses a partial index for a condition whose value it does not see.
    """
    return column == literal_column(f"'{value.value}'", string_enum(type(value)))
