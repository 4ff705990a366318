"""Work that outlives its request."""

import asyncio
from typing import NoReturn

import pytest

from handlers.slack.tasks import Tasks


async def test_work_begun_by_other_work_is_waited_for() -> None:
    tasks, done = Tasks(), []

    async def second() -> None:
        done.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        tasks.leave(second())

    tasks.leave(first())
    await tasks.drain(5)
    assert done == ["second"]


async def test_work_that_takes_too_long_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()
    endless = tasks.start(asyncio.Event().wait())
    await tasks.drain(0.01)
    assert endless.cancelled()
    assert caplog.messages == ["1 unfinished Slack tasks are given up"]


async def test_work_left_to_itself_says_when_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> NoReturn:
        raise RuntimeError("a defect")

    tasks = Tasks()
    tasks.leave(fails())
    await tasks.drain(5)
    await asyncio.sleep(0)
    assert caplog.messages == ["a Slack task failed"]
