"""Taking updates: one chat's in order, chats side by side, and an answer to whoever pressed a button."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Protocol
from weakref import WeakValueDictionary

from telegram import Bot
from telegram.error import TelegramError

from bot.catalog import Catalog
from bot.dialog.event import Event
from bot.turns import DigestDesk, Outcome
from handlers.telegram.calls import call
from handlers.telegram.pace import Pace
from handlers.telegram.reading import Update
from handlers.telegram.updates import (
    TELEGRAM,
    DigestWanted,
    Meaning,
    SpokenInGroup,
    chat_of,
    event_of,
    query_of,
    words_beside,
)

log = logging.getLogger(__name__)

_NOTICE_LENGTH = 200
_DRAIN_SECONDS = 3.0
_SAID_AT_ONCE = 100


class TakesEvents(Protocol):
    """Where events go; `bot.turns.Turns` is one."""

    async def take(self, event: Event) -> Outcome:
        """Take the event; what follows from it is committed when this returns."""
        ...


class TelegramIntake:
    """Takes updates, however they came."""

    def __init__(
        self,
        bot: Bot,
        pace: Pace,
        turns: TakesEvents,
        digests: DigestDesk,
        catalog: Catalog,
        locale: str,
    ) -> None:
        self._bot = bot
        self._pace = pace
        self._turns = turns
        self._digests = digests
        self._catalog = catalog
        self._locale = locale
        self._in_order: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._courtesies: set[asyncio.Task[None]] = set()
        self._saying: set[str] = set()

    async def take(self, update: Update) -> None:
        """Take one update; what follows from it is committed when this returns.

        Updates of one chat are taken in the order of the calls. Raises DatabaseUnavailable when nothing could
        be kept: Telegram must then not be told that the update arrived.
        """
        async with self._in_order.setdefault(chat_of(update), asyncio.Lock()):
            await self._take(update)

    async def close(self) -> None:
        """Let answers under way reach their button, within a few seconds."""
        if self._courtesies:
            _, late = await asyncio.wait(self._courtesies, timeout=_DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _take(self, update: Update) -> None:
        notice = await self._follow(event_of(update))
        await self._follow(words_beside(update))
        if (query := query_of(update)) is not None:
            self._afterwards(self._answer(query, notice))

    async def _follow(self, meaning: Meaning | None) -> str:
        """Have done what follows; the notice for whoever pressed a button."""
        match meaning:
            case None:
                pass
            case DigestWanted():
                words = await self._digests.handle(
                    event_id=meaning.event_id,
                    channel=TELEGRAM,
                    account=meaning.account,
                    place=meaning.place,
                    place_is_room=meaning.place_is_room,
                    words=meaning.words,
                )
                self._afterwards(self._say(words, meaning.account, meaning.place))
            case SpokenInGroup(place, language):
                locale = self._catalog.locale_for(language, self._locale)
                self._afterwards(self._say(self._catalog.say("telegram.group", locale), place))
            case _:
                return (await self._turns.take(meaning)).notice
        return ""

    def _afterwards(self, courtesy: Coroutine[None, None, None]) -> None:
        """Do what is nice to have without holding up the chat or the acknowledgement."""
        task = asyncio.create_task(courtesy)
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)

    async def _answer(self, query: str, notice: str) -> None:
        words = notice[:_NOTICE_LENGTH] or None
        try:
            await call(self._bot, "answerCallbackQuery", callback_query_id=query, text=words)
        except TelegramError as error:
            log.debug("a button press was not answered: %s", type(error).__name__)

    async def _say(self, words: str, *places: str) -> None:
        """Say a passing word at the first of these places where it can be said.

        One at a time to a place, and not to ever so many: a command in a group may come from anybody.
        """
        if not words or self._saying & set(places) or len(self._saying) >= _SAID_AT_ONCE:
            return
        self._saying.update(places)
        try:
            await self._say_at_first(words, places)
        finally:
            self._saying.difference_update(places)

    async def _say_at_first(self, words: str, places: Sequence[str]) -> None:
        for place in places:
            try:
                await self._pace.wait(int(place), urgent=True)
                await self._bot.send_message(int(place), words)
            except TelegramError as error:
                log.info("a passing word was not delivered: %s", type(error).__name__)
            else:
                return
