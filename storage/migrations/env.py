"""Alembic's way in: applies the revisions, or compares them with the tables, over a given connection."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Enum
from sqlmodel import AutoString

from storage.columns import EncryptedBytes, EncryptedText, UtcDateTime
from storage.tables import Table


def render_item(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types as the database sees them, so that a released revision never changes."""
    if kind != "type":
        return False
    match item:
        case UtcDateTime():
            autogen.imports.add("from storage.columns import UtcDateTime")
            return "UtcDateTime()"
        case EncryptedBytes() | EncryptedText():
            return "sa.LargeBinary()"
        case Enum():
            return f"sa.String(length={item.length})"
        case AutoString():
            return "sa.String()"
        case _:
            return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
