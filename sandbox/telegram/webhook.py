"""Updates pushed to the bot's webhook: one at a time, in order, again and again until it answers 2xx.

Any fault queued for `webhook` loses the answer to one of them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from sandbox.faults import Faults
from sandbox.telegram.updates import UpdateQueue
from sandbox.wire import Json

_ANSWER_WITHIN = aiohttp.ClientTimeout(total=60)


@dataclass(slots=True)
class Webhook:
    """The webhook and its deliveries; without a URL the bot polls."""

    updates: UpdateQueue
    faults: Faults
    now: Callable[[], datetime]
    retry_seconds: float
    url: str = ""
    secret: str | None = None
    max_connections: int = 40
    last_error: str | None = None
    last_error_at: datetime | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _delivering: asyncio.Task[None] | None = None

    def set(self, url: str, secret: str | None) -> None:
        """Deliver to `url` from now on; an empty one ends deliveries."""
        self.url = url
        self.secret = secret
        self.last_error = self.last_error_at = None
        self._changed.set()
        self.deliver()

    def deliver(self) -> None:
        """Start delivering what is pending, unless that is under way."""
        if self.url and self.updates.pending() and (self._delivering is None or self._delivering.done()):
            self._delivering = asyncio.get_running_loop().create_task(self._deliver())
            self._delivering.add_done_callback(self._delivered)

    async def aclose(self) -> None:
        """End deliveries for good."""
        self.url = ""
        if self._delivering is not None:
            self._delivering.cancel()
            await asyncio.gather(self._delivering, return_exceptions=True)

    @property
    def wire(self) -> Json:
        """The WebhookInfo object."""
        info: Json = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates.pending()),
        }
        if self.url:
            info["max_connections"] = self.max_connections
        if self.updates.allowed is not None:
            info["allowed_updates"] = sorted(self.updates.allowed)
        if self.last_error is not None and self.last_error_at is not None:
            info["last_error_message"] = self.last_error
            info["last_error_date"] = int(self.last_error_at.timestamp())
        return info

    def _delivered(self, task: asyncio.Task[None]) -> None:
        # An update may have come after the last look at the queue.
        if not task.cancelled():
            self.deliver()

    async def _deliver(self) -> None:
        # A connection for each, so that of several bots behind a balancer every one has its share.
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector, timeout=_ANSWER_WITHIN) as session:
            while self.url and (pending := self.updates.pending()):
                self._changed.clear()
                update = pending[0]
                failure = await self._post(session, update.wire)
                if self.faults.take("webhook") is not None:
                    failure = "Read timeout expired"
                if failure is None:
                    self.updates.forget([update.update_id])
                    continue
                self.last_error = failure
                self.last_error_at = self.now()
                await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self.retry_seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _post(self, session: aiohttp.ClientSession, update: Json) -> str | None:
        headers = {} if self.secret is None else {"X-Telegram-Bot-Api-Secret-Token": self.secret}
        try:
            async with session.post(self.url, json=update, headers=headers) as response:
                await response.read()
        except TimeoutError:
            return "Read timeout expired"
        except aiohttp.ClientConnectorError:
            return "Connection refused"
        except aiohttp.ClientError:
            return "Connection reset by peer"
        if response.status in range(200, 300):
            return None
        return f"Wrong response from the webhook: {response.status} {response.reason}"
