"""What Prometheus reads, and who else does not."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from handlers.web import Metrics, MetricsPage, Part, serve
from storage.backlog import Backlog
from storage.database import DatabaseUnavailable

DOCUMENT = Path(__file__).parents[3] / "docs/staying-up.md"
TOKEN = "metrics-token-of-the-operator"


@dataclass(slots=True)
class Operator:
    """Asks a running page; `backlog` is what the database tells."""

    client: aiohttp.ClientSession
    metrics: Metrics = field(default_factory=Metrics)
    backlog: Backlog | Exception | None = field(default_factory=lambda: Backlog(3, timedelta(hours=1), 2, 1))
    url: str = ""

    async def look(self) -> dict[str, Part]:
        return {"telegram": Part(ready=True, note="canary"), "outbox": Part(ready=False, note="canary")}

    async def count(self) -> Backlog:
        if isinstance(self.backlog, Exception):
            raise self.backlog
        if self.backlog is None:
            await asyncio.Event().wait()
        assert self.backlog
        return self.backlog

    async def get(self, authorization: str | None = f"Bearer {TOKEN}") -> tuple[int, str]:
        headers = {"Authorization": authorization} if authorization is not None else {}
        async with self.client.get(f"{self.url}/metrics", headers=headers) as answer:
            return answer.status, await answer.text()

    async def samples(self) -> dict[tuple[str, ...], float]:
        """Every value of ours by its name and labels."""
        status, text = await self.get()
        assert status == 200
        return {
            (one.name, *one.labels.values()): one.value
            for family in text_string_to_metric_families(text)
            for one in family.samples
        }


@pytest.fixture
async def operator() -> AsyncIterator[Operator]:
    async with aiohttp.ClientSession() as client:
        here = Operator(client)
        page = MetricsPage(here.metrics, TOKEN, here.look, here.count, {"telegram": 1, "delivery": 0})
        async with serve(Starlette(routes=[page.route]), "127.0.0.1", 0) as here.url:
            yield here


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN, "Bearer ÿ"],
)
async def test_strangers_are_told_nothing(operator: Operator, authorization: str | None) -> None:
    status, text = await operator.get(authorization)
    assert (status, "labvoice" in text) == (401, False)


async def test_how_things_stand_is_told(operator: Operator) -> None:
    samples = await operator.samples()
    expected = {
        ("labvoice_ready", "telegram"): 1,
        ("labvoice_ready", "outbox"): 0,
        ("labvoice_watchdog_restarts_total", "telegram"): 1,
        ("labvoice_watchdog_restarts_total", "delivery"): 0,
        ("labvoice_outbox_pending",): 3,
        ("labvoice_outbox_oldest_seconds",): 3600,
        ("labvoice_kept_events",): 2,
        ("labvoice_follow_ups_due",): 1,
        ("labvoice_build_info", version("labvoice")): 1,
    }
    assert {name: samples[name] for name in expected} == expected
    assert samples[("process_resident_memory_bytes",)] > 0


async def test_what_happened_is_counted(operator: Operator) -> None:
    operator.metrics.turn("telegram", "taken", 0.003)
    operator.metrics.turn("telegram", "taken", 0.7)
    operator.metrics.delivery("slack", "put_off")
    operator.metrics.lag(0.02)
    samples = await operator.samples()
    expected = {
        ("labvoice_turns_total", "telegram", "taken"): 2,
        ("labvoice_turn_seconds_bucket", "0.005"): 1,
        ("labvoice_turn_seconds_count",): 2,
        ("labvoice_deliveries_total", "slack", "put_off"): 1,
        ("labvoice_event_loop_lag_seconds_bucket", "0.01"): 0,
        ("labvoice_event_loop_lag_seconds_bucket", "0.025"): 1,
    }
    assert {name: samples[name] for name in expected} == expected


async def test_two_bots_in_one_process_count_apart(operator: Operator) -> None:
    Metrics().turn("telegram", "taken", 0.003)
    assert ("labvoice_turns_total", "telegram", "taken") not in await operator.samples()


@pytest.mark.parametrize("backlog", [DatabaseUnavailable("password"), None], ids=["away", "hangs"])
async def test_without_the_database_the_rest_is_told_all_the_same(
    operator: Operator, backlog: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.web.metrics.PATIENCE_SECONDS", 0.01)
    operator.backlog = backlog
    samples = await operator.samples()
    assert samples[("labvoice_ready", "telegram")] == 1
    assert ("labvoice_outbox_pending",) not in samples


async def test_the_document_names_every_metric_and_no_other(operator: Operator) -> None:
    _, text = await operator.get()
    exposed = {family.name for family in text_string_to_metric_families(text)}
    documented = set(re.findall(r"`(labvoice_\w+)` \|", DOCUMENT.read_text(encoding="utf-8")))
    ours = {name for name in exposed if name.startswith("labvoice_") and not name.endswith("_created")}
    assert {name.removesuffix("_total") for name in documented} == ours


async def test_notes_are_not_told(operator: Operator) -> None:
    assert "canary" not in (await operator.get())[1]
