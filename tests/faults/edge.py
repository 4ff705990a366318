"""What goes wrong between the bot and the platforms, drawn by a seed."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random

import aiohttp

from sandbox.faults import Fault, Hang, ResetAfter, ResetBefore, Status, StatusAfter
from tests.stage.world import WEBHOOK_SECRET, World

_ANYWHERE: tuple[Fault, ...] = (
    Status(500, "Internal Server Error"),
    StatusAfter(500, "Internal Server Error"),
    ResetBefore(),
    ResetAfter(),
    Hang(0.05),
    Hang(0.3),
)
_TOO_MANY = Status(429, "Too Many Requests: retry after 1", retry_after=1)
_TELEGRAM: Mapping[str, tuple[float, tuple[Fault, ...]]] = {
    "sendMessage": (0.05, (*_ANYWHERE, _TOO_MANY)),
    "editMessageText": (
        0.05,
        (
            *_ANYWHERE,
            _TOO_MANY,
            Status(400, "Bad Request: message can't be edited"),
            Status(400, "Bad Request: message to edit not found"),
        ),
    ),
    "editMessageReplyMarkup": (0.05, (*_ANYWHERE, Status(400, "Bad Request: message can't be edited"))),
    "answerCallbackQuery": (0.05, (*_ANYWHERE, Status(400, "Bad Request: query is too old"))),
    "getUpdates": (
        0.03,
        (*_ANYWHERE, Status(409, "Conflict: terminated by other getUpdates request")),
    ),
    "getMe": (0.03, _ANYWHERE),
    "setWebhook": (0.03, _ANYWHERE),
    "deleteWebhook": (0.03, _ANYWHERE),
    "webhook": (0.05, (ResetAfter(),)),
}
_SLACK: Mapping[str, tuple[float, tuple[Fault, ...]]] = {
    "chat.postMessage": (0.05, (*_ANYWHERE, _TOO_MANY, Status(200, "internal_error"))),
    "chat.update": (0.05, (*_ANYWHERE, _TOO_MANY, Status(200, "message_not_found"))),
    "conversations.history": (0.05, _ANYWHERE),
    "views.open": (0.03, _ANYWHERE),
    "views.publish": (0.05, _ANYWHERE),
    "users.info": (0.05, _ANYWHERE),
    "auth.test": (0.05, _ANYWHERE),
    "apps.connections.open": (0.03, _ANYWHERE),
}

_ALL_TOO_MANY, _A_WHILE_SECONDS = 0.05, 0.2
_RECENT, _AT_A_TIME = 30, 8
"""Old updates are delivered again a few at a time, out of the latest ones, words above all: unlike with taps,
no revision makes them harmless.
"""


def spoil(around: World, rng: Random) -> None:
    """Spoil one call in so many from now on."""
    around.telegram.faults.chance = _drawing(_TELEGRAM, Random(rng.random()))
    around.slack.faults.chance = _drawing(_SLACK, Random(rng.random()))


def mend(around: World) -> None:
    """Spoil nothing any more."""
    around.telegram.faults.chance = around.slack.faults.chance = lambda _: None


def _drawing(
    rates: Mapping[str, tuple[float, tuple[Fault, ...]]], rng: Random
) -> Callable[[str], Fault | None]:
    def draw(method: str) -> Fault | None:
        rate, faults = rates.get(method, (0.0, ()))
        return rng.choice(faults) if rng.random() < rate else None

    return draw


async def disturb(around: World, rng: Random) -> None:
    """Until cancelled: renew or cut Slack's connections, deliver old updates again, out of order, and now and
    then have Telegram answer every call that there are too many.
    """
    while True:
        await asyncio.sleep(rng.uniform(0.2, 1.0))
        if rng.random() < _ALL_TOO_MANY:
            await _too_many_for_everybody(around)
        match rng.randrange(3):
            case 0:
                await around.slack.disconnect()
            case 1:
                around.slack.drop_connections()
            case _:
                await _deliver_again(around, rng)


async def _too_many_for_everybody(around: World) -> None:
    usual = around.telegram.faults.chance
    around.telegram.faults.chance = lambda _: _TOO_MANY
    try:
        await asyncio.sleep(_A_WHILE_SECONDS)
    finally:
        around.telegram.faults.chance = usual


async def _deliver_again(around: World, rng: Random) -> None:
    url = around.settings.telegram_webhook_url
    if url is None or not around.telegram.forgotten:
        return
    typed = [one for one in around.telegram.forgotten if one.kind == "message"]
    recent = [*around.telegram.forgotten[-_RECENT:], *typed[-_RECENT:]]
    headers = {"X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET}
    for update in rng.choices(recent, k=_AT_A_TIME):
        with suppress(aiohttp.ClientError):
            async with around.http.post(url, json=update.wire, headers=headers) as answer:
                await answer.read()
