"""Column types: times that are always UTC, enums as their values, and sealed personal data."""

from datetime import UTC, datetime
from enum import Enum

from sqlalchemy import DateTime, LargeBinary, String
from sqlalchemy import Enum as EnumType
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

from storage.encryption import Keyring

_ENUM_LENGTH = 32
_KEYRING = "labvoice_keyring"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in time: takes any aware datetime, gives back the same moment in UTC.

    A naive value is refused with ValueError. PostgreSQL keeps a timestamptz. SQLite has no such type and
    keeps text of fixed width, 2025-03-01T09:00:00.000000Z: it sorts as time does, SQLite's own date functions
    read it, and so does a person looking at the file, which an integer would not offer.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a time without an offset cannot be stored: {value.isoformat()}")
        moment = value.astimezone(UTC)
        if dialect.name == "sqlite":
            return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        return moment

    @override
    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def string_enum(members: type[Enum]) -> EnumType:
    """Return a column type keeping the *values* of a string enum as text, and giving back its members.

    The database has no constraint of its own, so a new member needs no migration; anything else than a member
    is refused with LookupError before it is sent. ValueError when a value is longer than the column.
    """
    values = [str(member.value) for member in members]
    if too_long := [value for value in values if len(value) > _ENUM_LENGTH]:
        raise ValueError(f"{members.__name__} has values over {_ENUM_LENGTH} characters: {too_long}")
    return EnumType(
        members,
        values_callable=lambda _: values,
        native_enum=False,
        create_constraint=False,
        validate_strings=True,
        length=_ENUM_LENGTH,
    )


class EncryptedBytes(TypeDecorator[bytes]):
    """Bytes sealed with the newest data key of the database they are written to; NULL stays NULL.

    `column` is "table.column"; a sealed value copied to another column does not open there. The same value is
    never sealed twice alike, so comparing in SQL is pointless: look people up by `Keyring.fingerprint`.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    @override
    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring_of(dialect).encrypt(value, self.column)

    @override
    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring_of(dialect).decrypt(value, self.column)


class EncryptedText(TypeDecorator[str]):
    """Text sealed as `EncryptedBytes` are; text that is not valid Unicode is refused (UnicodeEncodeError)."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring_of(dialect).encrypt(value.encode(), self.column)

    @override
    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring_of(dialect).decrypt(value, self.column).decode()


def install_keyring(dialect: Dialect, keyring: Keyring) -> None:
    """Let the encrypted columns of one engine, recognised by its own dialect object, use this keyring.

    Column types are built with the tables, long before a database is opened, and are shown nothing but the
    dialect when they work. Every engine owns its dialect, so databases with different keys live side by side.
    """
    setattr(dialect, _KEYRING, keyring)


def keyring_of(dialect: Dialect) -> Keyring:
    """Return the keyring installed for the engine of this dialect; RuntimeError when there is none."""
    keyring = getattr(dialect, _KEYRING, None)
    if not isinstance(keyring, Keyring):
        raise RuntimeError("encrypted columns need a database opened with a keyring (Database.open)")  # noqa: TRY004
    return keyring
