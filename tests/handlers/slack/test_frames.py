"""A modal drawn anew from what came back of it."""

from typing import Any

import pytest

from bot.catalog import load
from handlers.slack import frames, inputs
from handlers.slack.blocks import section
from handlers.slack.payload import Payload

CATALOG = load()


def came_back(element: dict[str, object], entry: object, **view: object) -> Payload:
    block = inputs.labelled("one", "One", {**element, "action_id": "value"})
    values = {"one": {"value": entry}}
    return Payload({"callback_id": "step.ask", "blocks": [block], "state": {"values": values}, **view})


def redrawn(view: Payload) -> dict[str, Any]:
    return frames.refilled(view, "Ask", CATALOG, "en")


OPTIONS = [("Billing", "billing"), ("Courier", "courier")]
# As Slack writes it, who knows an option by its value but compares it by every letter.
CHOSEN = {"text": {"type": "plain_text", "text": "Courier", "emoji": True}, "value": "courier"}


@pytest.mark.parametrize(
    ("element", "entry", "expected"),
    [
        (inputs.text(100, "before"), {"value": "now"}, ("initial_value", "now")),
        (inputs.text(100, "before"), {"value": None}, ("initial_value", None)),
        (
            inputs.choice(OPTIONS, "billing"),
            {"selected_option": CHOSEN},
            ("initial_option", {"text": {**CHOSEN["text"], "emoji": False}, "value": "courier"}),  # type: ignore[dict-item]
        ),
        (inputs.choice(OPTIONS, "billing"), {"selected_option": {"value": "gone"}}, ("initial_option", None)),
        (inputs.person("U0NURSE"), {"selected_user": "U0KIM"}, ("initial_user", "U0KIM")),
        (inputs.people(["U0NURSE"]), {"selected_users": ["U0KIM"]}, ("initial_users", ["U0KIM"])),
        (inputs.people(["U0NURSE"]), {"selected_users": []}, ("initial_users", None)),
        (inputs.day(), {"selected_date": "2026-04-01"}, ("initial_date", "2026-04-01")),
    ],
)
def test_an_input_begins_with_what_stands_in_it(
    element: dict[str, object], entry: object, expected: tuple[str, object]
) -> None:
    (block,) = redrawn(came_back(element, entry))["blocks"]
    assert (expected[0], block["element"].get(expected[0])) == expected


def test_an_earlier_note_gives_way_to_the_next() -> None:
    view = came_back(inputs.text(100), {"value": "words"})
    once = frames.noted(redrawn(view), "First")
    twice = frames.noted(redrawn(Payload({**view.body, "blocks": once["blocks"]})), "Second")
    blocks: Any = twice["blocks"]
    assert [block["text"]["text"] for block in blocks if block["type"] == "section"] == ["Second"]


def test_title_and_button_are_those_of_the_form_again() -> None:
    view = came_back(inputs.text(100), {"value": "words"}, title={"text": "Not confirmed yet"})
    form = redrawn(view)
    assert (form["title"]["text"], form["submit"]["text"]) == ("Ask", "Submit")


@pytest.mark.parametrize("blocks", [None, "x", [1, None, {"type": "input", "element": 5}]])
def test_odd_blocks_are_no_error(blocks: object) -> None:
    assert "blocks" in redrawn(Payload({"blocks": blocks, "state": {"values": []}}))


def test_several_choices_come_back_with_commas_between() -> None:
    values = {
        "people": {"value": {"selected_users": ["U0A", 5, "U0B"]}},
        "done": {"value": {"selected_options": [{"value": "1"}, {"value": "2"}]}},
        "day": {"value": {"selected_date": "2026-04-01"}},
        "none": {"value": {"selected_users": []}},
    }
    payload = Payload({"view": {"state": {"values": values}}})
    assert payload.filled == {"people": "U0A,U0B", "done": "1,2", "day": "2026-04-01"}


def test_a_paragraph_without_an_input_is_left_alone() -> None:
    (block,) = redrawn(Payload({"blocks": [section("Words")]}))["blocks"]
    assert block == section("Words")
