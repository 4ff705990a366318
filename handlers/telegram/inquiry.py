"""One question to Telegram, for those who are not running the bot: who is it?"""

import asyncio

from telegram.error import TelegramError

from handlers.telegram.build import build_bot
from handlers.telegram.connection import explained

_PATIENCE_SECONDS = 10.0


class TelegramUnreachable(Exception):
    """Telegram does not answer, or does not accept the token; the message is one line without secrets."""


async def ask_name(token: str, api_url: str) -> str:
    """The bot's name in t.me links, without @; TelegramUnreachable when Telegram does not tell."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), build_bot(token, api_url) as bot:
            return bot.username
    except TimeoutError:
        raise TelegramUnreachable(f"no answer within {_PATIENCE_SECONDS:.0f} s") from None
    except TelegramError as error:
        raise TelegramUnreachable(explained(error)) from None
