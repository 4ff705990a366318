"""HTTP as both platforms speak it: every kind of body, callers that leave, connections cut short."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email import message_from_string
from typing import Any, TypeAlias, assert_never
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults import Call, Fault, Faults, Hang, ResetAfter, ResetBefore, Status, StatusAfter

Json: TypeAlias = dict[str, Any]
"""A JSON object as it travels; its members are checked where they are used."""

ABORT = "sandbox.abort"
"""The ASGI extension, offered by `sandbox.serve`, whose value cuts the caller's connection."""


class UnreadableBodyError(Exception):
    """The body is not what its content type says."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart body."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Body:
    """The parameters of one call, from the query string and the body together; the body wins."""

    fields: Json
    uploads: Mapping[str, Upload]


async def read_body(request: Request) -> Body:
    """Read JSON, urlencoded and multipart bodies alike.

    Raises:
        UnreadableBodyError: the body is not well-formed.
    """
    fields: Json = dict(request.query_params)
    uploads: dict[str, Upload] = {}
    raw = await request.body()
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/json"):
        fields.update(_json_object(raw))
    elif content_type.startswith("multipart/form-data"):
        _, _, boundary = content_type.partition("boundary=")
        more, uploads = _multipart(raw, boundary.strip('"'))
        fields.update(more)
    elif content_type.startswith("application/x-www-form-urlencoded"):
        try:
            fields.update(parse_qsl(raw.decode(), keep_blank_values=True))
        except UnicodeDecodeError as error:
            raise UnreadableBodyError("the form is not UTF-8") from error
    return Body(fields, uploads)


def _json_object(raw: bytes) -> Json:
    try:
        value = json.loads(raw or b"{}")
    except ValueError as error:
        raise UnreadableBodyError("the body is not JSON") from error
    if not isinstance(value, dict):
        raise UnreadableBodyError("the body is not a JSON object")
    return value


def _multipart(raw: bytes, boundary: str) -> tuple[dict[str, str], dict[str, Upload]]:
    if not boundary:
        raise UnreadableBodyError("the multipart body names no boundary")
    fields: dict[str, str] = {}
    uploads: dict[str, Upload] = {}
    for part in (b"\r\n" + raw).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        message = message_from_string(head.decode())
        name = message.get_param("name", header="content-disposition")
        file_name = message.get_filename()
        if not isinstance(name, str):
            raise UnreadableBodyError("a part of the multipart body has no name")
        if file_name is None:
            fields[name] = data.decode()
        else:
            uploads[name] = Upload(file_name, message.get_content_type(), data)
    return fields, uploads


async def left(request: Request) -> None:
    """Return once the caller has gone or the server is stopping; the body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def leaves_within(request: Request, seconds: float) -> bool:
    """Wait up to `seconds` and tell whether the caller has gone in that time."""
    try:
        async with asyncio.timeout(seconds):
            await left(request)
    except TimeoutError:
        return False
    return True


async def drop(request: Request) -> Response:
    """Cut the caller's connection with a TCP reset; the response returned is never sent."""
    abort: Callable[[], None] | None = request.scope.get("extensions", {}).get(ABORT)
    if abort is None:
        return Response("This server cannot cut connections.", status_code=500)
    abort()
    await left(request)
    return Response(status_code=500)


async def with_faults(
    request: Request,
    call: Call,
    faults: Faults,
    answer: Callable[[], Awaitable[Response]],
    refuse: Callable[[Status], Response],
) -> Response:
    """Answer one call, spoilt by its method's fault if one is queued or the platform is down."""

    def noted(response: Response) -> Response:
        call.answered = response.status_code
        return response

    if faults.down:
        return noted(refuse(Status(502, "Bad Gateway")))
    fault: Fault | None = faults.take(call.method)
    match fault:
        case None:
            return noted(await answer())
        case Status():
            return noted(refuse(fault))
        case StatusAfter(code, description):
            await answer()
            return noted(refuse(Status(code, description)))
        case ResetBefore():
            return await drop(request)
        case ResetAfter():
            await answer()
            return await drop(request)
        case Hang(seconds):
            if await leaves_within(request, seconds):
                return Response(status_code=500)
            return noted(await answer())
        case _:
            assert_never(fault)
