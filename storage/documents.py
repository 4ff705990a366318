"""Objects kept as JSON in an encrypted column: people's words are in them, so no error may repeat them."""

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


class UnreadableDocument(Exception):
    """What a column holds has not the form this version knows; the message names places, never values."""


def document(adapter: TypeAdapter[T], kept: bytes) -> T:
    """The object that `kept` is the JSON of; UnreadableDocument when it is none."""
    try:
        return adapter.validate_json(kept)
    except ValidationError as error:
        # pydantic's own message, and its traceback, show the values.
        places = sorted({".".join(map(str, one["loc"])) for one in error.errors(include_input=False)})
        raise UnreadableDocument(f"kept in another form than this version's: {', '.join(places)}") from None
