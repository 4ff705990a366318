"""The page behind a visit's link, which leads into the chat.

It is the same for every link of the right form. Nothing is looked up, so it cannot tell anybody whether a
visit exists, has been joined, or is over: the conversation tells that to the person who starts it.
"""

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from handlers.web.invitation import invitation
from handlers.web.openapi import JSON, PAGE, Answer, Endpoint
from handlers.web.page import Pages

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def enrolment_route(pages: Pages, telegram_username: Callable[[], str | None]) -> Endpoint:
    """`GET /enrol/{token}`; 503 with a kind word while the bot's name is not known."""

    async def enrol(request: Request) -> Response:
        token = str(request.path_params["token"])
        if _TOKEN.fullmatch(token) is None:
            return pages.word(request, "missing", 404)
        return invitation(pages, request, telegram_username(), "enrol", token)

    return Endpoint(
        "/enrol/{token}",
        enrol,
        summary="The page behind the link a person was given; it is the same for every link of this form.",
        parameters={"token": _TOKEN.pattern},
        answers={
            200: Answer("The page.", (PAGE,)),
            404: Answer("Part of the link may be missing.", (PAGE, JSON)),
            503: Answer("The bot's name is not known yet.", (PAGE,)),
        },
    )
