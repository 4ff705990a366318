"""Objects kept as JSON."""

import traceback
from dataclasses import dataclass

import pytest
from pydantic import TypeAdapter

from storage.documents import UnreadableDocument, document


@dataclass(frozen=True, slots=True)
class _Kept:
    words: str
    count: int


_KEPT = TypeAdapter(_Kept)


def test_what_was_kept_is_read_back() -> None:
    kept = _Kept("It hurt", 3)
    assert document(_KEPT, _KEPT.dump_json(kept)) == kept


@pytest.mark.parametrize(
    "kept",
    [b"", b"{", b'"It hurt"', b'{"words": 7, "count": "It hurt"}', b'{"other": "It hurt"}', b"\xff It hurt"],
)
def test_what_cannot_be_read_is_told_without_a_word_of_it(kept: bytes) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        document(_KEPT, kept)
    assert "hurt" not in "".join(traceback.format_exception(caught.value))
