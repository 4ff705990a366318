"""Whether Telegram can be talked to: one line in the log when it goes and one when it is back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom

from telegram.error import (
    BadRequest,
    Conflict,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

log = logging.getLogger(__name__)

_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before another try, in seconds: doubling, with jitter, up to `longest`."""

    first: float = 0.5
    longest: float = 30.0

    def after(self, failures: int, error: BaseException | None = None) -> float:
        """The wait after so many failures in a row, or longer where Telegram asks for it."""
        full = min(self.first * 2 ** min(failures - 1, 16), self.longest)
        asked = seconds_of(error) if isinstance(error, RetryAfter) else 0.0
        return max(_random.uniform(full / 2, full), asked)


USUAL = Backoff()


class Connection:
    """What everybody who calls Telegram knows of it together.

    `ready` is False until the first call succeeds, and from a failure to the next success. `last_error` is
    the trouble at present, in plain words; None while there is none.
    """

    def __init__(self) -> None:
        self.ready = False
        self.last_error: str | None = None

    def failed(self, error: TelegramError) -> None:
        """Take note that a call failed; a trouble is logged once however often it repeats."""
        trouble = explained(error)
        if trouble != self.last_error:
            log.warning("Telegram: %s Trying again until it works; nothing is lost.", trouble)
        self.ready = False
        self.last_error = trouble

    def worked(self) -> None:
        """Take note that a call succeeded."""
        if self.last_error is not None:
            log.info("Telegram: working again.")
        self.ready = True
        self.last_error = None


def explained(error: TelegramError) -> str:
    """What is wrong and what to do about it. Never holds the token, which some errors do."""
    match error:
        case Conflict() if "webhook" in error.message.lower():
            return (
                "A webhook is set for this bot, so long polling gets nothing. Remove the webhook, or set "
                "TELEGRAM_WEBHOOK_URL to use one."
            )
        case Conflict():
            return (
                "Another program is receiving this bot's messages with the same token. Stop it, or give one "
                "of the two a bot of its own."
            )
        case InvalidToken():
            return "The token is not accepted. Check TELEGRAM_BOT_TOKEN against what @BotFather shows."
        case RetryAfter():
            return "Too many calls at once."
        case BadRequest():
            return f"A call was refused: {error.message}."
        case NetworkError():
            return "It cannot be reached."
        case _:
            return "What answers there does not answer as Telegram does."


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


async def keep_trying(
    connection: Connection, backoff: Backoff, work: Callable[[], Awaitable[object]]
) -> None:
    """Call `work` until it succeeds."""
    failures = 0
    while True:
        try:
            await work()
        except TelegramError as error:
            connection.failed(error)
            failures += 1
            await asyncio.sleep(backoff.after(failures, error))
        else:
            connection.worked()
            return
