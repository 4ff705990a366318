"""What every listener works with, and how each of them speaks to the person in front of it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.catalog import Catalog
from bot.turns import DigestDesk, Lab, Turns
from handlers.slack.languages import Languages
from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.payload import Payload
from handlers.slack.tasks import Tasks
from handlers.slack.text import escaped
from storage.database import Database

log = logging.getLogger(__name__)

T = TypeVar("T")

# Slack wants its answer within three seconds, of which learning the language may have taken half of one.
_IN_TIME = 2.0


@dataclass(frozen=True, slots=True)
class Collaborators:
    """Everything a listener needs, and nothing that knows it is Slack's but the client."""

    client: AsyncWebClient
    session: aiohttp.ClientSession
    turns: Turns
    database: Database
    catalog: Catalog
    lab: Lab
    digests: DigestDesk
    clock: Callable[[], datetime]
    tasks: Tasks
    languages: Languages

    async def locale(self, account: str) -> str:
        """The locale to speak with this person."""
        return self.catalog.locale_for(await self.languages.of(account), self.lab.locale)

    async def in_time(self, work: Coroutine[object, object, T]) -> T:
        """What `work` comes to before Slack stops waiting, else TimeoutError; the work goes on."""
        task = self.tasks.start(work)
        async with asyncio.timeout(_IN_TIME):
            return await asyncio.shield(task)

    async def whisper(self, payload: Payload, words: str) -> None:
        """Say something that only the person who did this sees; where Slack has no such place, write to them.

        Trouble is logged and otherwise ignored: nothing depends on these words.
        """
        try:
            if url := payload.word("response_url"):
                answer = {"response_type": "ephemeral", "replace_original": False, "text": escaped(words)}
                async with self.session.post(url, json=answer) as taken:
                    taken.raise_for_status()
            elif payload.account:
                await self.client.chat_postMessage(channel=payload.account, text=escaped(words))
        except FAILURES as error:
            log.warning("a person could not be told: %s", error_code(error))
