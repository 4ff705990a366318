"""Block Kit for a small app that takes issues."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

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


def opens_issue_modal(app: AsyncApp) -> None:
    @app.command("/lab-issue")
    async def opened(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=ISSUE)


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
