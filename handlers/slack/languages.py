"""Which language each person has set in Slack."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.tasks import Tasks

log = logging.getLogger(__name__)

_PATIENCE = 0.5
_KNOWN_FOR = timedelta(hours=12)
_UNKNOWN_FOR = timedelta(minutes=5)
_MOST = 10_000


class Languages:
    """Asks Slack once per person and half day. What it cannot learn in half a second is None this time."""

    def __init__(self, client: AsyncWebClient, tasks: Tasks, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._tasks = tasks
        self._clock = clock
        self._known: OrderedDict[str, tuple[str | None, datetime]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[str | None]] = {}

    def known(self, account: str) -> str | None:
        """The person's language as far as it was learnt before, or None."""
        return self._known.get(account, (None, None))[0]

    async def of(self, account: str) -> str | None:
        """The person's language as Slack writes it (`es-ES`), or None."""
        known = self._known.get(account)
        if known is not None and self._clock() < known[1]:
            return known[0]
        asking = self._asking.get(account) or self._ask(account)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.shield(asking)
        except TimeoutError:
            return None

    def _ask(self, account: str) -> asyncio.Task[str | None]:
        asking = self._asking[account] = self._tasks.start(self._learn(account))
        asking.add_done_callback(lambda _: self._asking.pop(account, None))
        return asking

    async def _learn(self, account: str) -> str | None:
        try:
            answer = await self._client.users_info(user=account, include_locale=True)
            user = answer.get("user") or {}
            language, known_for = user.get("locale"), _KNOWN_FOR
        except FAILURES as error:
            log.info("a person's language is not known: %s", error_code(error))
            language, known_for = None, _UNKNOWN_FOR
        self._known[account] = (language, self._clock() + known_for)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return language
