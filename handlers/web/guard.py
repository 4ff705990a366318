"""What stands before every endpoint: bodies are bounded in size and time, answers carry safe headers."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1024 * 1024
BODY_SECONDS = 20.0
_MAX_DISCARDED = 8 * 1024 * 1024
_SMALL = 16 * 1024
MAX_GATHERING = 32 * MAX_BODY

SAFE_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }
)

_SAFE_RAW = [(name.lower().encode(), value.encode()) for name, value in SAFE_HEADERS.items()]


def bears(request: Request, token: str) -> bool:
    """Whether the request carries `token` as its Bearer token; how long that takes tells nothing of it."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return hmac.compare_digest(given.strip().encode(), token.encode()) and scheme.lower() == "bearer"


class SafeHeaders:
    """Adds every one of SAFE_HEADERS an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and the answer back."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                missing = [(name, value) for name, value in _SAFE_RAW if name not in own]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        await self._app(scope, receive, with_headers)


class BoundedBody:
    """Lets a request through once its whole body is here: at most MAX_BODY bytes within BODY_SECONDS.

    Larger ones are answered 413, slower ones 408. What is too large is read and dropped up to a point, since
    callers that are still sending when the connection closes never see the answer. All bodies on their way
    hold at most MAX_GATHERING bytes together: what would exceed that is answered 503, but never a body of a
    few kilobytes, so that whoever sends large ones keeps nobody else out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._gathering = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Gather the body, then call the application with it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._gathered(receive)
        except TimeoutError:
            await JSONResponse({"error": "the request took too long to arrive"}, 408)(scope, receive, send)
            return
        except _TooLarge:
            words = f"the request is larger than {MAX_BODY} bytes"
            await JSONResponse({"error": words}, 413)(scope, receive, send)
            return
        except _TooMany:
            words = "too many large requests at once; send this again later"
            await JSONResponse({"error": words}, 503, {"Retry-After": "5"})(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _replayed(body, receive), send)

    async def _gathered(self, receive: Receive) -> bytes | None:
        """The whole body, or None when the caller has left."""
        body = bytearray()
        counted = 0
        try:
            async for piece in _pieces(receive):
                body += piece
                if len(body) > _SMALL:
                    self._gathering += len(body) - counted
                    counted = len(body)
                    if self._gathering > MAX_GATHERING:
                        raise _TooMany
            return bytes(body)
        except ClientDisconnect:
            return None
        finally:
            self._gathering -= counted


class _TooLarge(Exception):
    """The body is larger than MAX_BODY."""


class _TooMany(Exception):
    """The bodies on their way are larger than MAX_GATHERING together."""


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The body as it arrives; _TooLarge at its end if it is."""
    size = 0
    more = True
    while more and size <= _MAX_DISCARDED:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size <= MAX_BODY:
            yield piece
        more = message.get("more_body", False)
    if size > MAX_BODY:
        raise _TooLarge


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
