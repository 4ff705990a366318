"""The page behind the code at the door: whoever has noticed something can say so, without a name."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from bot.dialog.engine import CONCERN
from handlers.web.invitation import invitation
from handlers.web.openapi import PAGE, Answer, Endpoint
from handlers.web.page import Pages


def concern_route(pages: Pages, telegram_username: Callable[[], str | None]) -> Endpoint:
    """`GET /concern`; 503 with a kind word while the bot's name is not known."""

    async def concern(request: Request) -> Response:
        return invitation(pages, request, telegram_username(), "concern", CONCERN)

    return Endpoint(
        "/concern",
        concern,
        summary="The page behind the link for everybody, which begins the report of a concern.",
        answers={
            200: Answer("The page.", (PAGE,)),
            503: Answer("The bot's name is not known yet.", (PAGE,)),
        },
    )
