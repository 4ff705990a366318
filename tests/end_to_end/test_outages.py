"""The bot keeps going when a platform, or its own process, does not."""

import asyncio
import logging
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.faults import Hang, Status
from storage.encryption import generate_key
from tests.end_to_end.conftest import MONDAY, killed, own_process
from tests.stage.desk import report, words
from tests.stage.world import World, world

SURVEY = ("Yes", "5", "4", "5", "4", "5", "10", "Skip", "No, thank you")
THANKS = "Thank you. The people who can act on your answers will see them."


async def until_heard(around: World, words: str) -> None:
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    await patient.wait_for(lambda one: any(words in message.text for message in one.chat), 20)


async def test_both_platforms_down_at_the_start_are_said_and_come_back(
    around: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    around.telegram.faults.down = True
    around.slack.faults.down = True
    async with around.starting():
        status, body = await around.readiness()
        assert status == 503
        assert body["parts"]["telegram"]["ready"] is False
        assert body["parts"]["database"]["ready"] is True
        around.telegram.faults.down = False
        around.slack.faults.down = False
        await around.until_ready()
    assert sum("Telegram" in record.message for record in caplog.records) == 1
    assert sum("Slack" in record.message for record in caplog.records) == 1


async def test_telegram_down_in_the_middle_loses_nothing(around: World) -> None:
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    async with around.running():
        patient.start((await around.collect())["token"])
        await around.quiet()
        patient.tap("Yes")
        await around.quiet()
        around.telegram.faults.down = True
        patient.tap("5")
        around.telegram.faults.down = False
        await until_heard(around, "2/7")


async def test_a_complaint_waits_for_a_triage_room_that_is_not_there_yet(
    around: World, caplog: pytest.LogCaptureFixture
) -> None:
    around.settings = around.settings.model_copy(update={"slack_triage_room": "C0LATER"})
    async with around.running():
        await report(around)
        await around.quiet()
        assert "SLACK_TRIAGE_ROOM" in caplog.text
        around.now += timedelta(minutes=6)
        status, body = await around.readiness()
        assert (status, body["parts"]["outbox"]["note"]) == (200, "oldest message waits 360 s")
        room = around.slack.room("C0LATER", name="later")
        await around.quiet()
        assert "never reached the bench" in words(room.messages[0])


async def test_a_platform_that_takes_no_messages_is_not_ready(around: World) -> None:
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    async with around.running():
        around.telegram.faults.next("sendMessage", Status(502, "Bad Gateway"))
        patient.start(None)
        await around.quiet()
        assert (await around.readiness())[1]["parts"]["telegram"]["ready"] is False
        around.now += timedelta(seconds=2)
        await around.quiet()
        await around.until_ready()


async def test_an_idle_outage_is_told_where_platforms_call_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.telegram.webhook._LOOK_SECONDS", 0.02)
    monkeypatch.setattr("handlers.slack.app._LOOK_SECONDS", 0.02)
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    async with (
        world(
            database_url=url, data_key=generate_key(), now=MONDAY, telegram="webhook", slack="http"
        ) as around,
        around.running(),
    ):
        around.telegram.faults.down = around.slack.faults.down = True
        async with asyncio.timeout(10):
            while {"telegram", "slack"} - await not_ready(around):
                await around.next_change()
        around.telegram.faults.down = around.slack.faults.down = False
        await around.until_ready()


async def not_ready(around: World) -> set[str]:
    _, body = await around.readiness()
    return {name for name, part in body["parts"].items() if not part["ready"]}


async def test_a_limit_of_one_chat_is_honoured(around: World) -> None:
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    other = around.telegram.person(1002, first_name="Ben", language_code="en")
    async with around.running():
        around.telegram.faults.next("sendMessage", Status(429, "Too Many Requests: retry after 30", 30))
        patient.start(None)
        await around.quiet()
        other.start(None)
        await around.quiet()
        assert [one for one in patient.chat if one.by == "bot"] == []
        assert other.chat[-1].text.startswith("Hello")
        around.now += timedelta(seconds=31)
        await around.quiet()
        assert patient.chat[-1].text.startswith("Hello")


async def test_somebody_who_blocked_the_bot_gets_no_follow_up(around: World) -> None:
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    async with around.running():
        patient.start((await around.collect())["token"])
        await around.quiet()
        patient.tap("Yes")
        await around.quiet()
        await around.results()
        patient.block()
        await around.quiet()
        calls = len(around.telegram.calls)
        await around.passes(timedelta(days=3))
        sent = [call.method for call in around.telegram.calls[calls:] if call.method.startswith("send")]
        assert sent == []


async def test_killed_between_any_two_steps_the_person_goes_on_where_they_were(real_time: World) -> None:
    around = real_time
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    async with killed(around):
        patient.start((await around.collect())["token"])
        await until_heard(around, "and keep your answers")
    heard = (*(f"{step}/7" for step in range(1, 8)), "like to thank anybody", THANKS)
    for label, answer in zip(SURVEY, heard, strict=True):
        patient.tap(label)
        async with killed(around):
            await until_heard(around, answer)
    assert [one.text for one in patient.chat if one.by == "bot"][-1] == THANKS


async def test_sigterm_finishes_what_is_under_way_and_exits_0(real_time: World) -> None:
    around = real_time
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    async with own_process(around) as own:
        around.telegram.faults.next("sendMessage", Hang(1.0))
        patient.start(None)
        await around.telegram.changes.until(
            lambda: any(call.method == "sendMessage" for call in around.telegram.calls), 5
        )
        own.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            code, written = await own.ends()
    assert code == 0, written
    assert patient.chat[-1].text.startswith("Hello")
    assert "Traceback" not in written
