"""Keyed hashes by which order numbers, tokens and addresses are found without being readable."""

from sqlmodel import Session

from storage.columns import keyring_of


def fingerprint(session: Session, purpose: str, value: str) -> bytes:
    """The keyed hash of `value` for one purpose; the same value has another hash for every purpose."""
    return keyring_of(session.get_bind().dialect).fingerprint(purpose, value)
