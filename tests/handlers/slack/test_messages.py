"""Direct messages, files, the digest command, and requests nobody listens to."""

import asyncio

import pytest

from bot.channels import Sent
from bot.dialog.event import Command, Commanded, Said
from bot.dialog.message import Message
from bot.turns import Outcome
from bot.turns.turn import AnyEvent
from sandbox.slack import Acked
from sandbox.slack import Status as HttpStatus
from tests.handlers.slack.conftest import Stage, words


async def test_a_direct_message_is_part_of_the_dialog(either: Stage) -> None:
    assert isinstance(await either.house.say(either.house.direct, "Hello?"), Acked)
    (told,) = await either.told(either.house)
    assert told.startswith("Thank you for writing, but nobody at the laboratory sees it here.")


async def test_a_questionnaire_runs_step_by_step_in_direct_messages(either: Stage) -> None:
    house, direct = either.house, either.house.direct
    command = Commanded(event_id="1", channel="slack", account="U0HOUSE", command=Command.COMPLAINT)
    await either.turns.take(command)
    await either.delivery.settle()
    await house.say(direct, "The courier never came.")
    await either.delivery.settle()
    for label in ("While my sample was tested", "A small thing", "Yes"):
        await house.click(next(one for one in reversed(direct.messages) if label in words(one)), label)
        await either.delivery.settle()

    complaint = await either.complaint()
    assert complaint.words == "The courier never came."
    assert any(complaint.number in words(message) for message in direct.messages)


async def test_what_follows_a_press_is_put_onto_the_message_that_was_pressed(stage: Stage) -> None:
    """After a crash a copy may stand below the message that was recorded."""
    house, direct = stage.house, stage.house.direct
    command = Commanded(event_id="1", channel="slack", account="U0HOUSE", command=Command.COMPLAINT)
    await stage.turns.take(command)
    await stage.delivery.settle()
    await house.say(direct, "The courier never came.")
    await stage.delivery.settle()
    recorded = direct.messages[-1]
    await stage.handler.client.chat_postMessage(
        channel=direct.room_id, text=recorded.text, blocks=list(recorded.blocks)
    )

    await house.click(direct.messages[-1], "While my sample was tested")
    await stage.delivery.settle()

    assert direct.messages[-2].blocks == recorded.blocks
    assert "A small thing" in words(direct.messages[-1])


async def test_a_button_of_an_earlier_question_changes_nothing(stage: Stage) -> None:
    command = Commanded(event_id="1", channel="slack", account="U0HOUSE", command=Command.LANGUAGE)
    await stage.turns.take(command)
    await stage.delivery.settle()
    earlier = stage.house.direct.messages[-1].blocks[-1]["elements"][0]["value"].partition(".")[0]
    value = f"{earlier}.99.stop"
    body: dict[str, object] = {
        "type": "block_actions",
        "user": {"id": "U0HOUSE"},
        "trigger_id": "1.2.3",
        "actions": [{"type": "button", "action_id": "press.0", "block_id": "b", "value": value}],
    }

    await stage.dispatch(body)

    await stage.house.wait_for(lambda house: len(house.direct.messages) == 2)
    told = "That button belongs to an earlier question. Nothing was changed."
    assert stage.house.direct.messages[-1].text == told


async def test_words_in_a_thread_name_the_message_they_answer(
    either: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Said] = []
    take = either.turns.take

    async def heard(event: AnyEvent) -> Outcome:
        if isinstance(event, Said):
            said.append(event)
        return await take(event)

    monkeypatch.setattr(either.turns, "take", heard)
    direct = either.house.direct
    outcome = await either.handler.channel.send(
        "U0HOUSE",
        Message("When was it?"),
        image=None,
        replaces=None,
        supersedes=None,
        under=None,
        urgent=True,
    )
    assert isinstance(outcome, Sent)
    asked = direct.messages[0].ts
    await either.house.say(direct, "On Monday", asked)
    await either.house.share(direct, "tube.png", b"PNG", "It looked like this", asked)
    await either.house.say(direct, "Hello?")
    assert [(one.text, one.on) for one in said] == [
        ("On Monday", outcome.reference),
        ("It looked like this", outcome.reference),
        ("Hello?", None),
    ]


async def test_a_message_in_a_room_is_nothing_to_the_app(stage: Stage) -> None:
    assert isinstance(await stage.house.say(stage.triage, "Good morning"), Acked)
    assert await stage.told(stage.house) == []


@pytest.mark.parametrize("kind", ["channel", "group", "mpim", "app_home", "", None, ["im"]])
async def test_only_direct_messages_are_heard(stage: Stage, kind: object) -> None:
    event = {
        "type": "message",
        "channel_type": kind,
        "channel": "C0WARD",
        "user": "U0HOUSE",
        "text": "Hello?",
    }
    await stage.dispatch({"type": "event_callback", "event_id": "Ev1", "event": event})
    assert await stage.told(stage.house) == []


@pytest.mark.parametrize(
    "event",
    [
        {"subtype": "message_changed", "message": {"text": "edited"}},
        {"subtype": "message_deleted"},
        {"bot_id": "B0SANDBOX", "text": "our own words", "user": "U0HOUSE"},
        {"text": "nobody's"},
        {"text": "a forged account", "user": "<!channel>"},
    ],
)
async def test_edits_deletions_and_bots_say_nothing(stage: Stage, event: dict[str, object]) -> None:
    body: dict[str, object] = {
        "type": "event_callback",
        "event_id": "Ev1",
        "event": {"type": "message", "channel_type": "im", "channel": "D0HOUSE", **event},
    }
    assert (await stage.dispatch(body)).status == 200
    assert await stage.told(stage.house) == []


