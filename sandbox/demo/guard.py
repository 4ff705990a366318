"""Keeps other web sites away from the demo: it answers its own page and nobody else."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class SameOriginOnly:
    """Refuses requests under a foreign host name (DNS rebinding) and changes asked for by other origins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or pass the request on and mark its response as the page's own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _why_not(scope["method"], Headers(scope=scope))
        if refusal is not None:
            response = JSONResponse({"ok": False, "error": refusal}, status_code=403)
            await response(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", _POLICY)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, send_guarded)


def _why_not(method: str, headers: Headers) -> str | None:
    host = headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        name = None
    if name not in _HERE:
        return "The demo answers on this machine only."
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return "The demo answers its own page only."
    if method in {"GET", "HEAD"}:
        return None
    if headers.get("origin") != f"http://{host}":
        return "The demo takes actions from its own page only."
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return "Actions are JSON."
    return None
