"""Digests whose chart cannot be drawn."""

from zoneinfo import ZoneInfo

import pytest

from bot.catalog import Catalog
from schedules.digests import chart, render
from schedules.digests.compose import Composer
from schedules.digests.drawing import DrawingFailed
from storage.database import Database
from storage.tables import Period
from tests.schedules.digests.conftest import HandClock
from tests.schedules.digests.test_chart import CHART


@pytest.mark.parametrize(
    "error", [DrawingFailed("input_value='my words'"), TimeoutError(), BlockingIOError("no more processes")]
)
async def test_a_digest_whose_chart_cannot_be_drawn_goes_without_it(
    database: Database,
    catalog: Catalog,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    async def fails(_: chart.Chart) -> bytes:
        raise error

    monkeypatch.setattr(render, "chart", lambda *_: CHART)
    composer = Composer(database, catalog, "Riverside Laboratory", fails)
    composed = await composer.up_to_now(Period.WEEK, ZoneInfo("Europe/Madrid"), "en", clock.now)
    assert composed.image is None
    assert not composed.message.has_image
    assert composed.message.title.startswith("Digest of the last 7 days")
    assert caplog.messages == [f"a digest goes without its chart: {type(error).__name__}"]
