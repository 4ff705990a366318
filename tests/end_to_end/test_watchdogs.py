"""A part that hangs is restarted alone: what it had to do is done after all, once, and the others go on."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from time import monotonic
from unittest.mock import ANY

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.pulse import Pulse
from sandbox.faults import Hang
from sandbox.slack import Acked
from sandbox.telegram import Person
from schedules import follow_ups
from tests.stage.waiting import until, until_told
from tests.stage.world import PHYSICIAN, World

NONE = {"delivery": 0.0, "scheduler": 0.0, "telegram": 0.0, "slack": 0.0}


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schedules.watchdog._LOOK_SECONDS", 0.01)


async def after(around: World, part: str, seconds: float) -> None:
    """Let so much time go by for this part, and its restart come and go."""
    pulse: Pulse = around.bot.watchdog._parts[part].pulse
    assert not pulse.silent()
    pulse.time = lambda: monotonic() + seconds
    await until(lambda: around.bot.watchdog.restarts[part] == 1 and around.bot.watchdog.standing()[0])


async def restarts(around: World) -> dict[str, float]:
    families = {one.name: one for one in text_string_to_metric_families(await around.metrics())}
    samples = families["labvoice_watchdog_restarts"].samples
    return {one.labels["part"]: one.value for one in samples}


async def shown(around: World) -> object:
    return (await around.readiness())[1]["parts"]["watchdog"]["note"]


def heard(patient: Person) -> list[str]:
    return [one.text for one in patient.chat if one.by == "bot"]


async def test_polling_that_hangs(around: World) -> None:
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    async with around.running():
        assert await restarts(around) == NONE
        around.telegram.faults.next("getUpdates", Hang(600))
        patient.start(None)
        await until(lambda: not around.telegram.faults._queued["getUpdates"])
        patient.say("/complaint")
        await after(around, "telegram", 91)
        await around.quiet()
        assert len(heard(patient)) == 2
        assert await restarts(around) == NONE | {"telegram": 1.0}
        assert await shown(around) == "restarted since the start: telegram 1"
        await around.until_ready()


async def test_a_socket_that_is_alive_but_silent(around: World) -> None:
    physician = around.slack.person(PHYSICIAN, name="Dr Osei")
    async with around.running():
        around.slack.silence_connections()
        said = physician.say(physician.direct, "Hello?")
        await after(around, "slack", 91)
        assert isinstance(await said, Acked)
        await around.quiet()
        assert [one.text for one in physician.direct.messages] == ["Hello?", ANY]
        assert await restarts(around) == NONE | {"slack": 1.0}
        await around.until_ready()


async def said_in(page: Awaitable[str], line: str) -> bool:
    return line in await page


async def test_a_send_that_never_returns(around: World) -> None:
    ana = around.telegram.person(1001, first_name="Ana", language_code="en")
    ben = around.telegram.person(1002, first_name="Ben", language_code="en")
    async with around.running():
        around.telegram.faults.next("sendMessage", Hang(600))
        ana.start(None)
        await until(lambda: any(call.method == "sendMessage" for call in around.telegram.calls))
        ben.start(None)
        sent = 'labvoice_deliveries_total{channel="telegram",outcome="sent"} 1.0'
        await until_told(lambda: said_in(around.metrics(), sent))
        await after(around, "delivery", 181)
        around.now += timedelta(seconds=2)
        await around.quiet()
        assert (len(heard(ana)), len(heard(ben))) == (1, 1)
        assert await restarts(around) == NONE | {"delivery": 1.0}
        assert 'labvoice_deliveries_total{channel="telegram",outcome="unknown"} 1.0' in await around.metrics()


async def test_a_tick_that_hangs(around: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, came_again = asyncio.Event(), asyncio.Event()

    async def hangs_once(*_: object) -> int:
        if begun.is_set():
            came_again.set()
            return 0
        begun.set()
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(follow_ups, "take_due", hangs_once)
    async with around.running(), asyncio.timeout(10):
        await begun.wait()
        await after(around, "scheduler", 301)
        await came_again.wait()
        assert await restarts(around) == NONE | {"scheduler": 1.0}
        await around.until_ready()
