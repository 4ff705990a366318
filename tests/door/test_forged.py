"""Forged requests by the thousand: none is taken, none breaks anything."""

import asyncio
import hmac
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.complaints.terms import Role
from storage import contacts
from storage.database import Session
from tests.door.day import ANA, BEA, FORMER, morning
from tests.door.forger import Forged, Loot
from tests.door.inside import Inside
from tests.door.ledger import Ledger, Rows
from tests.door.outside import Outside
from tests.door.recorder import recorded
from tests.stage.outgoing import UUID
from tests.stage.world import World

BATCH = 200


@dataclass(slots=True)
class BreakIn:
    """Somebody forging what was asked of the bot that morning, and the database they try to change."""

    around: World
    outsider: Outside
    insider: Inside
    client: httpx.AsyncClient
    ledger: Ledger
    before: Rows
    version: int
    former: object
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    async def outside(self, number: int) -> list[str]:
        """Send what nothing at all may come of; what came of it."""
        await self._send(self.outsider.forge, number)
        return [] if self.ledger.version() == self.version else ["something was written"]

    async def inside(self, number: int) -> list[str]:
        """Send what is not theirs to do, though it truly comes from where it says; what came of it."""
        await self._send(self.insider.forge, number)
        return self.ledger.changes(self.before, {self.former})

    async def _send(self, make: Callable[[], Forged], number: int) -> None:
        await asyncio.gather(*(self._ask(make()) for _ in range(number)))
        await self.around.quiet()
        # So that links are looked up again; 17 hours for 100,000, in which nothing falls due.
        self.around.now += timedelta(minutes=2)

    async def _ask(self, forged: Forged) -> None:
        one = forged.asked
        headers = [(name.encode(), value.encode("latin-1")) for name, value in one.headers.items()]
        answer = await self.client.request(one.method, one.path, content=one.body, headers=headers)
        self.answers[forged.kind, answer.status_code] += 1


@asynccontextmanager
async def break_in(around: World, file: Path, seed: int) -> AsyncIterator[BreakIn]:
    """The forger at the door of a bot after its morning."""
    with recorded() as real:
        await morning(around)
    await around.quiet()
    chats = [around.telegram.person(one, first_name="").chat for one in (ANA, BEA)]
    buttons = [one.data for chat in chats for row in chat[-1].buttons for one in row if one.data]
    shown = str([card.blocks for card in around.triage.messages])
    complaints = sorted(set(re.findall(rf"complaint\.\w+\.({UUID})", shown)))
    loot = Loot(real, buttons, complaints)

    def now() -> float:
        return around.now.timestamp()

    transport = httpx.ASGITransport(around.bot.web, raise_app_exceptions=False)
    former = await around.bot.core.database.read(_id, FORMER)
    with closing(Ledger(file)) as ledger:
        async with httpx.AsyncClient(transport=transport, base_url="http://labvoice") as client:
            forgers = Outside(loot, seed, now), Inside(loot, seed, now)
            yield BreakIn(around, *forgers, client, ledger, ledger.rows(), ledger.version(), former)


def _id(session: Session, account: str) -> object:
    contact = contacts.find(session, "slack", account)
    assert contact is not None
    return contact.id.hex


async def test_forged_requests_are_not_taken(
    around: World, database_file: Path, request: pytest.FixtureRequest
) -> None:
    wanted, seed = request.config.getoption("--forged"), request.config.getoption("--seed")
    async with break_in(around, database_file, seed) as thief:
        for way in (thief.outside, thief.inside):
            for start in range(0, wanted // 2, BATCH):
                found = await way(min(BATCH, wanted // 2 - start))
                assert found == [], f"--seed {seed}, {way.__name__}, from request {start} on"
    print(f"\nseed {seed}: {thief.answers.total()} forged requests, 0 accepted")
    for (kind, status), count in sorted(thief.answers.items()):
        print(f"  {count:7} {status} {kind}")
    assert [one for one in thief.answers if one[1] >= 500] == []


async def test_an_unlocked_door_is_noticed(
    around: World, database_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with break_in(around, database_file, seed=1) as thief:
        monkeypatch.setattr(contacts, "role_of", lambda *_: Role.STAFF)
        assert await thief.inside(BATCH) != []
        monkeypatch.setattr(hmac, "compare_digest", lambda *_: True)
        assert await thief.outside(BATCH) != []
