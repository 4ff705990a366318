"""Two people, or the laboratory and a person, in the very same moment."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from bot.dialog import engine
from bot.dialog.event import Due
from storage.tables import Consent, FollowUp, Response, Visit
from tests.bot.turns.conftest import PATIENT, Laboratory

STRANGER = "2002"


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let two turns read what they decide by before either writes, unless one of them has to wait anyway."""

    def prepare() -> None:
        both, whole = threading.Barrier(2), engine.step

        def step(*arguments: object, **named: object) -> engine.Turn:
            with suppress(threading.BrokenBarrierError):
                both.wait(0.3)
            return whole(*arguments, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(engine, "step", step)

    return prepare


async def test_a_link_opened_by_two_is_good_for_the_first_to_agree(
    laboratory: Laboratory, meet: Callable[[], None]
) -> None:
    token = await laboratory.visit()
    await laboratory.start(token)
    await laboratory.start(token, who=STRANGER)
    pressed = [(await laboratory.button("Yes", who), who) for who in (PATIENT, STRANGER)]
    meet()
    await asyncio.gather(*(laboratory.press(data, who=who) for data, who in pressed))
    assert len(await laboratory.rows(Response)) == 1
    (visit,) = [one for one in await laboratory.rows(Visit) if isinstance(one, Visit)]
    assert visit.consent is Consent.GIVEN


async def test_of_two_buttons_of_one_question_pressed_at_once_one_counts(
    laboratory: Laboratory, meet: Callable[[], None]
) -> None:
    await laboratory.enrol()
    pressed = [await laboratory.button(label) for label in ("4", "5")]
    meet()
    outcomes = await asyncio.gather(*(laboratory.press(data) for data in pressed))
    assert sorted(bool(one.notice) for one in outcomes) == [False, True]


async def test_results_that_come_while_somebody_agrees_are_asked_about(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    await laboratory.start(await laboratory.visit())
    yes = await laboratory.button("Yes")
    agreeing, reported, whole = threading.Event(), threading.Event(), engine.step

    def step(*arguments: object, **named: object) -> engine.Turn:
        agreeing.set()
        reported.wait(0.3)
        return whole(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "step", step)
    pressing = asyncio.create_task(laboratory.press(yes))
    assert await asyncio.to_thread(agreeing.wait, 5)
    reporting = asyncio.create_task(laboratory.results())
    reporting.add_done_callback(lambda _: reported.set())
    await asyncio.gather(pressing, reporting)
    follow_ups = [one for one in await laboratory.rows(FollowUp) if isinstance(one, FollowUp)]
    assert Due.ASK in {one.due for one in follow_ups}
