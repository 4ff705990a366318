"""The mark of the data keys a database is written with."""

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from storage.columns import EncryptedText
from storage.tables.base import Table


class Seal(Table, table=True):
    """One row: a known word sealed with the newest key, and its fingerprint by the oldest."""

    __tablename__ = "seal"

    id: int = Field(primary_key=True)
    word: str = Field(sa_column=Column(EncryptedText("seal.word"), nullable=False))
    mark: bytes = Field(sa_type=LargeBinary)
