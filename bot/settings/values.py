"""What one value has to be; each refusal says what to write instead, and shows no secret."""

import re
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, SecretStr

from storage.database import parse_url
from storage.encryption import Keyring

_SHOWN = 80


def _shown(text: object) -> str:
    return repr(str(text)[:_SHOWN])


def matching(pattern: str, hint: str) -> AfterValidator:
    """Refuse a secret that has another form; the message is `hint` alone."""

    def check(secret: SecretStr) -> SecretStr:
        if re.fullmatch(pattern, secret.get_secret_value()) is None:
            raise ValueError(hint)
        return secret

    return AfterValidator(check)


def worded(pattern: str, hint: str) -> AfterValidator:
    """Refuse a word that has another form, showing it."""

    def check(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(f"{_shown(text)} {hint}")
        return text

    return AfterValidator(check)


def web_address(end: str | None) -> AfterValidator:
    """Refuse what is no http(s) address; `end` is what a root then ends with, None keeps it as it is."""

    def check(text: str) -> str:
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
            parts = urlsplit("")
        if not usable or re.search(r"[\s\x00-\x1f]", text):
            raise ValueError(f"{_shown(text)} is not a web address; use e.g. https://example.org")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the address must not hold a user name or password")
        if parts.query or parts.fragment:
            raise ValueError(f"{_shown(text)} must end before any ? or #")
        return text if end is None else text.rstrip("/") + end

    return AfterValidator(check)


def port(value: object) -> object:
    """Read a port strictly; int() takes more than people mean."""
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise ValueError(
            f"{_shown(value)} is not a port; use a number from 1 to 65535, or 0 for any free one"
        )
    return int(text)


def zone(value: object) -> object:
    """Read an IANA time zone."""
    try:
        return value if isinstance(value, ZoneInfo) else ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{_shown(value)} is not an IANA time zone; use e.g. Europe/Madrid") from None


def folder(path: Path) -> Path:
    """Refuse what is no folder."""
    if not path.is_dir():
        raise ValueError(f"{_shown(path)} is not a folder")
    return path


def file(path: Path) -> Path:
    """Refuse what is no file."""
    if not path.is_file():
        raise ValueError(f"{_shown(path)} is not a file")
    return path


def database(secret: SecretStr) -> SecretStr:
    """Refuse an address no database of ours has."""
    parse_url(secret.get_secret_value())
    return secret


def keys(secret: SecretStr) -> SecretStr:
    """Refuse keys that cannot encrypt."""
    Keyring.parse(secret.get_secret_value())
    return secret
