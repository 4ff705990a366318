"""What is personal or secret is found nowhere it does not belong, on a day on which everything goes wrong.

Looked through are the log at every level, with the tracebacks; every answer of every address; the files that
are taken away; and the database's own files.
"""

import asyncio
import gc
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from bot.cli import csv_files
from bot.complaints.terms import Role
from bot.dialog import engine
from bot.dialog.event import Said
from handlers.slack import messages as slack_messages
from handlers.telegram import channel as telegram_channel
from handlers.web import build_app
from sandbox.faults import Status
from storage.encryption import generate_key
from tests.end_to_end.conftest import MONDAY
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
    world,
)

CHAT, PHYSICIAN, PHONE, ORDER = 777100123, "U0CANARYDOC", "+34 600 987 654", "777-ORDER-321"
SECRETS = (
    TELEGRAM_TOKEN,
    WEBHOOK_SECRET,
    BOT_TOKEN,
    APP_TOKEN,
    SIGNING_SECRET,
    LIS_TOKEN,
    METRICS_TOKEN,
)
PEOPLE = (str(CHAT), PHYSICIAN, "wren", PHONE, ORDER)
"""Accounts, names, a phone number and an order number; what people wrote has the word canary in it."""


async def patient_writes(around: World) -> str:
    """Answers, complains, asks to be called, and writes while something is broken; the token of the visit."""
    patient = around.telegram.person(CHAT, first_name="wren Ana", language_code="en")
    token = (await around.collect(ORDER))["token"]
    patient.start(token)
    await around.quiet()
    for label in ("Yes", "1", "4", "5", "4", "5", "10"):
        patient.tap(label)
        await around.quiet()
    for words in ("canary comment", "call me", "canary call", PHONE, "any", "/complaint"):
        patient.say(words)
        await around.quiet()
    around.telegram.faults.next("sendMessage", Status(500, "Internal"), Status(400, "Bad Request: no"))
    patient.say("canary complaint")
    patient.send_photo(caption="canary caption")
    await around.quiet()
    return token


async def physician_and_nurse_write(around: World) -> None:
    physician = around.slack.person(PHYSICIAN, name="wren Osei")
    nurse = around.slack.person(NURSE, name="wren Kim")
    await around.appoint(NURSE, Role.STAFF)
    physician.command(TRIAGE, "/lab-issue")
    await physician.wait_for(lambda one: one.modal is not None)
    issue = {"category": "it", "phase": "general", "severity": "minor", "order": ORDER, "happened": "canary"}
    physician.fill(issue)
    assert await physician.submit() is None
    await around.quiet()
    around.slack.faults.next("chat.update", Status(200, "internal_error"), Status(200, "invalid_blocks"))
    await nurse.click(around.triage.messages[-1], "Resolve")
    await nurse.wait_for(lambda one: one.modal is not None)
    nurse.fill({"outcome": "canary outcome", "words": "canary reply"})
    assert await nurse.submit() is None
    await around.quiet()


