"""The page behind a visit's link: open Telegram by tap, by QR code, or by a message to copy.

It is the same for every link of the right form. Nothing is looked up, so it cannot tell anybody whether a
visit exists, has been joined, or is over: the conversation tells that to the person who starts it.
"""

import re
from collections.abc import Callable
from html import escape

from starlette.requests import Request
from starlette.responses import Response

from handlers.web.openapi import JSON, PAGE, Answer, Endpoint
from handlers.web.page import Pages

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SOON_SECONDS = "60"


def enrolment_route(pages: Pages, telegram_username: Callable[[], str | None]) -> Endpoint:
    """`GET /enrol/{token}`; 503 with a kind word while the bot's name is not known."""

    async def enrol(request: Request) -> Response:
        token = str(request.path_params["token"])
        if _TOKEN.fullmatch(token) is None:
            return pages.word(request, "missing", 404)
        username = telegram_username()
        if username is None:
            response = pages.word(request, "soon", 503)
            response.headers["Retry-After"] = _SOON_SECONDS
            return response
        locale = pages.locale(request)
        title = pages.say("page.enrol.title", locale)
        return pages.page(locale, title, _content(pages, locale, username, token))

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


def _content(pages: Pages, locale: str, username: str, token: str) -> str:
    import segno

    link = f"https://t.me/{username}?start={token}"
    picture = segno.make(link, error="m", micro=False).svg_inline(
        svgclass="qr", lineclass=None, omitsize=True, border=3
    )
    label = pages.say("page.enrol.qr", locale)
    picture = picture.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    typed = pages.say("page.enrol.typed", locale, bot=username)
    copy, copied = pages.say("page.enrol.copy", locale), pages.say("page.enrol.copied", locale)
    return (
        f"<p>{pages.say('page.enrol.intro', locale)}</p>\n"
        f'<a class="open" href="{escape(link)}" rel="noreferrer">{pages.say("page.enrol.open", locale)}</a>\n'
        f"<p>{pages.say('page.enrol.scan', locale)}</p>\n{picture}\n"
        f"<p>{typed}</p>\n"
        f'<p class="typed"><code>/start {escape(token)}</code> '
        f'<button type="button" data-done="{copied}" hidden>{copy}</button></p>'
    )
