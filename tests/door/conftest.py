"""A laboratory whose every way in is open: webhook, signed events, laboratory system, pages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.encryption import generate_key
from tests.stage.world import World, world

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    return tmp_path / "labvoice.db"


@pytest.fixture
async def around(database_file: Path) -> AsyncIterator[World]:
    """A world in which the bot runs, with a webhook and signed events."""
    made = world(
        database_url=f"sqlite:///{database_file}",
        data_key=generate_key(),
        now=MONDAY,
        telegram="webhook",
        slack="http",
    )
    async with made as here, here.running():
        yield here
