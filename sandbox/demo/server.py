"""The demo page over HTTP: its files, its stream of what is to be seen, and its actions."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.demo.actions import ACTIONS
from sandbox.demo.guard import SameOriginOnly
from sandbox.demo.laboratory import Laboratory, LaboratoryError
from sandbox.demo.media import slack_file, telegram_photo
from sandbox.demo.stage import Stage
from sandbox.slack import SlackSandbox
from sandbox.telegram import TelegramSandbox

STATIC = Path(__file__).parent / "static"
"""The page's own files."""

_LARGEST_ACTION = 200_000
_BREATH = 0.03


def demo_app(telegram: TelegramSandbox, slack: SlackSandbox, laboratory: Laboratory) -> Starlette:
    """The page, with the two stand-ins beside it under /telegram and /slack.

    The page and its actions answer only requests from the page itself, on this machine.
    """
    stage = Stage(telegram, slack, laboratory)

    async def page(_request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def act(request: Request) -> Response:
        return await _act(stage, request)

    async def stream(_request: Request) -> Response:
        return StreamingResponse(
            _events(stage), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def photo(request: Request) -> Response:
        return telegram_photo(stage.telegram, request)

    async def file(request: Request) -> Response:
        return slack_file(stage.slack, request)

    return Starlette(
        routes=[
            Mount("/telegram", telegram.app),
            Mount("/slack", slack.app),
            Mount(
                "/",
                routes=[
                    Route("/", page),
                    Mount("/static", StaticFiles(directory=STATIC)),
                    Route("/demo/api/act", act, methods=["POST"]),
                    Route("/demo/stream", stream),
                    Route("/demo/media/telegram/{chat:int}/{message:int}", photo),
                    Route("/demo/media/slack/{room}/{ts}/{number:int}", file),
                ],
                middleware=[Middleware(SameOriginOnly)],
            ),
        ]
    )


async def _act(stage: Stage, request: Request) -> Response:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_ACTION:
                return _refusal(413, "That is too long.")
        await stage.perform(ACTIONS.validate_json(bytes(body)))
    except ClientDisconnect:
        return Response(status_code=400)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return _refusal(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    except (LookupError, RuntimeError, TypeError) as error:
        return _refusal(409, str(error.args[0]) if error.args else "That cannot be done now.")
    except LaboratoryError as error:
        return _refusal(502, str(error))
    return JSONResponse({"ok": True})


def _refusal(status: int, words: str) -> Response:
    return JSONResponse({"ok": False, "error": words}, status_code=status)


async def _events(stage: Stage) -> AsyncIterator[str]:
    """Server-sent events, one named after each part of the page, whenever that part has changed."""
    sources = (stage.telegram.changes, stage.slack.changes, stage.changes)
    sent: dict[str, str] = {}
    while True:
        revisions = [source.revision for source in sources]
        for part, content in stage.seen().items():
            text = json.dumps(content)
            if sent.get(part) != text:
                sent[part] = text
                yield f"event: {part}\ndata: {text}\n\n"
        yield "event: settled\ndata: {}\n\n"
        waiting = [
            asyncio.ensure_future(source.after(revision))
            for source, revision in zip(sources, revisions, strict=True)
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(_BREATH)  # what happens together is shown together
