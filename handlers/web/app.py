"""One web application out of the endpoints it is given; whatever is asked of it, it answers clearly."""

from collections.abc import Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from bot.catalog import Catalog
from bot.turns import Lab
from handlers.web.concern import concern_route
from handlers.web.enrolment import enrolment_route
from handlers.web.guard import SAFE_HEADERS, BoundedBody, SafeHeaders
from handlers.web.health import Check, health_routes
from handlers.web.openapi import document_route
from handlers.web.page import Pages
from storage.database import DatabaseUnavailable

_RETRY_SECONDS = "5"


def build_app(
    *,
    catalog: Catalog,
    lab: Lab,
    telegram_username: Callable[[], str | None],
    parts: Mapping[str, Check],
    routes: Sequence[BaseRoute] = (),
) -> Starlette:
    """Health, the pages that lead into a chat, and `routes`: those of the laboratory system, Telegram, Slack.

    `/openapi.json` tells of all of them that are Endpoints.

    Bodies of more than 1 MB never reach an endpoint. DatabaseUnavailable from an endpoint is answered 503
    with Retry-After, and any other surprise 500 after it was logged. Browsers are answered with a page.
    """
    pages = Pages(catalog, lab)

    def answer(request: Request, status: int, words: str, kind: str) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return pages.word(request, kind, status)
        return JSONResponse({"error": words}, status)

    def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        kind = "missing" if error.status_code == 404 else "refused"
        response = answer(request, error.status_code, error.detail, kind)
        response.headers.update(error.headers or {})
        return response

    def unavailable(request: Request, _: Exception) -> Response:
        response = answer(request, 503, "the database does not answer; send this again later", "sorry")
        response.headers["Retry-After"] = _RETRY_SECONDS
        return response

    def failed(request: Request, _: Exception) -> Response:
        response = answer(request, 500, "something went wrong on our side", "sorry")
        for name, value in SAFE_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    invitations = [route(pages, telegram_username) for route in (enrolment_route, concern_route)]
    every = [*health_routes(parts), *invitations, *routes]
    app = Starlette(
        routes=[*every, document_route(every)],
        middleware=[Middleware(SafeHeaders), Middleware(BoundedBody)],
        exception_handlers={HTTPException: refused, DatabaseUnavailable: unavailable, Exception: failed},
    )
    # An address with a slash too many is not there: a redirect would name whatever host the caller did.
    app.router.redirect_slashes = False
    return app
