"""The Web API refuses what Slack would refuse, and fails when told to."""

import warnings
from typing import Any

import pytest
from aiohttp import ClientOSError
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Hang, ResetAfter, ResetBefore, Room, SlackSandbox, Status
from sandbox.slack.rooms import RoomMessage
from tests.sandbox.conftest import APP_TOKEN

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


def select(options: int) -> Body:
    choices = [{"text": plain(str(number)), "value": str(number)} for number in range(options)]
    element = {"type": "static_select", "action_id": "pick", "options": choices}
    return {"type": "actions", "elements": [element]}


def modal(title: str = "Report") -> Body:
    return {"type": "modal", "title": plain(title), "blocks": [{"type": "divider"}]}


def texts(messages: list[RoomMessage]) -> list[str]:
    return [message.text for message in messages]


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


@pytest.fixture
def once(web: AsyncWebClient) -> AsyncWebClient:
    """A client that tries once, as the bot's does for what it writes."""
    return AsyncWebClient(token=web.token, base_url=web.base_url, retry_handlers=[])


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([button("x" * 76)], "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
        (
            [button(value="x" * 2001)],
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        ([select(0)], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements/0/options]"),
        ([select(101)], "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "unsupported type: mrkdwn"),
        ([{"type": "poem"}], "unsupported type: poem [json-pointer:/blocks/0/type]"),
        ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
    ],
)
async def test_blocks_slack_would_refuse_are_refused(
    web: AsyncWebClient, triage: Room, blocks: list[Body], reason: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await web.chat_postMessage(channel=triage.id, text="x", blocks=blocks)
    assert refused.value.response["error"] == "invalid_blocks"
    assert refused.value.response["response_metadata"]["messages"][0].startswith(f"[ERROR] {reason}")
    assert triage.messages == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": plain("x" * 25)}, "must be less than 25 characters [json-pointer:/view/title/text]"),
        (
            {"private_metadata": "x" * 3001},
            "must be less than 3001 characters [json-pointer:/view/private_metadata]",
        ),
        (
            {"blocks": [{"type": "divider"}] * 101},
            "no more than 100 items allowed [json-pointer:/view/blocks]",
        ),
        ({"type": "home"}, "must be modal [json-pointer:/view/type]"),
    ],
)
async def test_views_slack_would_refuse_are_refused(web: AsyncWebClient, change: Body, reason: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        await web.views_open(trigger_id="any", view={**modal(), **change})
    assert refused.value.response["error"] == "invalid_arguments"
    assert refused.value.response["response_metadata"]["messages"] == [f"[ERROR] {reason}"]


async def test_unknown_channel_and_missing_arguments_are_refused(web: AsyncWebClient, triage: Room) -> None:
    assert await refusal(web.chat_postMessage(channel="C404", text="x")) == "channel_not_found"
    assert await refusal(web.api_call("chat.postMessage", json={"text": "x"})) == "invalid_arguments"
    assert await refusal(web.api_call("chat.sing")) == "unknown_method"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert await refusal(web.chat_postMessage(channel=triage.id, text="")) == "no_text"


async def test_app_learns_who_it_is(web: AsyncWebClient) -> None:
    assert (await web.auth_test())["team_id"] == "T0SANDBOX"


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-other", "invalid_auth"), (APP_TOKEN, "not_allowed_token_type")],
)
async def test_token_must_be_the_right_one(web: AsyncWebClient, token: str, error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        await AsyncWebClient(token=token, base_url=web.base_url).auth_test()
    assert refused.value.response["error"] == error


async def test_too_many_requests_say_when_to_come_back(
    once: AsyncWebClient, slack: SlackSandbox, triage: Room
) -> None:
    slack.faults.next("chat.postMessage", Status(429, "ratelimited", retry_after=7))
    with pytest.raises(SlackApiError) as refused:
        await once.chat_postMessage(channel=triage.id, text="x")
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "7")
    assert [(call.method, call.chat_id) for call in slack.calls] == [("chat.postMessage", "C0TRIAGE")]


async def test_refusal_can_be_made_up(once: AsyncWebClient, slack: SlackSandbox, triage: Room) -> None:
    slack.faults.next("chat.postMessage", Status(200, "is_archived"))
    assert await refusal(once.chat_postMessage(channel=triage.id, text="x")) == "is_archived"


async def test_reset_before_posts_nothing(once: AsyncWebClient, slack: SlackSandbox, triage: Room) -> None:
    slack.faults.next("chat.postMessage", ResetBefore())
    with pytest.raises(ClientOSError):
        await once.chat_postMessage(channel=triage.id, text="x")
    assert triage.messages == []


async def test_reset_after_posts_without_telling(
    once: AsyncWebClient, slack: SlackSandbox, triage: Room
) -> None:
    slack.faults.next("chat.postMessage", ResetAfter())
    with pytest.raises(ClientOSError):
        await once.chat_postMessage(channel=triage.id, text="x")
    assert texts(triage.messages) == ["x"]


async def test_client_that_retries_a_reset_posts_twice(
    web: AsyncWebClient, slack: SlackSandbox, triage: Room
) -> None:
    retrying = AsyncWebClient(
        token=web.token, base_url=web.base_url, retry_handlers=[AsyncConnectionErrorRetryHandler()]
    )
    slack.faults.next("chat.postMessage", ResetAfter())
    await retrying.chat_postMessage(channel=triage.id, text="x")
    assert texts(triage.messages) == ["x", "x"]


async def test_hanging_call_is_done_late(once: AsyncWebClient, slack: SlackSandbox, triage: Room) -> None:
    slack.faults.next("chat.postMessage", Hang(0.01))
    await once.chat_postMessage(channel=triage.id, text="x")
    assert texts(triage.messages) == ["x"]


async def test_everything_fails_while_slack_is_down(
    once: AsyncWebClient, slack: SlackSandbox, triage: Room
) -> None:
    slack.faults.down = True
    with pytest.raises(SlackApiError) as refused:
        await once.chat_postMessage(channel=triage.id, text="x")
    assert refused.value.response.status_code == 502
