"""The code of an anonymous reporter, however it is typed."""

import pytest

from bot.complaints.relay import relay_code


@pytest.mark.parametrize(
    "typed", ["K7QM4-TXH2P", " k7qm4-txh2p ", "K7QM4TXH2P", "k7qm4 txh2p", "K7QM4–TXH2P"]
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert relay_code(typed) == "K7QM4-TXH2P"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "K7QM4",
        "K7QM4-TXH2P!",
        "my code is K7QM4-TXH2P",
        "AEIOU-AEIOU",
        "12345-67890",
        "5552345678",
        "55523 45678",
    ],
)
def test_what_is_no_code_is_words(typed: str) -> None:
    assert relay_code(typed) is None
