"""Modals open, are filled in, put right and sent."""

import asyncio

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Acked, Room, SlackPerson, SlackSandbox
from tests.sandbox.both_ways.kit import DONE, ISSUE, Body, opens_issue_modal, option, plain


async def test_command_opens_a_modal(
    app: AsyncApp, slack: SlackSandbox, house: SlackPerson, triage: Room
) -> None:
    opens_issue_modal(app)
    assert await house.command(triage, "/lab-issue", "courier late") == Acked({})
    await house.wait_for(lambda person: person.modal is not None)
    assert house.modal is not None
    assert house.modal.title == "Report an issue"


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
