"""A laboratory information system that posts to the real application over a loopback port."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from bot.catalog import Catalog, load
from bot.turns import Lab
from handlers.lis import lis_routes
from handlers.web import build_app, serve
from storage.database import Database

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LIS_TOKEN = "lis-token-of-the-laboratory"


@dataclass(slots=True)
class Lis:
    """What the laboratory information system posts, and the answer as status and JSON."""

    client: aiohttp.ClientSession
    database: Database
    catalog: Catalog
    url: str = ""
    token: str | None = LIS_TOKEN
    username: str | None = "LabVoiceBot"

    @property
    def lab(self) -> Lab:
        return Lab("City Laboratory", ZoneInfo("UTC"), "en")

    async def post(self, path: str, message: object) -> tuple[int, dict[str, object]]:
        headers = {"Authorization": f"Bearer {LIS_TOKEN}"}
        async with self.client.post(self.url + path, json=message, headers=headers) as answer:
            return answer.status, await answer.json()

    async def post_raw(
        self, path: str, body: bytes | BytesIO, **headers: str
    ) -> tuple[int, dict[str, object]]:
        given = {"Authorization": f"Bearer {LIS_TOKEN}", "Content-Type": "application/json", **headers}
        async with self.client.post(self.url + path, data=body, headers=given) as answer:
            return answer.status, await answer.json()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load()


@pytest.fixture
def lis_token() -> str | None:
    return LIS_TOKEN


@pytest.fixture
async def lis(database: Database, catalog: Catalog, lis_token: str | None) -> AsyncIterator[Lis]:
    async with aiohttp.ClientSession() as client:
        here = Lis(client, database, catalog)
        routes = lis_routes(
            database=database,
            catalog=catalog,
            lab=here.lab,
            clock=lambda: NOW,
            token=lis_token,
            telegram_username=lambda: here.username,
            public_root=lambda: "https://voice.example",
        )
        app = build_app(
            catalog=catalog, lab=here.lab, telegram_username=lambda: here.username, parts={}, routes=routes
        )
        async with serve(app, "127.0.0.1", 0) as here.url:
            yield here
