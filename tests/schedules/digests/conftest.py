"""What the digest's tests share: the real wording, a laboratory, and a clock that is set by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.catalog import Catalog, load
from bot.turns import Lab


@dataclass
class HandClock:
    """Shows `now`, which the test sets."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load()


@pytest.fixture
def lab() -> Lab:
    return Lab("Riverside Laboratory", ZoneInfo("Europe/Madrid"), "en")


@pytest.fixture
def clock() -> HandClock:
    """Sunday, 22 November 2026, 11:40 in Madrid."""
    return HandClock(datetime(2026, 11, 22, 10, 40, tzinfo=UTC))
