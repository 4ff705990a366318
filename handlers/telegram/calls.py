"""Methods of the Bot API called for the plain JSON they answer with.

python-telegram-bot's own methods make objects of what is sent and of what comes back, which takes three times
as long as the call itself. Its request class still says what each refusal means.
"""

import json
from typing import Any

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import BaseRequest

_ANSWER_SECONDS = 15.0


class Ready:
    """A call's parameters as JSON: `BaseRequest.post` hands it through to `do_request` untouched."""

    __slots__ = ("body",)

    def __init__(self, parameters: dict[str, object]) -> None:
        self.body = json.dumps(parameters, ensure_ascii=False, separators=(",", ":")).encode()


async def call(bot: Bot, method: str, *, wait: float = 0.0, **parameters: object) -> object:
    """What `method` answers; Telegram has `wait` seconds more than usual for it. TelegramError if it fails.

    Parameters that are None are not sent.
    """
    given: Any = Ready({name: value for name, value in parameters.items() if value is not None})
    request: BaseRequest = bot.request
    try:
        answer: object = await request.post(
            f"{bot.base_url}/{method}", given, read_timeout=_ANSWER_SECONDS + wait
        )
    except KeyError:  # a refusal that came as a success
        raise TelegramError("Invalid server response") from None
    return answer
