"""`/metrics` for the operator's Prometheus: numbers, labels out of short lists, and nothing of anybody's."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from handlers.web.guard import bears
from handlers.web.health import PATIENCE_SECONDS, Part
from handlers.web.openapi import WORDS, Answer, Endpoint, Key
from storage.backlog import Backlog
from storage.database import DatabaseUnavailable

_LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)

_TOKEN = Key("metricsToken", {"type": "http", "scheme": "bearer", "description": "METRICS_TOKEN"})


class Metrics:
    """What is counted while one bot runs; to count costs microseconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        build = Info("labvoice_build", "The version that runs", registry=self.registry)
        build.info({"version": version("labvoice")})
        self._turns = Counter(
            "labvoice_turns", "Events taken", ("channel", "outcome"), registry=self.registry
        )
        self._turn_seconds = Histogram(
            "labvoice_turn_seconds", "From an event to the commit of all that follows", registry=self.registry
        )
        self._deliveries = Counter(
            "labvoice_deliveries", "Messages sent or tried", ("channel", "outcome"), registry=self.registry
        )
        self._lag = Histogram(
            "labvoice_event_loop_lag_seconds",
            "How late the event loop comes to what is due",
            buckets=_LAGS,
            registry=self.registry,
        )

    def turn(self, channel: str, outcome: str, seconds: float) -> None:
        """A turn has ended, with the name of what came of it."""
        self._turns.labels(channel, outcome).inc()
        self._turn_seconds.observe(seconds)

    def delivery(self, channel: str, outcome: str) -> None:
        """A platform was given a message, with the name of what became of it."""
        self._deliveries.labels(channel, outcome).inc()

    def lag(self, seconds: float) -> None:
        """The event loop was so late."""
        self._lag.observe(seconds)


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """What was counted, and how things stand at the moment somebody with the token asks."""

    metrics: Metrics
    token: str
    look: Callable[[], Awaitable[Mapping[str, Part]]]
    backlog: Callable[[], Awaitable[Backlog]]
    restarts: Mapping[str, int]

    @property
    def route(self) -> Endpoint:
        """`GET /metrics`: 401 without the token. What the database does not tell in time is left out."""
        return Endpoint(
            "/metrics",
            self._answer,
            summary="Figures for Prometheus.",
            key=_TOKEN,
            answers={
                200: Answer("The figures.", (WORDS,)),
                401: Answer("The token is missing or wrong.", (WORDS,)),
            },
        )

    async def _answer(self, request: Request) -> Response:
        if not bears(request, self.token):
            return PlainTextResponse(
                "Send the token as Authorization: Bearer <METRICS_TOKEN>.\n",
                401,
                {"WWW-Authenticate": "Bearer"},
            )
        parts, backlog = await asyncio.gather(self.look(), self._backlog())
        standing = _Collected((*_of_parts(parts, self.restarts), *(_of_backlog(backlog) if backlog else ())))
        text = generate_latest(self.metrics.registry) + generate_latest(standing)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _backlog(self) -> Backlog | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self.backlog()
        except (TimeoutError, DatabaseUnavailable):
            return None


@dataclass(frozen=True, slots=True)
class _Collected:
    metrics: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def _of_parts(parts: Mapping[str, Part], restarts: Mapping[str, int]) -> Iterable[Metric]:
    ready = GaugeMetricFamily("labvoice_ready", "Whether a part can do its work", labels=("part",))
    for name, part in parts.items():
        ready.add_metric((name,), part.ready)
    restarted = CounterMetricFamily(
        "labvoice_watchdog_restarts", "Restarts of a part that hung", labels=("part",)
    )
    for name, times in restarts.items():
        restarted.add_metric((name,), times)
    return ready, restarted


def _of_backlog(backlog: Backlog) -> Iterable[Metric]:
    return (
        GaugeMetricFamily("labvoice_outbox_pending", "Messages not yet accepted", backlog.messages),
        GaugeMetricFamily(
            "labvoice_outbox_oldest_seconds", "Age of the oldest of them", backlog.oldest.total_seconds()
        ),
        GaugeMetricFamily("labvoice_kept_events", "Events that failed and wait for a try", backlog.events),
        GaugeMetricFamily("labvoice_follow_ups_due", "Follow-ups not yet carried out", backlog.follow_ups),
    )
