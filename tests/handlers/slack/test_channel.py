"""Delivering to Slack: in place of, after, and what refusals and outages come to."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels import RetryAfter, Sent, Undeliverable
from bot.dialog.message import Button, Message
from handlers.slack import SlackChannel
from sandbox.slack import Hang, ResetAfter, ResetBefore
from sandbox.slack import Status as HttpStatus
from tests.handlers.slack.conftest import Stage, words

QUESTION = Message("How was it?", ((Button("Good", "t.1.good"),),), slot="question")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest.fixture
def channel(stage: Stage) -> SlackChannel:
    return stage.handler.channel


async def sent(channel: SlackChannel, address: str, message: Message, **how: str | bytes | None) -> str:
    outcome = await deliver(channel, address, message, **how)
    assert isinstance(outcome, Sent), outcome
    return outcome.reference


async def deliver(
    channel: SlackChannel, address: str, message: Message, **how: str | bytes | None
) -> Sent | RetryAfter | Undeliverable:
    image, replaces = how.get("image"), how.get("replaces")
    supersedes, under = how.get("supersedes"), how.get("under")
    assert image is None or isinstance(image, bytes)
    assert not isinstance(replaces, bytes)
    assert not isinstance(supersedes, bytes)
    assert not isinstance(under, bytes)
    return await channel.send(
        address, message, image=image, replaces=replaces, supersedes=supersedes, under=under, urgent=True
    )


async def test_a_message_reaches_a_person_and_is_known_by_room_and_time(
    stage: Stage, channel: SlackChannel
) -> None:
    reference = await sent(channel, "U0HOUSE", QUESTION)
    (message,) = stage.house.direct.messages
    assert reference == f"{message.room}:{message.ts}"
    assert words(message) == "How was it?\nGood"


async def test_a_message_takes_the_place_of_another(stage: Stage, channel: SlackChannel) -> None:
    first = await sent(channel, "U0HOUSE", QUESTION)
    assert await sent(channel, "U0HOUSE", Message("Thank you."), replaces=first) == first
    (message,) = stage.house.direct.messages
    assert words(message) == "Thank you."


@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_what_can_no_longer_be_changed_is_sent_anew(
    stage: Stage, channel: SlackChannel, error: str
) -> None:
    first = await sent(channel, "U0HOUSE", QUESTION)
    stage.slack.faults.next("chat.update", HttpStatus(200, error))
    assert await sent(channel, "U0HOUSE", Message("Thank you."), replaces=first) != first
    assert [words(message) for message in stage.house.direct.messages] == [
        "How was it?\nGood",
        "Thank you.",
    ]


@pytest.mark.parametrize("address", ["U0HOUSE", "C0TRIAGE"])
async def test_a_message_stands_in_the_thread_of_the_one_it_belongs_to(
    stage: Stage, channel: SlackChannel, address: str
) -> None:
    card = await sent(channel, address, QUESTION)
    answer = await sent(channel, address, Message("Their words"), under=card)
    room, _, ts = card.partition(":")
    (below,) = next(one for one in stage.slack.rooms if one.id == room).thread(ts)
    assert (words(below), f"{room}:{below.ts}") == ("Their words", answer)


async def test_a_card_edited_later_keeps_its_thread(stage: Stage, channel: SlackChannel) -> None:
    card = await sent(channel, "C0TRIAGE", QUESTION)
    await sent(channel, "C0TRIAGE", Message("Their words"), under=card)
    assert await sent(channel, "C0TRIAGE", Message("Resolved"), replaces=card) == card
    assert len(stage.triage.thread(card.partition(":")[2])) == 1


async def test_an_answer_edited_later_stays_in_its_thread(stage: Stage, channel: SlackChannel) -> None:
    card = await sent(channel, "C0TRIAGE", QUESTION)
    answer = await sent(channel, "C0TRIAGE", Message("Their words"), under=card)
    await sent(channel, "C0TRIAGE", Message("Their words, read"), replaces=answer, under=card)
    (below,) = stage.triage.thread(card.partition(":")[2])
    assert words(below) == "Their words, read"


async def test_an_image_follows_its_words_into_the_thread(stage: Stage, channel: SlackChannel) -> None:
    card = await sent(channel, "C0TRIAGE", QUESTION)
    await sent(channel, "C0TRIAGE", Message("The digest"), under=card, image=PNG)
    assert len(stage.triage.thread(card.partition(":")[2])) == 2


async def test_below_a_message_that_is_gone_words_are_said_in_the_room(
    stage: Stage, channel: SlackChannel
) -> None:
    await sent(channel, "C0TRIAGE", Message("Their words"), under="C0TRIAGE:1.000000")
    (message,) = stage.triage.messages
    assert (words(message), message.thread_ts) == ("Their words", None)


@pytest.mark.parametrize("error", ["cannot_reply_to_message", "restricted_action_thread_locked"])
async def test_what_slack_keeps_out_of_a_thread_is_said_in_the_room(
    stage: Stage, channel: SlackChannel, error: str
) -> None:
    card = await sent(channel, "C0TRIAGE", QUESTION)
    stage.slack.faults.next("chat.postMessage", HttpStatus(200, error))
    await sent(channel, "C0TRIAGE", Message("Their words"), under=card)
    assert [message.thread_ts for message in stage.triage.messages] == [None, None]


async def test_a_refusal_that_is_not_about_the_thread_is_an_outcome(
    stage: Stage, channel: SlackChannel
) -> None:
    card = await sent(channel, "C0TRIAGE", QUESTION)
    stage.slack.faults.next("chat.postMessage", HttpStatus(200, "is_archived"))
    assert await deliver(channel, "C0TRIAGE", Message("Their words"), under=card) == RetryAfter(
        "is_archived: check SLACK_TRIAGE_ROOM and ROUTING_FILE, and invite the app to that room",
        seconds=300.0,
    )


async def test_a_new_question_takes_the_buttons_off_the_one_before(
    stage: Stage, channel: SlackChannel
) -> None:
    first = await sent(channel, "U0HOUSE", QUESTION)
    await sent(channel, "U0HOUSE", Message("And the wait?"), supersedes=first)
    assert [words(message) for message in stage.house.direct.messages] == ["How was it?", "And the wait?"]


async def test_posting_comes_last_so_that_a_crash_hardly_ever_repeats_a_message(
    stage: Stage, channel: SlackChannel
) -> None:
    first = await sent(channel, "U0HOUSE", QUESTION)
    await sent(channel, "U0HOUSE", Message("And the wait?"), supersedes=first)
    assert stage.slack.calls[-1].method == "chat.postMessage"


async def test_buttons_slack_does_not_let_go_of_keep_nothing_back(
    stage: Stage, channel: SlackChannel
) -> None:
    first = await sent(channel, "U0HOUSE", QUESTION)
    stage.slack.faults.next("conversations.history", HttpStatus(200, "missing_scope"))
    await sent(channel, "U0HOUSE", Message("And the wait?"), supersedes=first)
    assert len(stage.house.direct.messages) == 2


async def test_an_image_follows_its_words(stage: Stage, channel: SlackChannel) -> None:
    reference = await sent(channel, "U0HOUSE", Message("The digest"), image=PNG)
    text, image = stage.house.direct.messages
    assert reference == f"{text.room}:{text.ts}"
    assert words(text) == "The digest"
    assert image.files == (("labvoice.png", PNG),)


async def test_an_image_that_cannot_be_uploaded_says_nothing_twice(
    stage: Stage, channel: SlackChannel
) -> None:
    stage.slack.faults.next("files.getUploadURLExternal", HttpStatus(503, "down"))
    outcome = await deliver(channel, "U0HOUSE", Message("The digest"), image=PNG)
    assert isinstance(outcome, RetryAfter)
    assert stage.house.direct.messages == []


async def test_an_image_that_is_not_shown_leaves_the_words(
    stage: Stage, channel: SlackChannel, caplog: pytest.LogCaptureFixture
) -> None:
    stage.slack.faults.next("files.completeUploadExternal", HttpStatus(500, "internal_error"))
    await sent(channel, "U0HOUSE", Message("The digest"), image=PNG)
    assert len(stage.house.direct.messages) == 1
    assert "is not shown" in caplog.text


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (HttpStatus(429, "", retry_after=7), RetryAfter("ratelimited", seconds=7.0)),
        (HttpStatus(429, ""), RetryAfter("ratelimited")),
        (HttpStatus(200, "channel_not_found"), Undeliverable("channel_not_found", gone=True)),
        (HttpStatus(200, "is_archived"), Undeliverable("is_archived", gone=True)),
        (HttpStatus(200, "user_disabled"), Undeliverable("user_disabled", gone=True)),
        (HttpStatus(200, "invalid_blocks"), Undeliverable("invalid_blocks")),
        (HttpStatus(200, "msg_too_long"), Undeliverable("msg_too_long")),
        (
            HttpStatus(200, "missing_scope"),
            RetryAfter("missing_scope: install the app again with slack-manifest.yaml", seconds=300.0),
        ),
    ],
)
async def test_a_refusal_is_an_outcome(
    stage: Stage, channel: SlackChannel, fault: HttpStatus, outcome: RetryAfter | Undeliverable
) -> None:
    stage.slack.faults.next("chat.postMessage", fault)
    assert await deliver(channel, "U0HOUSE", QUESTION) == outcome


@pytest.mark.parametrize("room", ["C0TRIAGE", "C0REGISTRATION", "C0KUDOS", "C0NORTH", "U0ONCALL"])
@pytest.mark.parametrize("refusal", ["channel_not_found", "is_archived", "not_in_channel"])
async def test_what_is_for_a_room_that_matters_waits_whatever_is_wrong_with_it(
    stage: Stage, channel: SlackChannel, room: str, refusal: str, caplog: pytest.LogCaptureFixture
) -> None:
    stage.slack.faults.next("chat.postMessage", HttpStatus(200, refusal))
    stage.slack.faults.next("conversations.join", HttpStatus(200, "channel_not_found"))
    outcome = await deliver(channel, room, QUESTION)
    assert isinstance(outcome, RetryAfter)
    assert f"{room} now (SLACK_TRIAGE_ROOM, ROUTING_FILE)" in caplog.text


@pytest.mark.parametrize("passing", [HttpStatus(429, "", retry_after=7), HttpStatus(200, "invalid_auth")])
async def test_what_no_change_to_a_room_would_mend_is_not_blamed_on_it(
    stage: Stage, channel: SlackChannel, passing: HttpStatus, caplog: pytest.LogCaptureFixture
) -> None:
    stage.slack.faults.next("chat.postMessage", passing)
    assert isinstance(await deliver(channel, "C0TRIAGE", QUESTION), RetryAfter)
    assert "SLACK_TRIAGE_ROOM" not in caplog.text


async def test_a_public_room_is_joined_when_that_is_needed(stage: Stage, channel: SlackChannel) -> None:
    room = stage.slack.room("C0WARD", name="ward-3", joined=False)
    await sent(channel, "C0WARD", Message("The digest"), image=PNG)
    assert len(room.messages) == 2


async def test_a_private_room_waits_for_an_invitation(stage: Stage, channel: SlackChannel) -> None:
    stage.slack.room("C0WARD", name="ward-3", joined=False)
    stage.slack.faults.next("conversations.join", HttpStatus(200, "channel_not_found"))
    outcome = await deliver(channel, "C0WARD", QUESTION)
    assert outcome == RetryAfter("not_in_channel: invite the app to this room", seconds=300.0)


@pytest.mark.parametrize(
    "fault",
    [
        HttpStatus(500, "broken"),
        HttpStatus(503, "<html>busy</html>"),
        HttpStatus(200, "fatal_error"),
        HttpStatus(200, "invalid_auth"),
        HttpStatus(200, "token_revoked"),
        HttpStatus(200, "account_inactive"),
        ResetBefore(),
    ],
)
async def test_an_outage_or_a_bad_token_pauses_the_channel_and_condemns_nobody(
    stage: Stage, channel: SlackChannel, fault: HttpStatus | ResetBefore
) -> None:
    stage.slack.faults.next("chat.postMessage", fault)
    outcome = await deliver(channel, "U0HOUSE", QUESTION)
    assert isinstance(outcome, RetryAfter)
    assert outcome.whole_channel
    assert outcome.reason.startswith("Slack ")


async def test_a_message_is_never_posted_twice_by_itself(stage: Stage, channel: SlackChannel) -> None:
    stage.slack.faults.next("chat.postMessage", ResetAfter())
    assert isinstance(await deliver(channel, "U0HOUSE", QUESTION), RetryAfter)
    assert len(stage.house.direct.messages) == 1


async def test_a_slack_that_says_nothing_is_an_outage(stage: Stage) -> None:
    stage.slack.faults.next("chat.postMessage", Hang(30))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.05)) as session:
        base_url = stage.handler.client.base_url
        client = AsyncWebClient(token="xoxb-test", base_url=base_url, session=session, retry_handlers=[])
        outcome = await deliver(SlackChannel(client), "U0HOUSE", QUESTION)
    assert outcome == RetryAfter("Slack cannot be reached (TimeoutError)", whole_channel=True)


@pytest.mark.parametrize("address", ["", "here", "#general", "U0HOUSE,U0NURSE", "<!channel>"])
async def test_an_address_that_is_none_is_not_tried(
    stage: Stage, channel: SlackChannel, address: str
) -> None:
    assert await deliver(channel, address, QUESTION) == Undeliverable("not a Slack address")
    assert "chat.postMessage" not in {call.method for call in stage.slack.calls}


async def test_a_client_that_repeats_calls_is_not_accepted() -> None:
    with pytest.raises(ValueError, match="retries"):
        SlackChannel(AsyncWebClient(token="xoxb-test"))
