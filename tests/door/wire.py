"""How requests to the bot are written, signed, and read back."""

import hashlib
import hmac
import json
from urllib.parse import parse_qsl, urlencode

from tests.door.recorder import Asked
from tests.stage.world import SIGNING_SECRET

TELEGRAM, SLACK = "/telegram/updates", "/slack/events"
SECRET_HEADER = "x-telegram-bot-api-secret-token"


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def as_object(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def signature(body: bytes, at: float, secret: str) -> dict[str, str]:
    timestamp = str(int(at))
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest.hexdigest()}"}


def payload(asked: Asked) -> dict[str, object]:
    if asked.headers["content-type"].startswith("application/json"):
        return as_object(json.loads(asked.body))
    fields = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
    return as_object(json.loads(fields["payload"])) if "payload" in fields else {**fields}


def slack_request(body: object, at: float) -> Asked:
    """A request as Slack sends it, signed by it."""
    if isinstance(body, dict) and body.get("type") == "event_callback":
        media, raw = "application/json", encoded(body)
    else:
        media = "application/x-www-form-urlencoded"
        fields = body if isinstance(body, dict) and "command" in body else {"payload": encoded(body).decode()}
        raw = urlencode({key: str(value) for key, value in fields.items()}, errors="replace").encode()
    return Asked(SLACK, {"content-type": media, **signature(raw, at, SIGNING_SECRET)}, raw)
