"""The laboratory of the demo: it collects samples, delivers results, and owns the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

import aiohttp

from sandbox.fortnight_words import SITES

_PATIENCE = aiohttp.ClientTimeout(total=20)


class LaboratoryError(Exception):
    """The bot did not take what the laboratory told it; the message says what it answered."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One collected sample and the token that lets one person join on Telegram."""

    order: str
    site: str
    telegram_token: str


class Laboratory(Protocol):
    """What the laboratory panel of the page can do."""

    async def collect_sample(self) -> Visit:
        """Tell the bot of a new visit.

        Raises:
            LaboratoryError: the bot did not take it.
        """
        ...

    async def deliver_results(self, order: str) -> None:
        """Tell the bot that the final results of this order have been delivered.

        Raises:
            LaboratoryError: the bot did not take it.
        """
        ...

    async def advance(self, delta: timedelta) -> None:
        """Move the clock forward."""
        ...

    def now(self) -> datetime:
        """The present moment in the laboratory's timezone."""
        ...


class BotLaboratory:
    """A laboratory that talks to the bot's real LIS endpoints over HTTP, once `bot_url` is known."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        lis_token: str,
        *,
        now: Callable[[], datetime],
        shift: Callable[[timedelta], None],
    ) -> None:
        """Tell the time by `now`, which gives it in the lab's timezone, and move it by `shift`."""
        self.bot_url: str | None = None
        self._session = session
        self._headers = {"Authorization": f"Bearer {lis_token}"}
        self._now = now
        self._shift = shift
        self._numbers = count(1)

    def now(self) -> datetime:
        """The present moment in the laboratory's timezone."""
        return self._now()

    async def advance(self, delta: timedelta) -> None:
        """Move the clock forward."""
        self._shift(delta)

    async def collect_sample(self) -> Visit:
        """Post the visit to /lis/visits."""
        number = next(self._numbers)
        now = self._now()
        order = f"L{now:%y%m%d}-{number:03d}"
        site = SITES[(number - 1) % len(SITES)]
        answer = await self._post(
            "/lis/visits", {"order": order, "site": site, "collected_at": now.isoformat()}
        )
        return Visit(order, site, str(answer["token"]))

    async def deliver_results(self, order: str) -> None:
        """Post the results to /lis/results."""
        delivered = {"order": order, "status": "final", "delivered_at": self._now().isoformat()}
        await self._post("/lis/results", delivered)

    async def _post(self, path: str, body: dict[str, str]) -> dict[str, object]:
        if self.bot_url is None:
            raise LaboratoryError("The bot is still starting. Try again in a moment.")
        try:
            async with self._session.post(
                self.bot_url + path, json=body, headers=self._headers, timeout=_PATIENCE
            ) as response:
                text = await response.text()
                if response.status >= 400:
                    raise LaboratoryError(f"{path} answered {response.status}: {text[:200]}")
                answer: object = await response.json() if text else {}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise LaboratoryError(f"{path} could not be reached: {type(error).__name__}") from error
        if not isinstance(answer, dict):
            raise LaboratoryError(f"{path} answered something that is no JSON object.")
        return answer
