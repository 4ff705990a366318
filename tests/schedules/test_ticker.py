"""The heartbeat."""

import asyncio
import logging
from time import monotonic

import pytest

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
