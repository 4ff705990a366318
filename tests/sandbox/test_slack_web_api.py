"""The Web API keeps what the app says."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Room, SlackPerson, SlackSandbox
from tests.sandbox.conftest import Clock

Body = dict[str, Any]


def plain(text: str) -> Body:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Body:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(text: str = "Go", **more: object) -> Body:
    return {
        "type": "actions",
        "elements": [{"type": "button", "action_id": "go", "text": plain(text), **more}],
    }


def modal(title: str = "Report") -> Body:
    return {"type": "modal", "title": plain(title), "blocks": [{"type": "divider"}]}


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


@pytest.fixture
def new_trigger(
    app: AsyncApp, sockets: AsyncSocketModeHandler, house: SlackPerson
) -> Callable[[], Awaitable[str]]:
    """Has a command typed and gives the trigger_id that came with it."""
    given: list[str] = []

    @app.command("/lab-issue")
    async def take(ack: AsyncAck, body: Body) -> None:
        given.append(body["trigger_id"])
        await ack()

    async def new() -> str:
        await house.command(house.direct, "/lab-issue")
        return given[-1]

    return new


async def test_message_shows_in_its_room(web: AsyncWebClient, triage: Room) -> None:
    posted = await web.chat_postMessage(channel="C0TRIAGE", text="C-1", blocks=[section("*C-1*"), button()])
    (message,) = triage.messages
    assert (message.ts, message.bot, message.text) == (posted["ts"], True, "C-1")
    assert [block["type"] for block in message.blocks] == ["section", "actions"]
    assert all(block["block_id"] for block in message.blocks)


async def test_message_to_a_person_opens_direct_messages(web: AsyncWebClient, house: SlackPerson) -> None:
    posted = await web.chat_postMessage(channel="U0HOUSE", text="Resolved")
    assert posted["channel"] == house.direct.id
    assert [message.text for message in house.direct.messages] == ["Resolved"]
    opened = await web.conversations_open(users="U0HOUSE")
    assert opened["channel"]["id"] == house.direct.id


async def test_update_with_text_alone_takes_the_blocks_away(web: AsyncWebClient, triage: Room) -> None:
    posted = await web.chat_postMessage(channel=triage.id, text="C-1", blocks=[button()])
    await web.chat_update(channel=triage.id, ts=posted["ts"], text="C-1 closed")
    (message,) = triage.messages
    assert (message.text, message.blocks, message.edited) == ("C-1 closed", (), 1)


async def test_update_of_a_message_that_is_not_there_is_refused(web: AsyncWebClient, triage: Room) -> None:
    assert await refusal(web.chat_update(channel=triage.id, ts="1.000000", text="x")) == "message_not_found"


async def test_only_own_messages_can_be_changed(
    web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    house.say(triage, "hello")
    ts = triage.messages[0].ts
    assert await refusal(web.chat_update(channel=triage.id, ts=ts, text="x")) == "cant_update_message"
    assert await refusal(web.chat_delete(channel=triage.id, ts=ts)) == "cant_delete_message"


async def test_deleted_message_is_gone(web: AsyncWebClient, triage: Room) -> None:
    posted = await web.chat_postMessage(channel=triage.id, text="oops")
    await web.chat_delete(channel=triage.id, ts=posted["ts"])
    assert triage.messages == []


async def test_ephemeral_message_shows_to_one_person(
    web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    await web.chat_postEphemeral(channel=triage.id, user="U0HOUSE", text="Only staff may do this.")
    assert [message.text for message in house.private] == ["Only staff may do this."]
    assert triage.messages == []


async def test_metadata_is_found_in_the_history(web: AsyncWebClient, triage: Room) -> None:
    metadata = Metadata(event_type="delivery", event_payload={"outbox": "1"})
    await web.chat_postMessage(channel=triage.id, text="first", metadata=metadata)
    with_it = await web.conversations_history(channel=triage.id, include_all_metadata=True)
    assert with_it["messages"][0]["metadata"]["event_payload"] == {"outbox": "1"}
    without = await web.conversations_history(channel=triage.id)
    assert "metadata" not in without["messages"][0]


async def test_history_is_paged_newest_first_without_answers(web: AsyncWebClient, triage: Room) -> None:
    posted = [await web.chat_postMessage(channel=triage.id, text=str(number)) for number in range(3)]
    await web.chat_postMessage(channel=triage.id, text="answer", thread_ts=posted[0]["ts"])
    page = await web.conversations_history(channel=triage.id, limit=2)
    assert [message["text"] for message in page["messages"]] == ["2", "1"]
    cursor = page["response_metadata"]["next_cursor"]
    last = await web.conversations_history(channel=triage.id, limit=2, cursor=cursor)
    assert [(message["text"], message["reply_count"]) for message in last["messages"]] == [("0", 1)]
    thread = await web.conversations_replies(channel=triage.id, ts=posted[0]["ts"])
    assert [message["text"] for message in thread["messages"]] == ["0", "answer"]


async def test_a_thread_tells_of_its_answers(web: AsyncWebClient, house: SlackPerson, triage: Room) -> None:
    card = await web.chat_postMessage(channel=triage.id, text="C-1")
    await web.chat_postMessage(channel=triage.id, text="their words", thread_ts=card["ts"])
    house.say(triage, "I'll ring them", card["ts"])
    last = triage.messages[-1].ts
    root, theirs, mine = (await web.conversations_replies(channel=triage.id, ts=card["ts"]))["messages"]
    assert {
        name: root[name] for name in ("thread_ts", "reply_count", "reply_users_count", "latest_reply")
    } == {
        "thread_ts": card["ts"],
        "reply_count": 2,
        "reply_users_count": 2,
        "latest_reply": last,
    }
    assert root["reply_users"] == ["U0SANDBOX", "U0HOUSE"]
    assert [one["parent_user_id"] for one in (theirs, mine)] == ["U0SANDBOX", "U0SANDBOX"]
    assert [one.text for one in triage.thread(card["ts"])] == ["their words", "I'll ring them"]


async def test_an_answer_leads_to_its_whole_thread(web: AsyncWebClient, triage: Room) -> None:
    card = await web.chat_postMessage(channel=triage.id, text="C-1")
    answer = await web.chat_postMessage(channel=triage.id, text="answer", thread_ts=card["ts"])
    below = await web.chat_postMessage(channel=triage.id, text="below it", thread_ts=answer["ts"])
    assert below["message"]["thread_ts"] == card["ts"]
    thread = await web.conversations_replies(channel=triage.id, ts=answer["ts"])
    assert [message["text"] for message in thread["messages"]] == ["C-1", "answer", "below it"]
    assert await refusal(web.conversations_replies(channel=triage.id, ts="1.0")) == "thread_not_found"


async def test_an_answer_can_be_shown_in_the_room_too(web: AsyncWebClient, triage: Room) -> None:
    card = await web.chat_postMessage(channel=triage.id, text="C-1")
    await web.chat_postMessage(channel=triage.id, text="aside", thread_ts=card["ts"])
    await web.chat_postMessage(channel=triage.id, text="to all", thread_ts=card["ts"], reply_broadcast=True)
    history = await web.conversations_history(channel=triage.id)
    assert [(one["text"], one.get("subtype")) for one in history["messages"]] == [
        ("to all", "thread_broadcast"),
        ("C-1", None),
    ]
    assert [one.broadcast for one in triage.messages] == [False, False, True]


async def test_below_a_message_that_is_gone_words_are_said_in_the_room(
    web: AsyncWebClient, triage: Room
) -> None:
    card = await web.chat_postMessage(channel=triage.id, text="C-1")
    await web.chat_delete(channel=triage.id, ts=card["ts"])
    answer = await web.chat_postMessage(channel=triage.id, text="answer", thread_ts=card["ts"])
    assert "thread_ts" not in answer["message"]
    assert [(one.text, one.thread_ts) for one in triage.messages] == [("answer", None)]


async def test_a_thread_outlives_the_message_above_it(web: AsyncWebClient, triage: Room) -> None:
    card = await web.chat_postMessage(channel=triage.id, text="C-1")
    await web.chat_postMessage(channel=triage.id, text="answer", thread_ts=card["ts"])
    await web.chat_delete(channel=triage.id, ts=card["ts"])
    await web.chat_postMessage(channel=triage.id, text="another", thread_ts=card["ts"])
    assert [one.text for one in triage.thread(card["ts"])] == ["answer", "another"]
    assert triage.messages[0].text == "This message was deleted."


async def test_rooms_and_people_can_be_looked_up(
    web: AsyncWebClient, slack: SlackSandbox, house: SlackPerson, triage: Room
) -> None:
    quiet = slack.room("C0QUIET", name="quiet", joined=False)
    assert await refusal(web.chat_postMessage(channel=quiet.id, text="x")) == "not_in_channel"
    await web.conversations_join(channel=quiet.id)
    await web.chat_postMessage(channel=quiet.id, text="x")
    listed = await web.conversations_list()
    assert [room["name"] for room in listed["channels"]] == ["lab-triage", "quiet"]
    assert (await web.conversations_info(channel=triage.id))["channel"]["is_member"]
    assert (await web.users_info(user="U0HOUSE"))["user"]["real_name"] == "Dr House"
    assert [user["id"] for user in (await web.users_list())["members"]] == ["U0HOUSE"]
    assert await refusal(web.users_info(user="U404")) == "user_not_found"


async def test_permalink_and_reaction(web: AsyncWebClient, triage: Room) -> None:
    posted = await web.chat_postMessage(channel=triage.id, text="C-1")
    link = await web.chat_getPermalink(channel=triage.id, message_ts=posted["ts"])
    assert link["permalink"].startswith("https://sandbox.slack.com/archives/C0TRIAGE/p")
    await web.reactions_add(channel=triage.id, timestamp=posted["ts"], name="eyes")
    assert triage.messages[0].reactions == ("eyes",)


async def test_picture_is_uploaded_and_shared(web: AsyncWebClient, triage: Room) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    await web.files_upload_v2(
        filename="digest.png", content=picture, channel=triage.id, initial_comment="The week in figures"
    )
    (message,) = triage.messages
    assert (message.text, message.files) == ("The week in figures", (("digest.png", picture),))


async def test_trigger_opens_one_view_within_three_seconds(
    web: AsyncWebClient, new_trigger: Callable[[], Awaitable[str]], clock: Clock
) -> None:
    used = await new_trigger()
    await web.views_open(trigger_id=used, view=modal())
    assert await refusal(web.views_open(trigger_id=used, view=modal())) == "exchanged_trigger_id"
    late = await new_trigger()
    clock.advance(timedelta(seconds=4))
    assert await refusal(web.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"
    assert await refusal(web.views_open(trigger_id="made up", view=modal())) == "invalid_trigger_id"


async def test_view_is_updated_unless_it_has_changed_meanwhile(
    web: AsyncWebClient, new_trigger: Callable[[], Awaitable[str]], house: SlackPerson
) -> None:
    view = (await web.views_open(trigger_id=await new_trigger(), view=modal("Loading")))["view"]
    await web.views_update(view_id=view["id"], hash=view["hash"], view=modal("Ready"))
    assert house.modal is not None
    assert house.modal.title == "Ready"
    stale = web.views_update(view_id=view["id"], hash=view["hash"], view=modal("Late"))
    assert await refusal(stale) == "hash_conflict"
    assert await refusal(web.views_update(view_id="V404", view=modal())) == "not_found"
