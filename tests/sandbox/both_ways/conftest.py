"""A real Bolt app, told over Socket Mode and over signed HTTP requests alike."""

from collections.abc import AsyncIterator

import pytest
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.serve import serve
from sandbox.slack import SlackSandbox, Timings
from schedules.clock import system_clock
from tests.sandbox.conftest import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Clock, socket_mode


class HttpApp:
    """The Bolt app behind its Starlette adapter, with a switch to fail."""

    def __init__(self) -> None:
        self.app: AsyncApp | None = None
        self.failures: list[int] = []
        self.retries: list[str | None] = []
        self.asgi = Starlette(routes=[Route("/slack/events", self.serve, methods=["POST"])])

    async def serve(self, request: Request) -> Response:
        assert self.app is not None
        self.retries.append(request.headers.get("x-slack-retry-num"))
        if self.failures:
            return Response(status_code=self.failures.pop(0))
        return await AsyncSlackRequestHandler(self.app).handle(request)


@pytest.fixture
async def http_app() -> HttpApp:
    return HttpApp()


@pytest.fixture(params=["socket_mode", "http"])
async def slack(
    request: pytest.FixtureRequest, clock: Clock, http_app: HttpApp
) -> AsyncIterator[SlackSandbox]:
    timings = Timings(ack=2.0, retries=(0.0, 0.01, 30.0))
    if request.param == "socket_mode":
        sandbox = SlackSandbox(
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            signing_secret=SIGNING_SECRET,
            now=clock.now,
            timings=timings,
        )
        yield sandbox
        await sandbox.aclose()
        return
    async with serve(http_app.asgi) as url:
        sandbox = SlackSandbox(
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            signing_secret=SIGNING_SECRET,
            now=clock.now,
            signed_at=system_clock,
            events_url=f"{url}/slack/events",
            timings=timings,
        )
        yield sandbox
        await sandbox.aclose()


@pytest.fixture(autouse=True)
async def connected(
    request: pytest.FixtureRequest, slack: SlackSandbox, slack_url: str, app: AsyncApp, http_app: HttpApp
) -> AsyncIterator[None]:
    """The app hears what happens, one way or the other."""
    if request.node.callspec.params["slack"] == "http":
        http_app.app = app
        slack.url = slack_url
        yield
        return
    async with socket_mode(app, slack):
        yield
