"""What leads from a page into the chat: by tap, by QR code, or by a message to copy."""

from html import escape

from starlette.requests import Request
from starlette.responses import Response

from handlers.web.page import Pages

_SOON_SECONDS = "60"


def invitation(pages: Pages, request: Request, username: str | None, kind: str, token: str) -> Response:
    """A page that opens the chat with `token`; a kind word and 503 while the bot's name is not known.

    `kind` is enrol or concern, which have a title and first words of their own.
    """
    if username is None:
        response = pages.word(request, "soon", 503)
        response.headers["Retry-After"] = _SOON_SECONDS
        return response
    locale = pages.locale(request)
    title, intro = pages.say(f"page.{kind}.title", locale), pages.say(f"page.{kind}.intro", locale)
    return pages.page(locale, title, f"<p>{intro}</p>\n{_ways(pages, locale, username, token)}")


def _ways(pages: Pages, locale: str, username: str, token: str) -> str:
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
        f'<a class="open" href="{escape(link)}" rel="noreferrer">{pages.say("page.enrol.open", locale)}</a>\n'
        f"<p>{pages.say('page.enrol.scan', locale)}</p>\n{picture}\n"
        f"<p>{typed}</p>\n"
        f'<p class="typed"><code>/start {escape(token)}</code> '
        f'<button type="button" data-done="{copied}" hidden>{copy}</button></p>'
    )
