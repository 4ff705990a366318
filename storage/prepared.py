"""Statements that every turn needs, handed to the driver as they are.

SQLAlchemy puts each together once, out of the tables; to carry one out in its own way takes it several times
what SQLite needs for it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Delete, Insert, SelectBase, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

Row = TypeVar("Row", bound=tuple[Any, ...])

_Statement = SelectBase | Insert | Update | Delete
_COMPILED = "labvoice_compiled"
_DRIVER = "labvoice_driver"


class Prepared(Generic[Row]):
    """A statement, and how its values and rows are converted, in the words of either database.

    Values are given by the names of its `bindparam`s and, for an insert, of the columns in `inserting`: all
    of them. Rows are tuples of what the column types make of them. What the driver refuses is a DBAPIError,
    and a lost connection is recognised, as anywhere else. Objects the session has not flushed are not flushed
    first.
    """

    def __init__(self, statement: _Statement | Callable[[str], _Statement], *inserting: str) -> None:
        """Take the statement, or what makes it for a dialect's name where the two databases differ."""
        self._statement = statement
        self._inserting = inserting

    def first(self, session: Session, **values: object) -> Row | None:
        """Carry it out; the first row of its result, None if there is none."""
        compiled = self._for(session.get_bind().dialect)
        row: tuple[Any, ...] | None = compiled.carry_out(session, values).fetchone()
        return None if row is None else compiled.converted(row)

    def run(self, session: Session, **values: object) -> None:
        """Carry it out for what it does."""
        self._for(session.get_bind().dialect).carry_out(session, values)

    def _for(self, dialect: Dialect) -> "_Compiled[Row]":
        """The statement as compiled for one engine, whose dialect knows the keys of encrypted columns."""
        known: dict[Prepared[Row], _Compiled[Row]] = dialect.__dict__.setdefault(_COMPILED, {})
        compiled = known.get(self)
        if compiled is None:
            statement = self._statement(dialect.name) if callable(self._statement) else self._statement
            compiled = known[self] = _Compiled(statement, dialect, self._inserting)
        return compiled


class _Compiled(Generic[Row]):
    def __init__(self, statement: _Statement, dialect: Dialect, inserting: Sequence[str]) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(inserting) or None)
        self._dialect = dialect
        self._driver_error = dialect.loaded_dbapi.Error
        self._sql: str = compiled.string
        self._positional: bool = compiled.positional
        self._names: list[str] = compiled.positiontup if self._positional else list(compiled.binds)
        binds = [compiled.binds[name] for name in self._names]
        self._constants = {
            name: bind.effective_value
            for name, bind in zip(self._names, binds, strict=True)
            if not bind.required
        }
        self._to_database = [bind.type.dialect_impl(dialect).bind_processor(dialect) for bind in binds]
        rows = statement.selected_columns if isinstance(statement, SelectBase) else statement.exported_columns
        self._from_database = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in rows
        ]

    def carry_out(self, session: Session, values: Mapping[str, object]) -> Any:
        """The driver's cursor."""
        given = {**self._constants, **values}
        bound = [
            given[name] if convert is None else convert(given[name])
            for name, convert in zip(self._names, self._to_database, strict=True)
        ]
        sent = bound if self._positional else dict(zip(self._names, bound, strict=True))
        try:
            return _driver(session).execute(self._sql, sent)
        except self._driver_error as error:
            connection = session.connection()
            lost = self._dialect.is_disconnect(error, connection.connection, None)
            if lost:
                connection.invalidate(error)
            raise DBAPIError.instance(
                self._sql, None, error, self._driver_error, hide_parameters=True, connection_invalidated=lost
            ) from error

    def converted(self, row: tuple[Any, ...]) -> Row:
        """A row as the column types mean it."""
        made: Any = tuple(
            [
                value if convert is None else convert(value)
                for value, convert in zip(row, self._from_database, strict=True)
            ]
        )
        converted: Row = made
        return converted


def hold_driver(session: Session) -> None:
    """Begin a transaction now, and let prepared statements not ask the session for its connection again.

    For a session that ends with its transaction.
    """
    session.info[_DRIVER] = session.connection().connection.driver_connection


def _driver(session: Session) -> Any:
    return session.info.get(_DRIVER) or session.connection().connection.driver_connection
