"""Encryption of personal data at rest, and the keyed fingerprints that find it again."""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from typing_extensions import override

_FORMAT = 1
_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class KeyringError(ValueError):
    """The data keys cannot be used; the message is one line and never repeats key material."""


class DecryptionError(Exception):
    """A stored value cannot be read; the message names the column and the key id, nothing else."""


@dataclass(frozen=True, slots=True)
class _Key:
    id: str
    cipher: AESGCM
    secret: bytes = field(repr=False)


class Keyring:
    """The data keys of one installation, newest first.

    The newest key encrypts, every key decrypts: to rotate, put a new key in front and keep the old ones for
    as long as values written with them remain. The last (oldest) key also makes the fingerprints by which
    order numbers and accounts are found, so it has to stay for ever; without it nobody is recognised again.
    Random nonces make one key good for 2^32 values. Instances may be shared between threads.
    """

    __slots__ = ("_by_id", "_fingerprint_keys", "_newest", "_oldest")

    def __init__(self, keys: Sequence[str]) -> None:
        """Take keys as `labvoice keygen` prints them, newest first; KeyringError when one is unusable."""
        if not keys:
            raise KeyringError("no data key is given; `labvoice keygen` prints one")
        parsed = [_parse_key(key, position) for position, key in enumerate(keys, start=1)]
        self._by_id = {key.id: key for key in parsed}
        if len(self._by_id) != len(parsed):
            raise KeyringError("two data keys carry the same id; each id must be used once")
        self._newest = parsed[0]
        self._oldest = parsed[-1]
        self._fingerprint_keys: dict[str, bytes] = {}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the DATA_KEYS setting: keys separated by commas, newest first."""
        return cls([key for key in (part.strip() for part in text.split(",")) if key])

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys, newest first."""
        return tuple(self._by_id)

    def encrypt(self, data: bytes, column: str) -> bytes:
        """Seal data for one column with the newest key; the same data never gives the same bytes twice."""
        header = bytes((_FORMAT, len(self._newest.id))) + self._newest.id.encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return header + nonce + self._newest.cipher.encrypt(nonce, data, header + column.encode())

    def decrypt(self, blob: bytes, column: str) -> bytes:
        """Open what `encrypt` sealed for the same column with any key of the ring, or DecryptionError."""
        if len(blob) < 2 or blob[0] != _FORMAT:
            raise DecryptionError(f"the value in {column} is not in the encrypted format")
        start = 2 + blob[1]
        header, nonce, sealed = blob[:start], blob[start : start + _NONCE_BYTES], blob[start + _NONCE_BYTES :]
        key_id = header[2:].decode("ascii", "replace")
        if _KEY_ID.fullmatch(key_id) is None or len(nonce) < _NONCE_BYTES:
            raise DecryptionError(f"the value in {column} is not in the encrypted format")
        key = self._by_id.get(key_id)
        if key is None:
            raise DecryptionError(f"the value in {column} needs the data key {key_id}, which is not given")
        try:
            return key.cipher.decrypt(nonce, sealed, header + column.encode())
        except InvalidTag:
            raise DecryptionError(
                f"the value in {column} does not open with the data key {key_id}: "
                "it was altered, belongs to another column, or the key has changed under the same id"
            ) from None

    def fingerprint(self, purpose: str, value: str) -> bytes:
        """Return 32 bytes that always stand for this value and cannot be reversed without the oldest key.

        Each purpose ("order", "telegram account") has a key of its own, so equal values under two purposes
        cannot be matched. `purpose` comes from a small fixed set; `value` may be any text at all.
        """
        key = self._fingerprint_keys.get(purpose)
        if key is None:
            key = _derive(self._oldest.secret, f"labvoice fingerprint {purpose}")
            self._fingerprint_keys[purpose] = key
        return hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256")

    @override
    def __repr__(self) -> str:
        return f"<Keyring {', '.join(self.key_ids)}>"


def generate_key() -> str:
    """Make a fresh random data key under a random id, ready to be put in DATA_KEYS."""
    return f"{secrets.token_hex(4)}:{secrets.token_urlsafe(_KEY_BYTES)}"


def _parse_key(text: str, position: int) -> _Key:
    key_id, _, encoded = text.strip().partition(":")
    if _KEY_ID.fullmatch(key_id) is None:
        raise KeyringError(
            f"data key {position} must begin with an id of up to 32 letters and digits and a colon; "
            "`labvoice keygen` prints one"
        )
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        material = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        material = b""
    if len(material) != _KEY_BYTES:
        raise KeyringError(
            f"data key {position} must hold 32 bytes in URL-safe base64 after its id; "
            "`labvoice keygen` prints one"
        )
    return _Key(key_id, AESGCM(_derive(material, "labvoice encryption")), material)


def _derive(secret: bytes, info: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info.encode()).derive(secret)
