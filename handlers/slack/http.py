"""Events over HTTP: nothing reaches the app that Slack did not sign, just now, for the first time."""

import binascii
import hashlib
import hmac
import json
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from handlers.slack.app import SlackHandler
from handlers.slack.payload import Body
from handlers.web import FORM, JSON, WORDS, Answer, Endpoint, Key

log = logging.getLogger(__name__)

MAX_BODY = 1_000_000
_FRESH = timedelta(minutes=5)
_REMEMBERED = timedelta(minutes=10)
_MOST_REMEMBERED = 50_000
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_SIGNED = Key(
    "slackSignature",
    {
        "type": "apiKey",
        "in": "header",
        "name": "X-Slack-Signature",
        "description": "Slack's signature of the body and of X-Slack-Request-Timestamp",
    },
)
_PAYLOAD = b"payload="
_RETRY_HEADERS = ("x-slack-retry-num", "x-slack-retry-reason")


class SlackEndpoint:
    """Receives what Slack posts.

    400 for a body that cannot be read, 401 for one not signed by Slack within five minutes or signed exactly
    like one already taken, 413 for more than a megabyte. Slack signs every attempt anew, with the time it is
    made, so its own repeats carry other signatures; one within the same second after a failure does not, and
    is welcome because failed attempts are not remembered. The retry headers are not signed and open no door.
    Signatures are remembered by this process alone: what another replica is sent again, event ids catch.
    """

    def __init__(self, handler: SlackHandler, signing_secret: str, clock: Callable[[], datetime]) -> None:
        if not signing_secret.strip():
            raise ValueError("without a signing secret nothing Slack sends can be trusted")
        self._handler = handler
        self._secret = signing_secret.encode()
        self._clock = clock
        self._taken: OrderedDict[str, datetime] = OrderedDict()

    def route(self) -> Endpoint:
        """Where the endpoint is."""
        return Endpoint(
            "/slack/events",
            self.handle,
            method="POST",
            summary="An event, command, press or form from Slack.",
            takes={JSON: None, FORM: None},
            key=_SIGNED,
            answers={
                200: Answer("It is taken; the body is for Slack.", (WORDS, JSON), None),
                400: Answer("The body cannot be read, or is no request of Slack's.", (WORDS,)),
                401: Answer("It is not signed by Slack, too old, or was taken before.", (WORDS,)),
                413: Answer("The body is larger than 1 MB.", (WORDS,)),
                503: Answer("It could not be kept.", (WORDS,)),
            },
        )

    async def handle(self, request: Request) -> Response:
        """Verify one request and have it handled."""
        raw = await _read(request)
        if raw is None:
            return _refused(413, "the body is larger than 1 MB")
        signature = request.headers.get("x-slack-signature", "")
        if not self._is_genuine(request.headers.get("x-slack-request-timestamp", ""), signature, raw):
            return _refused(401, "the signature is missing, wrong or too old")
        if not self._is_first(signature):
            return _refused(401, "this request was taken before")
        body = _parsed(raw, request.headers.get("content-type", ""))
        if body is None:
            return _refused(400, "the body cannot be read")
        response: Response | None = None
        try:
            response = await self._dispatched(body, request)
        finally:
            if response is None or response.status_code >= 500:
                self._taken.pop(signature, None)
        return response

    async def _dispatched(self, body: Body, request: Request) -> Response:
        headers = {name: request.headers[name] for name in _RETRY_HEADERS if name in request.headers}
        return to_starlette_response(await self._handler.dispatch(body, headers))

    def _is_genuine(self, timestamp: str, signature: str, raw: bytes) -> bool:
        if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            return False
        if abs(self._clock().timestamp() - int(timestamp)) > _FRESH.total_seconds():
            return False
        signed = hmac.new(self._secret, b"v0:" + timestamp.encode() + b":" + raw, hashlib.sha256)
        return hmac.compare_digest(f"v0={signed.hexdigest()}", signature)

    def _is_first(self, signature: str) -> bool:
        """Whether this signature was not taken before, and take it. Only genuine ones are ever remembered."""
        now = self._clock()
        while self._taken and (
            next(iter(self._taken.values())) < now - _REMEMBERED or len(self._taken) >= _MOST_REMEMBERED
        ):
            self._taken.popitem(last=False)
        if signature in self._taken:
            return False
        self._taken[signature] = now
        return True


async def _read(request: Request) -> bytes | None:
    """The whole body, or None as soon as it is known to be too long."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > MAX_BODY:
        return None
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MAX_BODY:
            return None
    return bytes(raw)


def _parsed(raw: bytes, content_type: str) -> Body | None:
    """The request as an object, or None: events come as JSON, the rest as a form, perhaps with JSON in it."""
    try:
        if content_type.partition(";")[0].strip() == "application/json":
            body = json.loads(raw.decode())
        elif raw.startswith(_PAYLOAD) and b"&" not in raw:
            body = json.loads(_unquoted(raw[len(_PAYLOAD) :]).decode())
        else:
            fields = dict(parse_qsl(raw.decode(), keep_blank_values=True))
            body = json.loads(fields["payload"]) if "payload" in fields else fields
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _unquoted(value: bytes) -> bytes:
    """A form's value without its percent signs.

    Quoted-printable is the same with another sign, and is read in C: for what a modal holds, 15 us, where
    urllib takes 240.
    """
    return binascii.a2b_qp(value.replace(b"+", b" ").replace(b"=", b"=3D").replace(b"%", b"="))


def _refused(status: int, reason: str) -> Response:
    log.warning("a request to the Slack endpoint is refused: %s", reason)
    return PlainTextResponse(reason, status_code=status)