async def everything_breaks(around: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Defects wherever words pass, each with an error that repeats what it was given."""

    def broken(*given: object, **_: object) -> None:
        raise ValueError(f"a defect over {given!r}") from KeyError(given)

    patient = around.telegram.person(CHAT, first_name="wren Ana", language_code="en")
    physician = around.slack.person(PHYSICIAN, name="wren Osei")
    with monkeypatch.context() as defective:
        defective.setattr(engine, "step", broken)
        patient.say("canary kept")
        await around.quiet()
    with monkeypatch.context() as defective:
        defective.setattr(telegram_channel, "parts", broken)
        patient.say("/status")
        await around.quiet()
    with monkeypatch.context() as defective:
        defective.setattr(slack_messages, "typed", broken)
        physician.say(physician.direct, "canary direct")
        await physician.wait_for(lambda one: "went wrong" in one.direct.messages[-1].text)
    with monkeypatch.context() as defective:
        defective.setattr(engine, "step", broken)
        await around.bot.turns.take(Said(event_id="x", channel="telegram", account=str(CHAT), text="canary"))
        await asyncio.wait([asyncio.create_task(_raise(broken, "canary of a task nobody awaits"))])
        gc.collect()


async def _raise(broken: Callable[[str], None], words: str) -> None:
    broken(words)


async def addresses_answer(around: World, web: Starlette, token: str) -> str:
    """Everything every address answers to whatever it may be asked, for people and for programs."""
    bodies = (
        b"",
        b'{"canary": ',
        json.dumps({"update_id": 1, "message": {"chat": PHONE, "text": ["canary"], "from": "wren"}}).encode(),
        json.dumps({"order": ORDER, "site": 5, "collected_at": "canary"}).encode(),
        b"payload=" + PHONE.encode(),
    )
    kept = {
        "Authorization": f"Bearer {LIS_TOKEN}",
        "X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET,
        "X-Slack-Signature": "v0=canary",
        "Content-Type": "application/json",
    }
    said = []
    for route in web.routes:
        assert isinstance(route, Route)
        path = re.sub(r"\{token[^}]*\}", token, route.path)
        asked = [("GET", b"", "text/html"), ("GET", b"", "application/json")]
        asked += [("POST", body, "application/json") for body in bodies]
        for method, body, accept in asked[:3] if "POST" not in (route.methods or ()) else asked:
            headers = {**kept, "Accept": accept}
            async with around.http.request(method, around.url + path, data=body, headers=headers) as answer:
                said.append(f"{answer.headers} {await answer.text()}".replace(token, "[asked]"))
    return "\n".join(said)


async def files_taken_away(around: World, folder: Path) -> str:
    """Everything there is to export."""
    text = ""
    for name, table in csv_files.TABLES.items():
        out = folder / f"{name}.csv"
        assert await csv_files.write(around.bot.core.database, table, ZoneInfo("UTC"), out) > 0
        text += await asyncio.to_thread(out.read_text, "utf-8-sig")
    return text


def found(text: str, *canaries: str) -> list[str]:
    """Which of these are in the text, whatever their case."""
    lowered = text.lower()
    return [one for one in canaries if one.lower() in lowered]


@pytest.mark.parametrize(("telegram", "slack"), [("polling", "socket"), ("webhook", "http")])
async def test_nothing_personal_or_secret_gets_where_it_does_not_belong(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    telegram: Literal["polling", "webhook"],
    slack: Literal["socket", "http"],
) -> None:
    webs: list[Starlette] = []
    monkeypatch.setattr("bot.wiring.build_app", _noting(webs, build_app))
    database = tmp_path / "database"
    database.mkdir()
    exports = tmp_path / "exports"
    exports.mkdir()

    def on_disk() -> str:
        return b"\n".join(one.read_bytes() for one in database.iterdir()).decode("latin-1")

    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    asyncio.get_running_loop().slow_callback_duration = 0.001
    async with (
        world(
            database_url=f"sqlite:///{database / 'labvoice.db'}",
            data_key=generate_key(),
            now=MONDAY,
            telegram=telegram,
            slack=slack,
        ) as around,
        around.running(),
    ):
        token = await patient_writes(around)
        await physician_and_nurse_write(around)
        await everything_breaks(around, monkeypatch)
        answered = await addresses_answer(around, webs[-1], token) + await around.metrics()
        exported = await files_taken_away(around, exports)
        kept = await asyncio.to_thread(on_disk)
        assert "labvoice.db-wal" in {one.name for one in database.iterdir()}
    keys = around.settings.data_keys
    assert keys is not None
    secrets = (*SECRETS, keys.get_secret_value().partition(":")[2], token)
    assert "Task exception was never retrieved" in caplog.text
    assert "ValueError" in caplog.text
    assert 'labvoice_turns_total{channel="telegram",outcome="kept"}' in answered
    assert found(caplog.text, "canary", *PEOPLE, *secrets) == []
    assert found(answered, "canary", *PEOPLE, *secrets) == []
    assert found(kept, "canary", *PEOPLE, *secrets) == []
    assert "canary complaint" in exported
    assert found(exported, *PEOPLE, *secrets) == []


def _noting(made: list[Starlette], build: Callable[..., Starlette]) -> Callable[..., Starlette]:
    def noted(**given: object) -> Starlette:
        made.append(build(**given))
        return made[-1]

    return noted
