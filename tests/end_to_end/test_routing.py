"""The routing file in a running bot: thanks and complaints reach the rooms it names."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.app import open_core
from tests.stage.desk import report, words
from tests.stage.world import PHYSICIAN, TRIAGE, World

ROUTING = """
departments:
  bench: {room: C0BENCH}
kudos: {room: C0KUDOS}
safety_words: {en: [never reached]}
on_call: C0ONCALL
"""


@pytest.fixture
def routed(around: World, tmp_path: Path) -> World:
    file = tmp_path / "routing.yaml"
    file.write_text(ROUTING, encoding="utf-8")
    around.settings = around.settings.model_copy(update={"routing_file": file})
    return around


async def test_each_room_of_the_file_gets_what_is_its_own(routed: World) -> None:
    bench, kudos, on_call = (
        routed.slack.room(f"C0{name.upper()}", name=name) for name in ("bench", "kudos", "oncall")
    )
    async with routed.running():
        await report(routed)
        physician = routed.slack.person(PHYSICIAN, name="Dr Osei")
        physician.close()
        physician.command(TRIAGE, "/lab-praise")
        await physician.wait_for(lambda one: one.modal is not None)
        physician.fill({"words": "The courier waited for us in the rain."})
        assert await physician.submit() is None
        await routed.quiet()
    assert "never reached the bench" in words(bench.messages[0])
    assert "never reached the bench" in words(on_call.messages[0])
    assert "waited for us in the rain" in words(kudos.messages[0])
    assert routed.triage.messages == []


async def test_without_slack_nothing_is_left_for_its_rooms(routed: World) -> None:
    alone = routed.settings.model_copy(update={"slack_bot_token": None, "slack_app_token": None})
    async with AsyncExitStack() as stack:
        core = await open_core(alone, routed.clock, stack)
    assert core.lab.rooms_that_matter == frozenset()
    assert core.lab.routing.is_about_safety("It never reached anybody")
