"""The code by which an anonymous reporter comes back to a complaint. Pure."""

import re

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""Letters and digits that are neither mistaken for each other nor spell words."""
HALF = 5
_CODE = re.compile(
    rf"(?=.*[A-Z])\s*([{ALPHABET}]{{{HALF}}})[\s–-]?([{ALPHABET}]{{{HALF}}})\s*", re.IGNORECASE
)


def relay_code(text: str) -> str | None:
    """The code that is all of `text`, as it was given out, however it was typed; None if it is none.

    A code has a letter: ten digits are somebody's number.
    """
    found = _CODE.fullmatch(text)
    return "-".join(found.groups()).upper() if found else None
