"""What people do on an ordinary day, over every way the platforms can be connected, on either database."""

from datetime import timedelta
from typing import Literal, NoReturn

import pytest

from bot.complaints.terms import Role
from sandbox.faults import Status
from sandbox.fortnight import generate
from schedules.digests import chart
from storage.encryption import generate_key
from tests.end_to_end.conftest import MONDAY
from tests.stage.desk import report, words
from tests.stage.world import MANAGER, NURSE, PHYSICIAN, TRIAGE, World, world

WAYS = [("sqlite", "polling", "socket"), ("postgresql", "webhook", "http")]


@pytest.mark.parametrize(("empty_url", "telegram", "slack"), WAYS, indirect=["empty_url"])
async def test_a_day_at_the_laboratory(
    empty_url: str, telegram: Literal["polling", "webhook"], slack: Literal["socket", "http"]
) -> None:
    async with (
        world(
            database_url=empty_url, data_key=generate_key(), now=MONDAY, telegram=telegram, slack=slack
        ) as around,
        around.running(),
    ):
        await around.appoint(NURSE, Role.STAFF)
        await around.appoint(MANAGER, Role.MANAGER)
        await patient_answers(around)
        await physician_is_heard(around)
        await manager_reads(around)


async def patient_answers(around: World) -> None:
    patient = around.telegram.person(1001, first_name="Ana", language_code="en")
    patient.start((await around.collect())["token"])
    await around.quiet()
    for label in ("Yes", "5", "4", "5", "4", "5", "10", "Skip", "No, thank you"):
        patient.tap(label)
        await around.quiet()
    assert patient.chat[-1].text == "Thank you. The people who can act on your answers will see them."
    await around.results()
    await around.passes(timedelta(days=1))
    assert "We have sent out your results" in patient.chat[-1].text


async def physician_is_heard(around: World) -> None:
    physician = around.slack.person(PHYSICIAN, name="Dr Osei")
    nurse = around.slack.person(NURSE, name="Nurse Kim")
    await report(around)
    await around.quiet()
    (card,) = around.triage.messages
    assert "<!channel>" not in card.text
    assert "••••345" in words(card)
    await nurse.click(card, "Acknowledge")
    await around.quiet()
    assert "C-2026-000001" in physician.direct.messages[-1].text
    (card,) = around.triage.messages
    await nurse.click(card, "Resolve")
    await nurse.wait_for(lambda one: one.modal is not None)
    nurse.fill({"outcome": "Found in the courier's box", "words": "We found it and tested it."})
    assert await nurse.submit() is None
    await around.quiet()
    (card,) = [one for one in around.triage.messages if one.thread_ts is None]
    assert "Found in the courier's box" in words(card)
    assert "We found it and tested it." in words(physician.direct.messages[-1])


async def manager_reads(around: World) -> None:
    manager = around.slack.person(MANAGER, name="Ms Alvarez")
    await around.passes(timedelta(minutes=1))
    await manager.command(manager.direct, "/lab-digest")
    await around.quiet()
    (digest,) = [one for one in manager.direct.messages if one.bot]
    assert "fewer than 11 responses, not shown; 1 invited" in words(digest)
    assert "opened 1 (0 the period before), closed 1 (0), overdue now 0" in words(digest)
    assert "Specimen rejected or lost 1" in words(digest)
    assert "C-2026-000001" not in words(digest)


async def test_others_are_told_privately_that_only_staff_may(around: World) -> None:
    async with around.running():
        await report(around)
        await around.quiet()
        physician = around.slack.person(PHYSICIAN, name="Dr Osei")
        await physician.click(around.triage.messages[0], "Acknowledge")
        await physician.wait_for(lambda one: bool(one.private))
        assert "staff" in physician.private[-1].text


async def test_a_digests_chart_is_drawn_by_another_process(
    around: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(_: chart.Chart) -> NoReturn:
        raise AssertionError("drawn where patients' answers wait for it")

    monkeypatch.setattr(chart, "draw", cannot)
    async with around.running() as bot:
        await bot.core.database.run(generate, around.clock(), bot.core.catalog, bot.core.lab, seed=1)
        await around.appoint(MANAGER, Role.MANAGER)
        manager = around.slack.person(MANAGER, name="Ms Alvarez")
        await manager.command(manager.direct, "/lab-digest")
        await manager.wait_for(lambda one: any(message.files for message in one.direct.messages), 60)


async def test_a_weekly_digest_comes_once_on_its_day(around: World) -> None:
    async with around.running():
        await around.appoint(MANAGER, Role.MANAGER)
        manager = around.slack.person(MANAGER, name="Ms Alvarez")
        await manager.command(TRIAGE, "/lab-digest", "weekly tuesday 08:00")
        before = len(around.triage.messages)
        assert around.triage.messages[-1].text.startswith("This room will get the digest every Tuesday")
        around.now += timedelta(hours=23)
        await around.digests()
        await around.digests()
        assert len(around.triage.messages) == before + 1


async def test_a_private_room_gets_no_digest_before_the_bot_is_invited(around: World) -> None:
    async with around.running():
        await around.appoint(MANAGER, Role.MANAGER)
        manager = around.slack.person(MANAGER, name="Ms Alvarez")
        # What Slack says of a private room the app is not in.
        around.slack.faults.next("chat.postMessage", Status(200, "channel_not_found"))
        await manager.command(TRIAGE, "/lab-digest", "weekly tuesday 08:00")
        assert "/invite @Labvoice" in manager.private[-1].text
        around.now += timedelta(hours=23)
        await around.digests()
        assert around.triage.messages == []


async def test_the_laboratory_hears_of_an_unknown_order(around: World) -> None:
    async with around.running():
        body = {"order": "LAB-404", "status": "final", "delivered_at": around.now.isoformat()}
        assert (await around.lis("results", body))[0] == 404


async def test_files_are_declined_in_the_persons_language_and_never_fetched(around: World) -> None:
    async with around.running():
        ana = around.telegram.person(1001, first_name="Ana", language_code="es")
        ana.start(None)
        ana.send_photo()
        ana.send_voice()
        ana.send_document("analysis.pdf", b"%PDF")
        await around.quiet()
        declined = [
            "Gracias por la foto.",
            "Gracias por el mensaje de voz.",
            "Gracias. Solo puedo leer palabras",
        ]
        heard = [one.text for one in ana.chat if one.by == "bot"][-3:]
        assert [
            words for words, said in zip(declined, heard, strict=True) if said.startswith(words)
        ] == declined
        assert "getFile" not in {call.method for call in around.telegram.calls}


async def test_another_persons_link_opens_nothing(around: World) -> None:
    async with around.running():
        token = (await around.collect())["token"]
        ana = around.telegram.person(1001, first_name="Ana", language_code="en")
        ben = around.telegram.person(1002, first_name="Ben", language_code="en")
        ana.start(token)
        await around.quiet()
        ana.tap("Yes")
        await around.quiet()
        ben.start(token)
        await around.quiet()
        assert ben.chat[-1].text.startswith("This link has already been used.")
