"""What the bot's web server was really asked, to be asked again by others."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from starlette.types import Message, Receive, Scope, Send

from handlers.web.guard import SafeHeaders


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"


@contextmanager
def recorded() -> Iterator[list[Asked]]:
    """Every POST until the block ends."""
    heard: list[Asked] = []
    whole = SafeHeaders.__call__

    async def call(self: SafeHeaders, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def listening() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await whole(self, scope, listening, send)
        if scope.get("method") == "POST":
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            heard.append(Asked(scope["path"], headers, bytes(body)))

    with patch.object(SafeHeaders, "__call__", call):
        yield heard
