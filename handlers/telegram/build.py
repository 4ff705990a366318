"""The bot as python-telegram-bot knows it, and what it tells Telegram about itself."""

import asyncio
import os

from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats

from bot.catalog import Catalog
from handlers.telegram.connection import USUAL, Backoff, Connection, keep_trying
from handlers.telegram.reading import BotRequest
from handlers.telegram.redaction import keep_out_of_logs

_CONNECTIONS = 256
_ANSWER_SECONDS = 15.0
_FREE_CONNECTION_SECONDS = 30.0
_MENU = ("complaint", "status", "language", "help", "cancel", "stop")


def build_bot(token: str, api_url: str) -> Bot:
    """The bot behind `token` on the Bot API at `api_url` (the root, without a trailing slash).

    Nothing is called yet. Whoever posts with it keeps to Telegram's limits by a `Pace`.
    """
    keep_out_of_logs(token)
    # python-telegram-bot's own switch to durations as timedelta; without it every 429 brings a warning.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    root = api_url.rstrip("/")
    return Bot(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=BotRequest(
            connections=_CONNECTIONS,
            answer_seconds=_ANSWER_SECONDS,
            free_seconds=_FREE_CONNECTION_SECONDS,
        ),
        get_updates_request=BotRequest(connections=1, answer_seconds=_ANSWER_SECONDS),
    )


class TelegramSetup:
    """Learns who the bot is and puts its commands into Telegram's menu, trying until it works."""

    def __init__(
        self,
        bot: Bot,
        catalog: Catalog,
        locale: str,
        connection: Connection,
        backoff: Backoff = USUAL,
    ) -> None:
        self._bot = bot
        self._catalog = catalog
        self._locale = locale
        self._connection = connection
        self._backoff = backoff
        self._username: str | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the background."""
        work = keep_trying(self._connection, self._backoff, self._set_up)
        self._task = asyncio.create_task(work, name="telegram setup")

    async def close(self) -> None:
        """Stop trying, and close the bot's connections: to be called when nobody uses the bot any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._bot.shutdown()

    def username(self) -> str | None:
        """The bot's name in t.me links, without @; None until Telegram has told."""
        return self._username

    async def _set_up(self) -> None:
        await self._bot.initialize()
        self._username = self._bot.username
        await self._offer_commands(self._locale, language=None)
        for locale in self._catalog.locales:
            await self._offer_commands(locale, language=locale.partition("-")[0])

    async def _offer_commands(self, locale: str, *, language: str | None) -> None:
        commands = [BotCommand(name, self._catalog.say(f"telegram.menu.{name}", locale)) for name in _MENU]
        await self._bot.set_my_commands(
            commands, scope=BotCommandScopeAllPrivateChats(), language_code=language
        )
