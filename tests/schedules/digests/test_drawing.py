"""Charts drawn in processes of their own."""

import sys
from typing import NoReturn

import pytest

from schedules.digests import chart, drawing
from schedules.digests.drawing import Apart, DrawingFailed
from tests.schedules.digests.test_chart import CHART


async def test_a_chart_is_drawn_by_another_process_as_by_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    here = chart.draw(CHART)

    def cannot(_: chart.Chart) -> NoReturn:
        raise AssertionError("drawn where patients' answers wait for it")

    monkeypatch.setattr(chart, "draw", cannot)
    monkeypatch.setattr(drawing, "draw", cannot)
    assert await Apart().draw(CHART) == here


async def test_a_process_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_COMMAND", (sys.executable, "-c", "raise MemoryError('too high')"))
    with pytest.raises(DrawingFailed, match=r"^MemoryError: too high$"):
        await Apart().draw(CHART)


async def test_a_process_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(drawing, "_PATIENCE_SECONDS", 0.2)
    with pytest.raises(TimeoutError):
        await Apart().draw(CHART)
