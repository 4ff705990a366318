"""Delivering messages to Telegram."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from telegram import Bot, InlineKeyboardMarkup, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, TelegramError
from telegram.error import RetryAfter as FloodControl

from bot.channels import DeliveryOutcome, RetryAfter, Sent, Undeliverable
from bot.dialog.message import Message
from handlers.telegram.calls import call
from handlers.telegram.connection import seconds_of
from handlers.telegram.outcomes import is_not_editable, is_unchanged, outcome_of
from handlers.telegram.pace import HeldBackError, Pace
from handlers.telegram.reading import within
from handlers.telegram.rendering import fits_caption, keyboard, parts
from handlers.telegram.updates import TELEGRAM

log = logging.getLogger(__name__)

_NO_PREVIEW: Final = {"is_disabled": True}

Moved = Callable[[str, str], Awaitable[None]]


class TelegramChannel:
    """Telegram, outward: a `bot.channels.Channel`. Whoever else posts keeps to the same `pace`.

    `moved(old, new)` is called when Telegram says that a group has a new id; until the address is changed the
    channel itself remembers where the group went.
    """

    def __init__(self, bot: Bot, pace: Pace, moved: Moved | None = None) -> None:
        self._bot = bot
        self._pace = pace
        self._moved = moved
        self._went_to: dict[str, str] = {}

    @property
    def name(self) -> str:
        """The channel's name in events and tables."""
        return TELEGRAM

    async def send(
        self,
        address: str,
        message: Message,
        *,
        image: bytes | None,
        replaces: str | None,
        supersedes: str | None,
        under: str | None,
        urgent: bool,
    ) -> DeliveryOutcome:
        """Deliver one message; see `bot.channels.Channel`. A long one becomes several, known by the last.

        Posting comes last: from then until the outcome is recorded a crash repeats the message.
        """
        address = self._went_to.get(address, address)
        try:
            return await self._deliver(address, message, image, replaces, supersedes, under, urgent)
        except ChatMigrated as error:
            await self._note_move(address, str(error.new_chat_id))
        except TelegramError as error:
            return self._outcome_of(error, address)
        address = self._went_to[address]
        try:
            return await self._deliver(address, message, image, None, None, None, urgent)
        except TelegramError as error:
            return self._outcome_of(error, address)

    def _outcome_of(self, error: TelegramError, address: str) -> RetryAfter | Undeliverable:
        outcome = outcome_of(error)
        if isinstance(error, FloodControl) and isinstance(outcome, RetryAfter):
            everybody = self._pace.refused(int(address), error)
            return outcome if everybody is None else replace(outcome, seconds=everybody, whole_channel=True)
        return outcome

    async def _note_move(self, old: str, new: str) -> None:
        log.info("a Telegram group has a new id")
        self._went_to[old] = new
        if self._moved is not None:
            await self._moved(old, new)

    async def _deliver(
        self,
        address: str,
        message: Message,
        image: bytes | None,
        replaces: str | None,
        supersedes: str | None,
        under: str | None,
        urgent: bool,
    ) -> DeliveryOutcome:
        try:
            chat_id = int(address)
        except ValueError:
            return Undeliverable("this is no Telegram chat id", gone=True)
        html = parts(message)
        if (
            replaces is not None
            and image is None
            and len(html) == 1
            and await self._edit(chat_id, replaces, html[0], message)
        ):
            return Sent(replaces)
        past = supersedes or replaces
        if past is not None:
            await self._take_buttons_off(chat_id, past)
        posted = await self._post(chat_id, html, message, image, under, urgent)
        return Undeliverable("the message is empty") if posted is None else Sent(str(posted))

    async def _edit(self, chat_id: int, reference: str, html: str, message: Message) -> bool:
        """Change a message in place; False when it is gone or too old for that."""
        if not reference.isdecimal():
            return False
        try:
            await call(
                self._bot,
                "editMessageText",
                chat_id=chat_id,
                message_id=int(reference),
                text=html,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(message.buttons),
                link_preview_options=_NO_PREVIEW,
            )
        except BadRequest as error:
            if is_not_editable(error):
                return False
            if not is_unchanged(error):
                raise
        return True

    async def _post(
        self,
        chat_id: int,
        html: list[str],
        message: Message,
        image: bytes | None,
        under: str | None,
        urgent: bool,
    ) -> int | None:
        """Post everything; the id of the last message, None if there is nothing to post."""
        posted = None
        answered = _answering(under)
        markup = keyboard(message.buttons)
        if image is not None:
            caption = html.pop() if len(html) == 1 and fits_caption(message) else None
            await self._pace.wait(chat_id, urgent=urgent)
            photo = await self._bot.send_photo(
                chat_id,
                image,
                caption=caption,
                parse_mode=ParseMode.HTML,
                reply_parameters=None if answered is None else ReplyParameters.de_json(answered),
                reply_markup=None if html or markup is None else InlineKeyboardMarkup.de_json(markup),
            )
            posted = photo.message_id
        for number, part in enumerate(html, start=1):
            await (self._pace.wait(chat_id, urgent=urgent) if posted is None else self._wait_on(chat_id))
            sent = await call(
                self._bot,
                "sendMessage",
                chat_id=chat_id,
                text=part,
                parse_mode=ParseMode.HTML,
                reply_markup=markup if number == len(html) else None,
                reply_parameters=answered if posted is None else None,
                link_preview_options=_NO_PREVIEW,
            )
            posted = _id_of(sent)
        return posted

    async def _wait_on(self, chat_id: int) -> None:
        """Wait until the rest of a message may leave, whatever holds it back: what has left cannot return."""
        while True:
            try:
                return await self._pace.wait(chat_id, urgent=True)
            except HeldBackError as held:
                await asyncio.sleep(seconds_of(held))

    async def _take_buttons_off(self, chat_id: int, reference: str) -> None:
        """Best effort: pressing an old button changes nothing anyway."""
        if not reference.isdecimal():
            return
        try:
            await call(self._bot, "editMessageReplyMarkup", chat_id=chat_id, message_id=int(reference))
        except TelegramError as error:
            log.debug("old buttons stay: %s", type(error).__name__)


def _answering(reference: str | None) -> dict[str, object] | None:
    """What makes a message an answer to another, or one of its own where that is gone."""
    if reference is None or not reference.isdecimal():
        return None
    return {"message_id": int(reference), "allow_sending_without_reply": True}


def _id_of(sent: object) -> int:
    message_id = within(sent).get("message_id")
    if type(message_id) is not int:
        raise TelegramError("Invalid server response")
    return message_id
