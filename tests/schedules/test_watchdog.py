"""The watchdog: what is silent is restarted, alone, and nobody is blamed for a machine that stood still."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.pulse import Pulse
from schedules.watchdog import Watchdog
from tests.stage.waiting import until


@dataclass(slots=True)
class Part:
    """A part whose clock stands still until it is told otherwise."""

    now: float = 0.0
    restarted: int = 0
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: Exception | None = None
    pulse: Pulse = field(init=False)

    def __post_init__(self) -> None:
        self.pulse = Pulse(90, lambda: self.now)
        self.pulse.beat()
        self.may_end.set()

    async def restart(self) -> None:
        self.restarted += 1
        await self.may_end.wait()
        trouble, self.trouble = self.trouble, None
        if trouble:
            raise trouble
        self.pulse.beat()


@dataclass(slots=True)
class Yard:
    """Two parts and the dog that looks after them; `looks` are what it told of each look."""

    ears: Part = field(default_factory=Part)
    mouth: Part = field(default_factory=Part)
    looks: list[float] = field(default_factory=list)
    dog: Watchdog = field(init=False)

    def __post_init__(self) -> None:
        self.dog = Watchdog({"ears": self.ears, "mouth": self.mouth}, self.looks.append)

    async def after_looks(self, count: int = 3) -> None:
        seen = len(self.looks)
        await until(lambda: len(self.looks) >= seen + count)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schedules.watchdog._LOOK_SECONDS", 0.001)


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    made = Yard()
    made.dog.start()
    yield made
    await made.dog.close()


async def test_a_part_that_shows_signs_of_life_is_left_alone(yard: Yard) -> None:
    for yard.ears.now in (0.0, 60.0, 120.0, 180.0):
        yard.ears.pulse.beat()
        await yard.after_looks()
    assert yard.dog.restarts == {"ears": 0, "mouth": 0}


async def test_a_silent_part_is_restarted_once_and_no_other(yard: Yard) -> None:
    yard.ears.now = 200.0
    await until(lambda: yard.ears.restarted == 1)
    await yard.after_looks()
    assert yard.dog.restarts == {"ears": 1, "mouth": 0}
    assert yard.dog.standing() == (True, "restarted since the start: ears 1")


async def test_a_part_at_rest_is_not_silent(yard: Yard) -> None:
    yard.ears.pulse.beat(rest=300)
    yard.mouth.pulse.done()
    yard.ears.now, yard.mouth.now = 389.0, 10_000.0
    await yard.after_looks()
    assert yard.dog.restarts == {"ears": 0, "mouth": 0}


async def test_a_part_that_does_not_end_is_not_begun_again_and_is_not_ready(yard: Yard) -> None:
    yard.ears.may_end.clear()
    yard.ears.now = 200.0
    await until(lambda: yard.ears.restarted == 1)
    yard.mouth.now = 200.0
    await until(lambda: yard.mouth.restarted == 1)
    await yard.after_looks()
    assert yard.dog.standing() == (False, "restarted since the start: ears 1, mouth 1")
    yard.ears.may_end.set()
    await until(lambda: yard.dog.standing()[0])


async def test_a_restart_that_fails_is_tried_again(yard: Yard, caplog: pytest.LogCaptureFixture) -> None:
    yard.ears.trouble = RuntimeError("no more sockets")
    yard.ears.now = 200.0
    await until(lambda: yard.dog.restarts["ears"] == 2)
    await yard.after_looks()
    assert "ears could not be restarted" in caplog.text
    assert yard.dog.standing() == (True, "restarted since the start: ears 2")


async def test_nobody_is_blamed_while_the_whole_process_stood_still() -> None:
    yard = Yard()
    yard.ears.now = 200.0
    yard.dog._look(late=150.0)
    await asyncio.sleep(0)
    assert (yard.ears.restarted, yard.looks) == (0, [150.0])
    yard.dog._look(late=0.0)
    await asyncio.sleep(0)
    assert yard.ears.restarted == 0


async def test_a_look_that_fails_is_told_once_and_looking_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    looks: list[float] = []
    broken = asyncio.Event()
    broken.set()

    def lagged(late: float) -> None:
        looks.append(late)
        if broken.is_set():
            raise RuntimeError("no such gauge")

    dog = Watchdog({}, lagged)
    dog.start()
    await until(lambda: len(looks) > 2)
    assert dog.standing() == (False, "does not see how the parts are")
    broken.clear()
    await until(lambda: dog.standing()[0])
    await dog.close()
    assert caplog.text.count("the watchdog could not look") == 1


async def test_a_watchdog_that_no_longer_looks_is_not_ready(yard: Yard) -> None:
    await yard.after_looks()
    assert yard.dog._looking is not None
    yard.dog._looking.cancel()
    await until(lambda: not yard.dog.standing()[0])
