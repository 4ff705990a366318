"""The web application behind a real port, with parts whose state a test chooses."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.catalog import Catalog, load
from bot.turns import Lab
from handlers.web import Part, build_app, serve
from storage.database import DatabaseUnavailable


@dataclass(slots=True)
class House:
    """A running web application. `parts` is how each of its parts stands; `raised` by `POST /broken`."""

    client: aiohttp.ClientSession
    url: str = ""
    parts: dict[str, Part | Exception] = field(default_factory=lambda: {"telegram": Part(ready=True)})
    username: str | None = "LabVoiceBot"
    raised: Exception = field(default_factory=lambda: RuntimeError("a bug"))


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load()


@pytest.fixture
async def house(catalog: Catalog) -> AsyncIterator[House]:
    async with aiohttp.ClientSession() as client:
        here = House(client)

        async def telegram() -> Part:
            state = here.parts["telegram"]
            if isinstance(state, Exception):
                raise state
            return state

        async def broken(_: Request) -> Response:
            raise here.raised

        async def size(request: Request) -> Response:
            return Response(str(len(await request.body())))

        app = build_app(
            catalog=catalog,
            lab=Lab("Saint Mary's <Lab>", ZoneInfo("UTC"), "en"),
            telegram_username=lambda: here.username,
            parts={"telegram": telegram},
            routes=[Route("/broken", broken, methods=["POST"]), Route("/size", size, methods=["POST"])],
        )
        async with serve(app, "127.0.0.1", 0) as here.url:
            yield here


@pytest.fixture
def unavailable() -> Exception:
    return DatabaseUnavailable("postgresql: the password of db.internal is wrong")
