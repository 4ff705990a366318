"""What is personal or secret is found neither in the log, at any level, nor on disk, nor in the metrics."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot.complaints.terms import Role
from bot.dialog import engine
from sandbox.faults import Status
from tests.stage.world import (
    APP_TOKEN,
    BOT_TOKEN,
    LIS_TOKEN,
    METRICS_TOKEN,
    NURSE,
    SIGNING_SECRET,
    TELEGRAM_TOKEN,
    TRIAGE,
    WEBHOOK_SECRET,
    World,
)

CHAT, PHYSICIAN = 777100123, "U0CANARYDOC"
SECRETS = (
    TELEGRAM_TOKEN,
    WEBHOOK_SECRET,
    BOT_TOKEN,
    APP_TOKEN,
    SIGNING_SECRET,
    LIS_TOKEN,
    METRICS_TOKEN,
)


async def patient_writes(around: World) -> str:
    """Answers, complains, and writes while something is broken; the token of the visit."""
    patient = around.telegram.person(CHAT, first_name="canary Ana", language_code="en")
    token = (await around.collect("canary-123456"))["token"]
    patient.start(token)
    await around.quiet()
    for label in ("Yes", "5", "4", "5", "4", "5", "10"):
        patient.tap(label)
        await around.quiet()
    patient.say("canary comment")
    await around.quiet()
    patient.say("/complaint")
    await around.quiet()
    around.telegram.faults.next("sendMessage", Status(500, "Internal"), Status(400, "Bad Request: no"))
    patient.say("canary complaint")
    await around.quiet()
    return token


async def physician_and_nurse_write(around: World) -> None:
    physician = around.slack.person(PHYSICIAN, name="canary Osei")
    nurse = around.slack.person(NURSE, name="canary Kim")
    await around.appoint(NURSE, Role.STAFF)
    physician.command(TRIAGE, "/lab-issue")
    await physician.wait_for(lambda one: one.modal is not None)
    physician.fill(
        {
            "category": "it",
            "phase": "general",
            "severity": "minor",
            "order": "canary-1",
            "happened": "canary",
        }
    )
    assert await physician.submit() is None
    await around.quiet()
    around.slack.faults.next("chat.update", Status(200, "internal_error"), Status(200, "invalid_blocks"))
    await nurse.click(around.triage.messages[-1], "Resolve")
    await nurse.wait_for(lambda one: one.modal is not None)
    nurse.fill({"outcome": "canary outcome", "words": "canary reply"})
    assert await nurse.submit() is None
    await around.quiet()


async def something_breaks(around: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as while_broken:
        while_broken.setattr(engine, "step", broken)
        around.telegram.person(CHAT, first_name="canary Ana").say("canary kept")
        await around.quiet()


async def test_nothing_personal_or_secret_is_logged_or_measured_or_readable_on_disk(
    around: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_disk() -> bytes:
        return b"".join(one.read_bytes() for one in tmp_path.iterdir())

    caplog.set_level(logging.DEBUG)
    async with around.running():
        token = await patient_writes(around)
        await physician_and_nurse_write(around)
        await something_breaks(around, monkeypatch)
        measured = await around.metrics()
        kept = (await asyncio.to_thread(on_disk)).lower()
    assert "a defect" in caplog.text
    assert 'labvoice_turns_total{channel="telegram",outcome="kept"} 1.0' in measured
    keys = around.settings.data_keys
    assert keys is not None
    for canary in ("canary", str(CHAT), token, keys.get_secret_value().partition(":")[2], *SECRETS):
        assert canary not in caplog.text
        assert canary not in measured
        assert canary.lower().encode() not in kept
