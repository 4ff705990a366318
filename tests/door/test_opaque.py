"""What buttons and forms carry unseen: ids of ours, never a word of or about anybody."""

import json

import pytest

from bot.catalog import load
from bot.complaints.terms import Role
from tests.door.day import QUALITY, morning
from tests.stage.desk import report
from tests.stage.outgoing import outgoing, telling
from tests.stage.world import PHYSICIAN, World


async def test_nothing_sent_in_a_morning_carries_more_than_ids(around: World) -> None:
    with outgoing() as calls:
        await morning(around)
        await around.quiet()
    assert len(calls) > 20
    assert telling(calls, load()) == []


async def test_nothing_the_desk_is_shown_carries_more_than_ids(around: World) -> None:
    await around.appoint(QUALITY, Role.QUALITY)
    quality = around.slack.person(QUALITY, name="Ms Quality")
    with outgoing() as calls:
        for _ in range(40):
            await report(around)
            around.slack.person(PHYSICIAN, name="Dr Osei").close()
        await around.quiet()
        card = around.triage.messages[0]
        for label in ("Hand over", "Ask", "Reply", "Progress", "Record", "Resolve", "Decline", "Merge"):
            await quality.click(card, label)
            await quality.wait_for(lambda one: one.modal is not None and one.modal.submit is not None)
            assert quality.modal is not None
            if label == "Ask":
                await quality.click(quality.modal, "template", "When and where was it?")
                await quality.wait_for(lambda one: "So that we look" in str(one.modal))
                assert await quality.submit() is None
            quality.close()
        await quality.open_home()
        assert quality.home is not None
        await quality.click(quality.home, "Later")
        await quality.wait_for(lambda one: one.home is not None and "Earlier" in str(one.home.blocks))
        await quality.click(quality.home, "home.open")
        await quality.wait_for(lambda one: one.modal is not None and one.modal.callback_id == "detail")
        assert quality.modal is not None
        await quality.click(quality.modal, "Reply")
        await quality.wait_for(lambda one: one.modal is not None and one.modal.callback_id == "step.reply")
        await around.quiet()
    assert telling(calls, load()) == []


@pytest.mark.parametrize(
    "call",
    [
        {"reply_markup": json.dumps({"inline_keyboard": [[{"text": "5", "callback_data": "Ana.5"}]]})},
        {"blocks": [{"type": "button", "action_id": "press.0", "value": "complaint.resolve.C-2026-000001"}]},
        {"blocks": json.dumps([{"type": "input", "block_id": "Dr Osei"}])},
        {"view": {"private_metadata": json.dumps({"complaint": "It hurt"})}},
        {"view": {"private_metadata": json.dumps({"questionnaire": "lab_issue", "version": 1, "who": "x"})}},
        {"view": {"private_metadata": json.dumps({"was": {"evidence": "The log"}})}},
        {"view": {"private_metadata": json.dumps({"home": {"list": "Ana's"}})}},
        {"view": {"callback_id": "resolve LAB-001234"}},
        {"view": {"blocks": [{"element": {"options": [{"value": "Ana"}]}}]}},
    ],
)
def test_a_field_that_tells_something_is_found(call: dict[str, object]) -> None:
    assert len(telling([call], load())) == 1
