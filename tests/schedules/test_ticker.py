"""The heartbeat."""

import asyncio
import logging
from datetime import datetime, timedelta, tzinfo
from time import monotonic

import pytest
from typing_extensions import override

from schedules import ticker as module
from schedules.clock import system_clock
from schedules.ticker import Tick, Ticker
from tests.stage.waiting import until


async def test_ticks_come_again_and_again() -> None:
    three, done = asyncio.Event(), []

    async def tick() -> None:
        done.append(1)
        if len(done) == 3:
            three.set()

    ticker = Ticker([Tick("test", 0.01, tick)])
    ticker.start()
    async with asyncio.timeout(5):
        await three.wait()
    await ticker.close()
    assert ticker.is_on_time()


async def test_the_first_tick_comes_at_once() -> None:
    begun = asyncio.Event()

    async def tick() -> None:
        begun.set()

    ticker = Ticker([Tick("test", 3600, tick)])
    ticker.start()
    async with asyncio.timeout(5):
        await begun.wait()
    await ticker.close()


async def test_a_failing_tick_is_logged_and_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    again, tries = asyncio.Event(), []

    async def tick() -> None:
        tries.append(1)
        if len(tries) == 2:
            again.set()
        raise ValueError("defect")

    caplog.set_level(logging.ERROR)
    ticker = Ticker([Tick("test", 0.01, tick)])
    ticker.start()
    async with asyncio.timeout(5):
        await again.wait()
    await ticker.close()
    assert "test failed and is tried again" in caplog.text


async def test_closing_lets_the_running_tick_finish() -> None:
    begun, go_on, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def tick() -> None:
        begun.set()
        await go_on.wait()
        finished.set()

    ticker = Ticker([Tick("test", 0.01, tick)])
    ticker.start()
    async with asyncio.timeout(5):
        await begun.wait()
        closing = asyncio.create_task(ticker.close())
        go_on.set()
        await closing
    assert finished.is_set()


async def test_one_tick_never_runs_twice_at_once() -> None:
    running, most, enough = [0], [0], asyncio.Event()

    async def tick() -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        await asyncio.wait({asyncio.ensure_future(enough.wait())}, timeout=0.05)
        running[0] -= 1
        if most[0] and running[0] == 0:
            enough.set()

    ticker = Ticker([Tick("test", 0.01, tick)])
    ticker.start()
    async with asyncio.timeout(5):
        await enough.wait()
    await ticker.close()
    assert most == [1]


async def test_a_tick_that_hangs_is_given_up_and_comes_again_while_the_others_go_on() -> None:
    begun, came_again, others = asyncio.Event(), asyncio.Event(), []

    async def hangs_once() -> None:
        if begun.is_set():
            came_again.set()
            return
        begun.set()
        await asyncio.Event().wait()

    async def other() -> None:
        others.append(1)

    ticker = Ticker([Tick("hangs once", 0.01, hangs_once), Tick("other", 0.01, other)])
    ticker.start()
    async with asyncio.timeout(5):
        await begun.wait()
        ticker.pulse.time = lambda: monotonic() + 299
        assert "hangs once" not in ticker.pulse.silent()
        ticker.pulse.time = lambda: monotonic() + 301
        assert not ticker.is_on_time()
        await ticker.restart()
        await came_again.wait()
        done = len(others)
        await until(lambda: len(others) > done)
    await ticker.close()
    assert ticker.is_on_time()


async def test_a_heartbeat_that_stopped_is_silent_and_beats_again_after_a_restart() -> None:
    done: list[int] = []

    async def tick() -> None:
        done.append(1)

    ticker = Ticker([Tick("test", 0.01, tick)])
    ticker.start()
    await until(lambda: bool(done))
    ticker._scheduler._stop_timer()
    ticker.pulse.time = lambda: monotonic() + 31
    assert not ticker.is_on_time()
    before = len(done)
    await ticker.restart()
    await until(lambda: len(done) > before)
    assert ticker.is_on_time()
    await ticker.close()


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1)])
async def test_a_clock_that_is_put_does_not_stop_the_ticks(
    jump: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    skew, done = [timedelta()], []

    class Shown(datetime):
        @override
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return system_clock() + skew[0]

    async def tick() -> None:
        done.append(1)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Shown)
    monkeypatch.setattr(module, "system_clock", Shown.now, raising=False)
    ticker = Ticker([Tick("test", 0.01, tick)])
    ticker.start()
    await until(lambda: len(done) > 1)
    skew[0] = jump
    before = len(done)
    await until(lambda: len(done) > before + 2)
    await ticker.close()


async def test_a_clock_that_cannot_be_followed_is_told_once_and_followed_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[int] = []

    def unreadable() -> datetime:
        looks.append(1)
        raise OSError("no clock")

    async def tick() -> None:
        """Nothing to do."""

    monkeypatch.setattr(module, "_LOOK_AT_CLOCK_SECONDS", 0.001)
    ticker = Ticker([Tick("test", 3600, tick)])
    with monkeypatch.context() as broken:
        broken.setattr(module, "system_clock", unreadable)
        ticker.start()
        await until(lambda: len(looks) > 2)
        assert not ticker.is_on_time()
    await until(ticker.is_on_time)
    await ticker.close()
    assert caplog.text.count("the clock cannot be followed") == 1
