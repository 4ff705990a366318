"""People work with a real Bolt app, over Socket Mode and over signed HTTP requests alike."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.serve import serve
from sandbox.slack import Acked, NotAcked, Room, SlackPerson, SlackSandbox, Timings
from schedules.clock import system_clock
from tests.sandbox.conftest import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Clock, socket_mode

Body = dict[str, Any]


def plain(text: str) -> Body:
    return {"type": "plain_text", "text": text}


def option(value: str, label: str) -> Body:
    return {"text": plain(label), "value": value}


def ask(block_id: str, label: str, element: Body, **more: object) -> Body:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": "value", **element},
        **more,
    }


SEVERITY = {"type": "radio_buttons", "options": [option("low", "Low"), option("high", "High")]}
CATEGORY = {"type": "static_select", "options": [option("courier", "Courier"), option("it", "IT")]}
TAGS = {"type": "checkboxes", "options": [option("call", "Call me"), option("mail", "Mail me")]}
WARDS = {"type": "multi_static_select", "options": [option("a", "Ward A"), option("b", "Ward B")]}

ISSUE = {
    "type": "modal",
    "callback_id": "issue",
    "title": plain("Report an issue"),
    "submit": plain("Send"),
    "private_metadata": "C0TRIAGE",
    "blocks": [
        ask("category", "Category", CATEGORY),
        ask("severity", "How serious", SEVERITY),
        ask("tags", "Reach me", TAGS, optional=True),
        ask("wards", "Wards", WARDS, optional=True),
        ask("what", "What happened", {"type": "plain_text_input", "multiline": True, "max_length": 500}),
    ],
}
DONE = {"type": "modal", "title": plain("Thank you"), "blocks": [{"type": "divider"}]}


class HttpApp:
    """The Bolt app behind its Starlette adapter, with a switch to fail."""

    def __init__(self) -> None:
        self.app: AsyncApp | None = None
        self.failures: list[int] = []
        self.retries: list[str | None] = []
        self.asgi = Starlette(routes=[Route("/slack/events", self.serve, methods=["POST"])])

    async def serve(self, request: Request) -> Response:
        assert self.app is not None
        self.retries.append(request.headers.get("x-slack-retry-num"))
        if self.failures:
            return Response(status_code=self.failures.pop(0))
        return await AsyncSlackRequestHandler(self.app).handle(request)


@pytest.fixture
async def http_app() -> HttpApp:
    return HttpApp()


@pytest.fixture(params=["socket_mode", "http"])
async def slack(
    request: pytest.FixtureRequest, clock: Clock, http_app: HttpApp
) -> AsyncIterator[SlackSandbox]:
    timings = Timings(ack=2.0, retries=(0.0, 0.01, 30.0))
    if request.param == "socket_mode":
        sandbox = SlackSandbox(
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            signing_secret=SIGNING_SECRET,
            now=clock.now,
            timings=timings,
        )
        yield sandbox
        await sandbox.aclose()
        return
    async with serve(http_app.asgi) as url:
        sandbox = SlackSandbox(
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            signing_secret=SIGNING_SECRET,
            now=clock.now,
            signed_at=system_clock,
            events_url=f"{url}/slack/events",
            timings=timings,
        )
        yield sandbox
        await sandbox.aclose()


@pytest.fixture(autouse=True)
async def connected(
    request: pytest.FixtureRequest, slack: SlackSandbox, slack_url: str, app: AsyncApp, http_app: HttpApp
) -> AsyncIterator[None]:
    """The app hears what happens, one way or the other."""
    if request.node.callspec.params["slack"] == "http":
        http_app.app = app
        slack.url = slack_url
        yield
        return
    async with socket_mode(app, slack):
        yield


def opens_issue_modal(app: AsyncApp) -> None:
    @app.command("/lab-issue")
    async def opened(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=ISSUE)


async def test_command_opens_a_modal(
    app: AsyncApp, slack: SlackSandbox, house: SlackPerson, triage: Room
) -> None:
    opens_issue_modal(app)
    assert await house.command(triage, "/lab-issue", "courier late") == Acked({})
    await house.wait_for(lambda person: person.modal is not None)
    assert house.modal is not None
    assert house.modal.title == "Report an issue"


async def test_command_answers_privately(app: AsyncApp, house: SlackPerson) -> None:
    @app.command("/lab-status")
    async def status(ack: AsyncAck, body: Body) -> None:
        await ack(f"Nothing open, <@{body['user_id']}> ({body['text']})")

    await house.command(house.direct, "/lab-status", "mine")
    assert [message.text for message in house.private] == ["Nothing open, <@U0HOUSE> (mine)"]


async def test_command_the_app_fails_is_told_to_the_person(house: SlackPerson, triage: Room) -> None:
    assert isinstance(await house.command(triage, "/unknown"), NotAcked)
    assert house.notices == ["/unknown failed with the error “dispatch_failed”"]


async def test_submission_carries_every_kind_of_value(
    app: AsyncApp, house: SlackPerson, triage: Room
) -> None:
    opens_issue_modal(app)
    received: list[Body] = []

    @app.view("issue")
    async def submitted(ack: AsyncAck, view: Body, body: Body) -> None:
        received.append(body)
        await ack()

    await house.command(triage, "/lab-issue")
    await house.wait_for(lambda person: person.modal is not None)
    house.fill(
        {
            "Category": "Courier",
            "severity": "high",
            "Reach me": ["Call me", "mail"],
            "Wards": ["Ward B"],
            "What happened": "Two hours late",
        }
    )
    assert await house.submit() is None
    assert house.modal is None
    (body,) = received
    assert (body["view"]["callback_id"], body["view"]["private_metadata"]) == ("issue", "C0TRIAGE")
    assert body["view"]["state"]["values"] == {
        "category": {"value": {"type": "static_select", "selected_option": option("courier", "Courier")}},
        "severity": {"value": {"type": "radio_buttons", "selected_option": option("high", "High")}},
        "tags": {
            "value": {
                "type": "checkboxes",
                "selected_options": [option("call", "Call me"), option("mail", "Mail me")],
            }
        },
        "wards": {"value": {"type": "multi_static_select", "selected_options": [option("b", "Ward B")]}},
        "what": {"value": {"type": "plain_text_input", "value": "Two hours late"}},
    }


async def test_errors_stay_under_their_inputs_until_put_right(
    app: AsyncApp, house: SlackPerson, triage: Room
) -> None:
    opens_issue_modal(app)

    @app.view("issue")
    async def submitted(ack: AsyncAck, view: Body) -> None:
        if view["state"]["values"]["what"]["value"]["value"] == "?":
            await ack(response_action="errors", errors={"what": "Please say a little more."})
        else:
            await ack(response_action="update", view=DONE)

    await house.command(triage, "/lab-issue")
    await house.wait_for(lambda person: person.modal is not None)
    assert await house.submit() == {
        "category": "Please complete this required field.",
        "severity": "Please complete this required field.",
        "what": "Please complete this required field.",
    }
    house.fill({"Category": "IT", "How serious": "Low", "What happened": "?"})
    assert await house.submit() == {"what": "Please say a little more."}
    house.fill({"What happened": "The label printer is off"})
    assert await house.submit() is None
    assert house.modal is not None
    assert house.modal.title == "Thank you"


async def test_submission_can_push_and_clear(app: AsyncApp, house: SlackPerson, triage: Room) -> None:
    first = {**ISSUE, "blocks": [{"type": "divider"}]}
    second = {**first, "callback_id": "second", "title": plain("Sure?")}

    @app.command("/lab-issue")
    async def opened(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=first)

    @app.view("issue")
    async def pushes(ack: AsyncAck) -> None:
        await ack(response_action="push", view=second)

    @app.view("second")
    async def clears(ack: AsyncAck) -> None:
        await ack(response_action="clear")

    await house.command(triage, "/lab-issue")
    await house.wait_for(lambda person: person.modal is not None)
    await house.submit()
    assert house.modal is not None
    assert house.modal.title == "Sure?"
    await house.submit()
    assert house.modal is None


async def test_submission_the_app_fails_keeps_the_modal_open(
    app: AsyncApp, house: SlackPerson, triage: Room
) -> None:
    opens_issue_modal(app)
    await house.command(triage, "/lab-issue")
    await house.wait_for(lambda person: person.modal is not None)
    house.fill({"Category": "IT", "How serious": "Low", "What happened": "No network"})
    assert await house.submit() == {"": "We had some trouble connecting. Try again?"}
    assert house.modal is not None


async def test_button_on_a_message_reaches_the_app(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    received: list[Body] = []

    @app.action("acknowledge")
    async def pressed(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        received.append(body)
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Acknowledged", blocks=[]
        )

    await web.chat_postMessage(channel=triage.id, text="Complaint C-1", blocks=card())
    await house.click(triage.messages[0], "Acknowledge")
    await house.wait_for(lambda person: triage.messages[0].text == "Acknowledged")
    (body,) = received
    assert body["actions"][0]["value"] == "C-1"
    assert body["user"]["id"] == "U0HOUSE"
    assert body["container"] == {
        "type": "message",
        "message_ts": triage.messages[0].ts,
        "channel_id": "C0TRIAGE",
        "is_ephemeral": False,
    }
    assert triage.messages[0].blocks == ()


async def test_response_url_answers_the_person_and_replaces_the_message(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    @app.action("acknowledge")
    async def pressed(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond("Only staff may do this.", response_type="ephemeral", replace_original=False)
        await respond("Taken", replace_original=True)

    await web.chat_postMessage(channel=triage.id, text="Complaint C-1", blocks=card())
    await house.click(triage.messages[0], "acknowledge")
    await house.wait_for(lambda person: triage.messages[0].text == "Taken")
    assert [message.text for message in house.private] == ["Only staff may do this."]


async def test_home_is_published_when_opened_and_its_buttons_work(app: AsyncApp, house: SlackPerson) -> None:
    @app.event("app_home_opened")
    async def opened(event: Body, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": card()})

    @app.action("acknowledge")
    async def pressed(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        assert body["container"]["type"] == "view"
        await client.views_open(trigger_id=body["trigger_id"], view=DONE)

    await house.open_home()
    await house.wait_for(lambda person: person.home is not None)
    assert house.home is not None
    await house.click(house.home, "Acknowledge")
    await house.wait_for(lambda person: person.modal is not None)


async def test_shortcut_brings_its_message(app: AsyncApp, house: SlackPerson, triage: Room) -> None:
    received: list[Body] = []

    @app.message_shortcut("report_to_lab")
    async def taken(ack: AsyncAck, shortcut: Body, client: AsyncWebClient) -> None:
        await ack()
        received.append(shortcut)
        await client.views_open(trigger_id=shortcut["trigger_id"], view=ISSUE)

    house.say(triage, "The potassium looks wrong again")
    await house.shortcut("report_to_lab", triage.messages[0])
    await house.wait_for(lambda person: person.modal is not None)
    assert received[0]["message"]["text"] == "The potassium looks wrong again"


async def test_words_in_a_thread_reach_the_app(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    @app.event("message")
    async def heard(event: Body, client: AsyncWebClient) -> None:
        await client.chat_postMessage(
            channel=event["channel"], text=f"Noted: {event['text']}", thread_ts=event["thread_ts"]
        )

    root = await web.chat_postMessage(channel=triage.id, text="Complaint C-1")
    await house.say(triage, "any news?", thread_ts=root["ts"])
    await house.wait_for(lambda person: triage.messages[-1].text == "Noted: any news?")
    assert triage.messages[-1].thread_ts == root["ts"]


async def test_select_on_a_message_sends_the_choice(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    chosen = asyncio.get_running_loop().create_future()

    @app.action("assign")
    async def picked(ack: AsyncAck, action: Body) -> None:
        await ack()
        chosen.set_result(action["selected_option"]["value"])

    select = {"action_id": "assign", **CATEGORY}
    section = {"type": "section", "text": plain("Who?"), "accessory": select}
    await web.chat_postMessage(channel=triage.id, text="Who?", blocks=[section])
    await house.click(triage.messages[0], "assign", "IT")
    assert await asyncio.wait_for(chosen, 5) == "it"


async def test_closing_is_told_when_asked_for(app: AsyncApp, house: SlackPerson, triage: Room) -> None:
    closed = asyncio.Event()

    @app.command("/lab-issue")
    async def opened(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view={**ISSUE, "notify_on_close": True})

    @app.view_closed("issue")
    async def noticed(ack: AsyncAck) -> None:
        await ack()
        closed.set()

    await house.command(triage, "/lab-issue")
    await house.wait_for(lambda person: person.modal is not None)
    house.close()
    async with asyncio.timeout(5):
        await closed.wait()
    assert house.modal is None


def card() -> list[Body]:
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*C-1*"}},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": "acknowledge", "text": plain("Acknowledge"), "value": "C-1"}
            ],
        },
    ]
