"""What every listener works with, and how each of them speaks to the person in front of it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.catalog import Catalog, Replies
from bot.turns import DigestDesk, Lab, Turns
from handlers.slack.languages import Languages
from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.payload import Payload
from handlers.slack.tasks import Tasks
from handlers.slack.text import escaped
from storage.database import Database, DatabaseUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

# People look at a spinning button until Slack has its answer, and Slack itself gives up after three seconds.
_MOMENT = 0.25


@dataclass(frozen=True, slots=True)
class Collaborators:
    """Everything a listener needs, and nothing that knows it is Slack's but the client."""

    client: AsyncWebClient
    session: aiohttp.ClientSession
    turns: Turns
    database: Database
    catalog: Catalog
    replies: Replies
    lab: Lab
    digests: DigestDesk
    clock: Callable[[], datetime]
    tasks: Tasks
    languages: Languages

    async def locale(self, account: str) -> str:
        """The locale to speak with this person."""
        return self.catalog.locale_for(await self.languages.of(account), self.lab.locale)

    def locale_now(self, account: str) -> str:
        """The locale to speak with this person as far as is known without asking Slack."""
        return self.catalog.locale_for(self.languages.known(account), self.lab.locale)

    async def begun(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Begin `work` and give it a moment to be done before Slack is answered; it goes on in any case."""
        task = self.tasks.start(work)
        await asyncio.wait({task}, timeout=_MOMENT)
        return task

    async def tell(self, payload: Payload, answer: asyncio.Task[str], meanwhile: str = "") -> None:
        """Say privately what `answer` comes to or that it failed, and `meanwhile` if it is not there yet."""
        if not answer.done() and meanwhile:
            await self.whisper(payload, meanwhile)
        try:
            words = await answer
        except DatabaseUnavailable as error:
            log.warning("%s could not be taken: %s", payload.event_id, error)
            words = self.catalog.say("slack.down", await self.locale(payload.account))
        except Exception:  # whatever it was, the person is told before it is logged
            words = self.catalog.say("slack.failed", await self.locale(payload.account))
            await self.whisper(payload, words)
            raise
        if words:
            await self.whisper(payload, words)

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
