"""Which language people have set in Slack: asked for rarely, and never waited for long."""

from collections.abc import AsyncIterator

import pytest

from handlers.slack.languages import Languages
from handlers.slack.tasks import Tasks
from sandbox.slack import Hang
from sandbox.slack import Status as HttpStatus
from tests.handlers.slack.conftest import Stage
from tests.stage.waiting import until


@pytest.fixture
async def languages(stage: Stage) -> AsyncIterator[Languages]:
    tasks = Tasks()
    yield Languages(stage.handler.client, tasks, stage.clock.now)
    await tasks.drain(5)


async def test_a_language_slack_is_slow_to_tell_is_waited_for_only_briefly(
    stage: Stage, languages: Languages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.slack.languages._PATIENCE", 0.01)
    stage.slack.faults.next("users.info", Hang(0.2))
    assert await languages.of("U0HOUSE") is None
    await until(lambda: not languages._asking)
    assert await languages.of("U0HOUSE") == "en-US"
    assert [call.method for call in stage.slack.calls].count("users.info") == 1


async def test_the_language_is_asked_for_again_after_half_a_day(stage: Stage, languages: Languages) -> None:
    await languages.of("U0HOUSE")
    await until(lambda: not languages._asking)  # a busy machine is not waited for by `of`
    stage.clock.advance(hours=13)
    await languages.of("U0HOUSE")
    await until(lambda: not languages._asking)
    assert [call.method for call in stage.slack.calls].count("users.info") == 2


async def test_a_language_slack_refuses_to_tell_is_asked_for_again_after_a_while(
    stage: Stage, languages: Languages
) -> None:
    stage.slack.faults.next("users.info", HttpStatus(200, "missing_scope"))
    assert await languages.of("U0HOUSE") is None
    assert await languages.of("U0HOUSE") is None
    stage.clock.advance(minutes=6)
    assert await languages.of("U0HOUSE") == "en-US"
    assert [call.method for call in stage.slack.calls].count("users.info") == 2


async def test_people_long_gone_are_forgotten(
    stage: Stage, languages: Languages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.slack.languages._MOST", 1)
    for account in ("U0HOUSE", "U0NURSE"):
        await languages.of(account)
    assert list(languages._known) == ["U0NURSE"]
