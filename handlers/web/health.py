"""Whether the process lives, and whether each of its parts can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from handlers.web.openapi import Answer, Endpoint
from storage import backlog
from storage.database import Database, DatabaseUnavailable
from storage.schema import current_revision

PATIENCE_SECONDS = 2.0
_STUCK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Part:
    """How one part stands. `note` is for the operator and public: never a secret, address or person."""

    ready: bool
    note: str = ""


class Alive(BaseModel):
    """What /healthz says."""

    alive: bool


class Readiness(BaseModel):
    """What /readyz says."""

    ready: bool
    parts: Mapping[str, Part]


Check = Callable[[], Awaitable[Part]]


def health_routes(parts: Mapping[str, Check]) -> list[Endpoint]:
    """`/healthz`: the process answers. `/readyz`: how each part stands, 503 when one is not ready.

    Both are for everybody, so however many ask at once, each part is looked at once.
    """
    look = looking_at(parts)

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse(Alive(alive=True).model_dump())

    async def readyz(_: Request) -> JSONResponse:
        found = await look()
        ready = all(part.ready for part in found.values())
        return JSONResponse(Readiness(ready=ready, parts=found).model_dump(), 200 if ready else 503)

    return [
        Endpoint(
            "/healthz",
            healthz,
            summary="Whether the process answers.",
            answers={200: Answer("It does.", model=Alive)},
        ),
        Endpoint(
            "/readyz",
            readyz,
            summary="Whether every part can do its work.",
            answers={
                200: Answer("Every part can.", model=Readiness),
                503: Answer("At least one cannot.", model=Readiness),
            },
        ),
    ]


def looking_at(parts: Mapping[str, Check]) -> Callable[[], Awaitable[dict[str, Part]]]:
    """Tell how each part stands, within a few seconds, whatever becomes of its check."""
    checks = {name: _shared(check) for name, check in parts.items()}

    async def look() -> dict[str, Part]:
        found = await asyncio.gather(*(_checked(check) for check in checks.values()))
        return dict(zip(checks, found, strict=True))

    return look


def database_part(database: Database) -> Check:
    """Ready when the database answers a question."""

    async def check() -> Part:
        await database.read(current_revision)
        return Part(ready=True, note=database.dialect)

    return check


def outbox_part(database: Database, channels: Iterable[str], clock: Callable[[], datetime]) -> Check:
    """Ready while no message on `channels`, those connected, has been due for five minutes without a try.

    What is refused and tried again in time does not count, but the note tells how long it has waited.
    """
    connected = tuple(channels)

    async def check() -> Part:
        now = clock()
        waiting = await database.read(backlog.waiting, connected)
        return Part(
            ready=now - (waiting.due_at or now) < _STUCK,
            note=f"oldest message waits {max(0, int((now - (waiting.written_at or now)).total_seconds()))} s",
        )

    return check


def _shared(check: Check) -> Check:
    """The same check, done once for all who ask while it is under way."""
    under_way: asyncio.Future[Part] | None = None

    async def shared() -> Part:
        nonlocal under_way
        if under_way is None or under_way.done():
            under_way = asyncio.ensure_future(check())
            under_way.add_done_callback(_looked_at)
        return await asyncio.shield(under_way)

    return shared


def _looked_at(check: asyncio.Future[Part]) -> None:
    """Nobody may be waiting for it any more, should it have failed."""
    if not check.cancelled():
        check.exception()


async def _checked(check: Check) -> Part:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await check()
    except TimeoutError:
        return Part(ready=False, note=f"no answer within {PATIENCE_SECONDS:g} s")
    except DatabaseUnavailable:
        return Part(ready=False, note="the database does not answer")
