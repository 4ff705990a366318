"""Updates that Telegram pushes: acknowledged once they are committed, and taken from Telegram alone."""

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from telegram import Bot

from handlers.telegram.connection import USUAL, Backoff, Connection, keep_trying
from handlers.telegram.reading import Numbered, Update, read_update
from handlers.telegram.updates import WANTED
from handlers.web import JSON, WORDS, Answer, Endpoint, Key
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

_LARGEST_BODY = 1_000_000
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not a secret
_SECRET = Key("telegramSecret", {"type": "apiKey", "in": "header", "name": _SECRET_HEADER})
_RETRY_SECONDS = "5"
_LOOK_SECONDS = 30.0


class TelegramWebhook:
    """The endpoint Telegram posts to, and its registration with Telegram.

    `url` is where Telegram finds the endpoint; `secret` is 1-256 of `A-Za-z0-9_-`.
    """

    def __init__(
        self,
        bot: Bot,
        take: Callable[[Update], Awaitable[None]],
        *,
        url: str,
        secret: str,
        connection: Connection,
        backoff: Backoff = USUAL,
    ) -> None:
        self._bot = bot
        self._take = take
        self._url = url
        self._secret = secret
        self._connection = connection
        self._backoff = backoff
        self._registered = False
        self._task: asyncio.Task[None] | None = None

    def route(self) -> Endpoint:
        """Where the endpoint is. The path may be meant to be a secret, so the document does not tell it."""
        return Endpoint(
            urlsplit(self._url).path or "/",
            self.receive,
            method="POST",
            known_as="/{telegram_webhook}",
            summary="An update from Telegram, at the path of TELEGRAM_WEBHOOK_URL.",
            takes={JSON: Numbered},
            key=_SECRET,
            answers={
                200: Answer("It is kept.", ()),
                400: Answer("It is no update.", (WORDS,)),
                403: Answer("The secret token is missing or wrong.", (WORDS,)),
                413: Answer("An update is never that large.", (WORDS,)),
                503: Answer("It could not be kept.", ()),
            },
        )

    def start(self) -> None:
        """Register with Telegram, in the background until it works; then look whether it is still there."""
        self._task = asyncio.create_task(self._run(), name="telegram webhook")

    async def close(self) -> None:
        """Stop trying to reach it. Telegram keeps the webhook, and updates until it answers again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def ready(self) -> bool:
        """Whether Telegram knows the webhook and answered when it was last asked."""
        return self._connection.ready and self._registered

    async def receive(self, request: Request) -> Response:
        """The endpoint, for POST.

        200 once the update is committed; 503 when it could not be, so that Telegram sends it again. 403
        without the secret, 413 for more than 1 MB, 400 for what is no update: nothing happens then.
        """
        given = request.headers.get(_SECRET_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(given, self._secret.encode()):
            return PlainTextResponse("The secret token is missing or wrong.\n", 403)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return PlainTextResponse("An update is never larger than 1 MB.\n", 413, {"Connection": "close"})
        update = read_update(_parsed(body))
        if update is None:
            return PlainTextResponse("This is not an update.\n", 400)
        try:
            await self._take(update)
        except DatabaseUnavailable as error:
            log.warning("an update could not be kept and is left to Telegram: %s", error)
            return Response(status_code=503, headers={"Retry-After": _RETRY_SECONDS})
        return Response()

    async def _run(self) -> None:
        await keep_trying(self._connection, self._backoff, self._register)
        self._registered = True
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await keep_trying(self._connection, self._backoff, self._bot.get_me)

    async def _register(self) -> None:
        await self._bot.set_webhook(self._url, secret_token=self._secret, allowed_updates=WANTED)


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it proves too large."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced[:20]) > _LARGEST_BODY:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            return None
    return bytes(body)


def _parsed(body: bytes) -> object:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value
