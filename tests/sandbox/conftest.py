"""A Telegram and a Slack on loopback ports, and a clock that only moves when told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from telegram import Bot

from sandbox.serve import serve
from sandbox.telegram import Person, TelegramSandbox

TOKEN = "7000000001:test-token"


@dataclass(slots=True)
class Clock:
    """Stands still at Monday 09:00 until moved."""

    time: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def telegram(clock: Clock) -> AsyncIterator[TelegramSandbox]:
    sandbox = TelegramSandbox(TOKEN, now=clock.now, webhook_retry=0.01)
    yield sandbox
    await sandbox.aclose()


@pytest.fixture
async def telegram_url(telegram: TelegramSandbox) -> AsyncIterator[str]:
    async with serve(telegram.app) as url:
        yield url


@pytest.fixture
async def bot(telegram_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    # Without it python-telegram-bot warns, and so fails here, whenever it makes a RetryAfter.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with Bot(TOKEN, base_url=f"{telegram_url}/bot", base_file_url=f"{telegram_url}/file/bot") as bot:
        yield bot


@pytest.fixture
def ana(telegram: TelegramSandbox) -> Person:
    return telegram.person(101, first_name="Ana", language_code="es")
