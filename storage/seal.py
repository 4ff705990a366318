"""Whether the data keys at hand are those the database was written with."""

from sqlmodel import Session

from storage.encryption import DecryptionError
from storage.fingerprints import fingerprint
from storage.statements import insert_ignore
from storage.tables import Seal

_WORD = "labvoice"


class WrongKeys(Exception):
    """The database was written with other data keys; the message is one line for people."""


def check(session: Session) -> None:
    """Leave a sealed word in a new database, and know it again in an old one, as `is_known` does.

    Of several that find a new database at once, one leaves it, and the others know that one again.
    """
    if is_known(session):
        return
    if not insert_ignore(session, Seal, {"id": 1, "word": _WORD, "mark": _mark(session)}):
        is_known(session)


def is_known(session: Session) -> bool:
    """Whether the database was written with these keys; False for one that was not written with any yet.

    WrongKeys when its word cannot be read, or when the oldest key, which finds people and orders, is another.
    """
    try:
        seal = session.get(Seal, 1)
    except DecryptionError as error:
        raise WrongKeys(f"DATA_KEYS: the database was written with other keys: {error}") from None
    if seal is not None and seal.mark != _mark(session):
        raise WrongKeys("DATA_KEYS: the oldest key, which has to stay last, is not the one it was")
    return seal is not None


def _mark(session: Session) -> bytes:
    return fingerprint(session, "seal", _WORD)
