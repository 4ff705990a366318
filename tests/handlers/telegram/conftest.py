"""A Telegram on a loopback port, the bot behind it, and the catalogue it speaks from."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from bot.catalog import Catalog, load
from handlers.telegram import Backoff, Pace, build_bot
from sandbox.serve import serve
from sandbox.telegram import TelegramSandbox
from tests.sandbox.conftest import TOKEN, Clock
from tests.stage.unpaced import Unpaced

SOON = Backoff(first=0.01, longest=0.05)


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
async def bot(telegram_url: str) -> AsyncIterator[Bot]:
    async with build_bot(TOKEN, telegram_url) as bot:
        yield bot


@pytest.fixture
async def pace() -> Pace:
    return Unpaced(asyncio.get_running_loop())


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load()
