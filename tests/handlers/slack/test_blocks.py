"""Messages in Block Kit: within Slack's limits, and nobody's words read as markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialog.message import Button, Field, Message
from handlers.slack.blocks import MAX_BLOCKS, rendered
from sandbox.slack.blocks import accepted

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
LONG_TEXT = st.builds(lambda text, times: text * times, ANY_TEXT, st.integers(1, 60))
MESSAGES = st.builds(
    Message,
    text=LONG_TEXT,
    title=ANY_TEXT,
    quotes=st.tuples(LONG_TEXT),
    fields=st.lists(
        st.builds(Field, label=ANY_TEXT.filter(str.strip), value=LONG_TEXT, person=st.none() | ANY_TEXT),
        max_size=25,
    ).map(tuple),
    buttons=st.lists(
        st.lists(
            st.builds(
                Button,
                label=ANY_TEXT.filter(str.strip),
                data=st.text(min_size=1, max_size=64),
                style=st.sampled_from(["plain", "primary", "danger"]),
            ),
            min_size=1,
            max_size=5,
        ).map(tuple),
        max_size=12,
    ).map(tuple),
)


@given(MESSAGES)
def test_whatever_is_to_be_said_slack_accepts(message: Message) -> None:
    content = rendered(message)
    accepted([dict(block) for block in content.blocks], "message") if content.blocks else None
    assert 0 < len(content.fallback) <= 3000
    assert "<" not in content.fallback


@given(MESSAGES)
def test_every_button_stays_however_many_words_there_are(message: Message) -> None:
    blocks = rendered(message).blocks
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    assert len(rows) == len(message.buttons)
    assert len(blocks) <= MAX_BLOCKS


def test_a_button_carries_its_data_and_a_name_of_its_own() -> None:
    message = Message("?", ((Button("Yes", "t.1.yes", "primary"), Button("No", "t.1.no")),))
    assert rendered(message).blocks[-1] == {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "Yes", "emoji": False},
                "action_id": "press.0",
                "value": "t.1.yes",
                "style": "primary",
            },
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "No", "emoji": False},
                "action_id": "press.1",
                "value": "t.1.no",
            },
        ],
    }


def test_a_person_is_mentioned_and_a_forged_one_is_not() -> None:
    fields = (Field("By", "", "U0HOUSE"), Field("Assigned", "", "U1> <!channel"))
    shown = rendered(Message("x", fields=fields)).blocks[-1]["fields"]
    assert shown == [
        {"type": "mrkdwn", "text": "*By*\n<@U0HOUSE>", "verbatim": True},
        {"type": "mrkdwn", "text": "*Assigned*\nU1&gt; &lt;!channel", "verbatim": True},
    ]


@pytest.mark.parametrize("value", ["one line\n*Status*\nResolved", "x" * 300])
def test_a_value_that_could_pose_as_another_field_stands_alone_as_plain_text(value: str) -> None:
    block = rendered(Message("x", fields=(Field("Needs", value),))).blocks[-1]
    assert block["text"] == {"type": "plain_text", "text": f"Needs\n{value}", "emoji": False}


def test_a_title_that_says_it_all_is_said_once() -> None:
    assert len(rendered(Message("Complaint 1", title="Complaint 1")).blocks) == 1


def test_a_notification_says_its_title_once() -> None:
    assert rendered(Message("Complaint C-1", title="Complaint C-1")).fallback == "Complaint C-1"
