"""Whole lives of complaints in tests/transcripts/lives/: as everybody who has to do with them reads them."""

from itertools import cycle
from pathlib import Path
from typing import Literal

import pytest

from bot.complaints.terms import Role
from storage.encryption import generate_key
from tests.stage.life_stage import DOING, HEAD, ON_CALL, QUALITY, LifeStage
from tests.stage.script import LIVES, Script, perform, scripts
from tests.stage.world import NURSE, TRIAGE, world

# Each once, over both ways Slack can be connected: they are told apart by tests of their own.
EVERY = pytest.mark.parametrize(
    ("script", "slack"),
    list(zip(scripts(LIVES), cycle(("socket", "http")))),
    ids=lambda one: one.name if isinstance(one, Script) else one,
)
ROUTING = f"""
departments:
  bench: {{room: {TRIAGE}, head: {HEAD}}}
  phlebotomy: {{room: {TRIAGE}, head: {HEAD}}}
  front_desk: {{room: {TRIAGE}, head: {HEAD}}}
on_call: {ON_CALL}
"""
CALENDAR = """
holidays:
  - 2026-11-09
"""


@EVERY
async def test_life_of_a_complaint(
    script: Script, slack: Literal["socket", "http"], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    (tmp_path / "routing.yaml").write_text(ROUTING)
    (tmp_path / "calendar.yaml").write_text(CALENDAR)
    async with world(database_url=url, data_key=generate_key(), now=script.now, slack=slack) as around:
        around.settings = around.settings.model_copy(
            update={"routing_file": tmp_path / "routing.yaml", "calendar_file": tmp_path / "calendar.yaml"}
        )
        around.slack.room(ON_CALL, name="on-call")
        async with around.running():
            for who, role in ((NURSE, Role.STAFF), (HEAD, Role.MANAGER), (QUALITY, Role.QUALITY)):
                await around.appoint(who, role)
            heard = await perform(script, LifeStage(around), DOING)
    if request.config.getoption("--update-transcripts"):
        script.path.write_text(heard, encoding="utf-8")
    assert heard == script.path.read_text(encoding="utf-8")
