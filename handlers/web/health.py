"""Whether the process lives, and whether each of its parts can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from handlers.web.openapi import Answer, Endpoint
from storage import outbox
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
    checks = [_shared(check) for check in parts.values()]

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse(Alive(alive=True).model_dump())

    async def readyz(_: Request) -> JSONResponse:
        found = await asyncio.gather(*(_checked(check) for check in checks))
        ready = all(part.ready for part in found)
        body = Readiness(ready=ready, parts=dict(zip(parts, found, strict=True)))
        return JSONResponse(body.model_dump(), 200 if ready else 503)

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


def database_part(database: Database) -> Check:
    """Ready when the database answers a question."""

    async def check() -> Part:
        await database.read(current_revision)
        return Part(ready=True, note=database.dialect)

    return check


def outbox_part(database: Database, channels: Iterable[str], clock: Callable[[], datetime]) -> Check:
    """Ready while no message on `channels`, those connected, has waited for five minutes, tried or not."""
    connected = tuple(channels)

    async def check() -> Part:
        since = await database.read(outbox.waiting_since, connected)
        age = max(clock() - since, timedelta()) if since else timedelta()
        return Part(age < _STUCK, f"oldest message waits {int(age.total_seconds())} s")

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
