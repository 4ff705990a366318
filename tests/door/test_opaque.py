"""What buttons and forms carry unseen: ids of ours, never a word of or about anybody."""

import json

import pytest

from bot.catalog import load
from tests.door.day import morning
from tests.stage.outgoing import outgoing, telling
from tests.stage.world import World


async def test_nothing_sent_in_a_morning_carries_more_than_ids(around: World) -> None:
    with outgoing() as calls:
        await morning(around)
        await around.quiet()
    assert len(calls) > 20
    assert telling(calls, load()) == []


@pytest.mark.parametrize(
    "call",
    [
        {"reply_markup": json.dumps({"inline_keyboard": [[{"text": "5", "callback_data": "Ana.5"}]]})},
        {"blocks": [{"type": "button", "action_id": "press.0", "value": "complaint.resolve.C-2026-000001"}]},
        {"blocks": json.dumps([{"type": "input", "block_id": "Dr Osei"}])},
        {"view": {"private_metadata": json.dumps({"complaint": "It hurt"})}},
        {"view": {"private_metadata": json.dumps({"questionnaire": "lab_issue", "version": 1, "who": "x"})}},
        {"view": {"callback_id": "resolve LAB-001234"}},
        {"view": {"blocks": [{"element": {"options": [{"value": "Ana"}]}}]}},
    ],
)
def test_a_field_that_tells_something_is_found(call: dict[str, object]) -> None:
    assert len(telling([call], load())) == 1
