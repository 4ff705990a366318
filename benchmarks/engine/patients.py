"""Patients who answer a survey, turn by turn, and a platform that is no hindrance."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from unittest.mock import patch
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from bot.catalog import Catalog
from bot.channels import DeliveryOutcome, Sent
from bot.dialog.event import Chose, Event, Started
from bot.dialog.message import Message
from bot.turns import Lab, Turns
from schedules.clock import system_clock
from storage import visits
from storage.database import Database, Session

PATIENTS = 32
LAB = Lab("City Laboratory", ZoneInfo("UTC"), "en")


@dataclass(slots=True)
class Patients:
    """Patients who agree to be asked, find everything very good, and write nothing."""

    database: Database
    catalog: Catalog
    enqueue: Callable[..., object]
    turns: int = 0
    _newest: dict[UUID, Message] = field(default_factory=dict)

    async def all_answer(self) -> None:
        """All of them at once."""
        tokens = [await self._token() for _ in range(PATIENTS)]
        with patch("storage.outbox.enqueue", self._enqueue):
            await asyncio.gather(*map(self._answer, tokens))

    def _enqueue(self, session: Session, contact_id: UUID, message: Message, *rest: Any) -> object:
        self._newest[contact_id] = message
        return self.enqueue(session, contact_id, message, *rest)

    async def _token(self) -> str:
        now = system_clock()
        return (await self.database.run(visits.add, str(uuid7()), "North", now, now)).token

    async def _answer(self, token: str) -> None:
        account, addressed = str(uuid7()), list[UUID]()
        turns = Turns(self.database, self.catalog, LAB, system_clock, lambda ids, _: addressed.extend(ids))
        event: Event = Started(event_id=str(uuid7()), channel="telegram", account=account, token=token)
        while True:
            await turns.take(event)
            self.turns += 1
            buttons = [button for row in self._newest[addressed[-1]].buttons for button in row]
            if not buttons:
                return
            scores = [one for one in buttons if one.label.isdigit()]
            button = (scores or [one for one in buttons if one.label in ("Yes", "Skip")])[-1]
            event = Chose(event_id=str(uuid7()), channel="telegram", account=account, data=button.data)


class AtOnce:
    """A platform that takes every message at once, and remembers when."""

    name = "telegram"

    def __init__(self) -> None:
        self.sent: list[float] = []

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
        self.sent.append(perf_counter())
        return Sent(str(len(self.sent)))
