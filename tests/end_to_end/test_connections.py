"""Either platform may be absent, and /readyz says when one that is there cannot reach us."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import running
from bot.turns import UNSEEN
from sandbox.faults import Hang
from storage.encryption import generate_key
from tests.end_to_end.conftest import MONDAY
from tests.stage.world import PHYSICIAN, TRIAGE, World, free_port, world

COMPLAINT = ("/complaint", "The tube was lost", "other", "small", "yes")
ISSUE = {"category": "it", "phase": "general", "severity": "minor", "happened": "The printer is silent"}


async def test_telegram_alone_takes_a_complaint_and_stays_ready(around: World) -> None:
    around.settings = around.settings.model_copy(update={"slack_bot_token": None, "slack_app_token": None})
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    async with around.running():
        for words in COMPLAINT:
            patient.say(words)
            await around.quiet()
        assert "C-2026-000001" in patient.chat[-1].text
        around.now += timedelta(hours=1)
        status, body = await around.readiness()
        assert (status, "slack" in body["parts"]) == (200, False)


async def test_the_operator_is_told_that_complaints_are_shown_nowhere(
    around: World, caplog: pytest.LogCaptureFixture
) -> None:
    around.settings = around.settings.model_copy(update={"slack_triage_room": None})
    async with around.starting():
        pass
    assert f"No SLACK_TRIAGE_ROOM: {UNSEEN}" in caplog.messages


async def test_the_operator_is_told_nothing_where_there_is_a_room(
    around: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with around.starting():
        pass
    assert "SLACK_TRIAGE_ROOM" not in caplog.text


async def test_slack_alone_takes_an_issue_and_visits_wait_for_telegram(around: World) -> None:
    around.settings = around.settings.model_copy(update={"telegram_bot_token": None})
    physician = around.slack.person(PHYSICIAN, name="Dr Osei")
    async with around.running():
        physician.command(TRIAGE, "/lab-issue")
        await physician.wait_for(lambda one: one.modal is not None)
        physician.fill(ISSUE)
        assert await physician.submit() is None
        await around.quiet()
        assert len(around.triage.messages) == 1
        assert (await around.collect())["telegram_url"] is None
        status, body = await around.readiness()
        assert (status, "telegram" in body["parts"]) == (200, False)


async def test_a_channel_taken_away_does_not_keep_the_bot_from_being_ready(around: World) -> None:
    async with around.running():
        around.slack.faults.down = True
        patient = around.telegram.person(1001, first_name="Ana", language_code="en")
        for words in COMPLAINT:
            patient.say(words)
            await around.quiet()
    around.settings = around.settings.model_copy(update={"slack_bot_token": None, "slack_app_token": None})
    async with around.running():
        around.now += timedelta(hours=1)
        assert (await around.readiness())[0] == 200


async def test_telegram_is_not_ready_before_it_knows_the_webhook(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    async with world(database_url=url, data_key=generate_key(), now=MONDAY, telegram="webhook") as around:
        around.telegram.faults.next("setWebhook", Hang(1))
        async with around.starting():
            menus = 1 + len(around.bot.core.catalog.locales)
            calls = around.telegram.calls
            await around.telegram.changes.until(
                lambda: sum(call.method == "setMyCommands" for call in calls) == menus, 5
            )
            for _ in range(10):
                assert (await around.readiness())[1]["parts"]["telegram"]["ready"] is False
            await around.until_ready()


async def test_a_slow_message_is_sent_by_one_of_two_replicas(postgres_url: str) -> None:
    async with world(
        database_url=postgres_url, data_key=generate_key(), now=MONDAY, telegram="webhook", slack="http"
    ) as around:
        ana = around.telegram.person(1001, first_name="Ana", language_code="en")
        second = around.settings.model_copy(update={"port": free_port()})
        async with around.running(), running(second, around.clock) as replica:
            around.telegram.faults.next("sendMessage", Hang(0.5))
            ana.start(None)
            await around.telegram.changes.until(
                lambda: any(call.method == "sendMessage" for call in around.telegram.calls), 5
            )
            await replica.delivery.poll()
            await replica.delivery.settle()
            await around.quiet()
            assert [one.by for one in ana.chat] == ["person", "bot"]