@pytest.mark.parametrize(
    ("mime", "answer"),
    [
        ("image/jpeg", "Thank you for the photo."),
        ("audio/webm", "Thank you for the voice message."),
        ("application/pdf", "Thank you. I can read words only"),
    ],
)
async def test_a_file_gets_a_clear_answer(stage: Stage, mime: str, answer: str) -> None:
    body: dict[str, object] = {
        "type": "event_callback",
        "event_id": "Ev1",
        "event": {
            "type": "message",
            "subtype": "file_share",
            "channel_type": "im",
            "user": "U0HOUSE",
            "text": "",
            "files": [{"mimetype": mime}],
        },
    }
    await stage.dispatch(body)
    (told,) = await stage.told(stage.house)
    assert told.startswith(answer)


async def test_an_event_sent_twice_is_answered_once(stage: Stage) -> None:
    body: dict[str, object] = {
        "type": "event_callback",
        "event_id": "Ev1",
        "event": {"type": "message", "channel_type": "im", "user": "U0HOUSE", "text": "Hello?"},
    }
    await asyncio.gather(stage.dispatch(body), stage.dispatch(body))
    assert len(await stage.told(stage.house)) == 1


async def test_the_digest_command_goes_to_the_digest_desk(either: Stage) -> None:
    await either.house.command(either.triage, "/lab-digest", "weekly monday 08:00")
    assert either.digests.asked == [
        {"account": "U0HOUSE", "place": "C0TRIAGE", "place_is_room": True, "words": "weekly monday 08:00"}
    ]
    assert either.house.private[-1].text == "The digest is on its way."


async def test_a_digest_asked_for_in_a_direct_message_goes_to_the_person(stage: Stage) -> None:
    await stage.house.command(stage.house.direct, "/lab-digest")
    assert stage.digests.asked[0]["place"] == "U0HOUSE"
    assert stage.digests.asked[0]["place_is_room"] is False


async def test_a_digest_asked_for_in_a_room_goes_to_the_asker_alone(stage: Stage) -> None:
    await stage.house.command(stage.triage, "/lab-digest")
    assert (stage.digests.asked[0]["place"], stage.digests.asked[0]["place_is_room"]) == ("U0HOUSE", False)


async def test_a_slow_digest_is_announced_in_time_and_answered_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.slack.collaborators._MOMENT", 0.01)
    stage.digests.answer = "Only managers receive digests."
    stage.digests.may_answer.clear()
    await stage.house.command(stage.triage, "/lab-digest")
    assert [message.text for message in stage.house.private] == ["The digest is on its way."]

    stage.digests.may_answer.set()

    await stage.house.wait_for(lambda house: len(house.private) == 2)
    assert stage.house.private[-1].text == "Only managers receive digests."


async def test_a_command_with_the_word_payload_arrives(stage: Stage) -> None:
    await stage.house.command(stage.triage, "/lab-digest", "payload lost")
    assert stage.digests.asked[0]["words"] == "payload lost"


async def test_a_modal_slack_does_not_open_is_apologised_for(stage: Stage) -> None:
    stage.slack.faults.next("views.open", HttpStatus(200, "expired_trigger_id"))
    await stage.house.command(stage.triage, "/lab-issue")
    await stage.house.wait_for(lambda house: bool(house.private))
    assert stage.house.private[-1].text == "That did not work just now. Please try again in a moment."


async def test_the_form_opens_while_slack_keeps_the_language_to_itself(stage: Stage) -> None:
    stage.slack.faults.next("users.info", HttpStatus(500, "internal_error"))
    await stage.house.command(stage.triage, "/lab-issue")
    await stage.house.wait_for(lambda house: house.modal is not None)
    assert stage.house.modal is not None
    assert stage.house.modal.title == "Report an issue"


async def test_people_are_spoken_to_in_the_language_they_set_in_slack(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def spanish(_account: str) -> str:
        return "es-ES"

    monkeypatch.setattr("handlers.slack.languages.Languages.of", lambda _self, account: spanish(account))
    await stage.house.command(stage.triage, "/lab-issue")
    await stage.house.wait_for(lambda house: house.modal is not None)
    assert stage.house.modal is not None
    assert stage.house.modal.title == "Informar un problema"


async def test_an_unknown_button_is_answered(stage: Stage) -> None:
    body: dict[str, object] = {
        "type": "block_actions",
        "user": {"id": "U0HOUSE"},
        "trigger_id": "1.2.3",
        "actions": [{"type": "button", "action_id": "from-last-year", "block_id": "b"}],
    }
    assert (await stage.dispatch(body)).status == 200
    assert stage.house.direct.messages[-1].text.startswith("This form is out of date.")


async def test_a_defect_is_apologised_for_and_logged(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(**_: object) -> str:
        raise RuntimeError("a defect")

    monkeypatch.setattr(stage.digests, "handle", broken)
    await stage.house.command(stage.triage, "/lab-digest")
    assert stage.house.private[-1].text.startswith("Something went wrong on our side.")
    assert [record.name for record in caplog.records if record.levelname == "ERROR"] == [
        "handlers.slack.mishaps"
    ]


async def test_what_is_under_way_is_finished_when_the_app_closes(stage: Stage) -> None:
    stage.digests.may_answer.clear()
    command = stage.house.command(stage.triage, "/lab-digest")
    await stage.until_asked()
    closing = asyncio.create_task(stage.handler.close())
    await asyncio.sleep(0)

    stage.digests.may_answer.set()

    await closing
    await command
    assert stage.house.private[-1].text == "The digest is on its way."
