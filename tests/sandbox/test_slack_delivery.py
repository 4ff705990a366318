"""Slack tells the app again what it did not hear, and only what is signed and meant for it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.serve import serve
from sandbox.slack import Acked, NotAcked, Room, SlackPerson, SlackSandbox, Timings
from schedules.clock import system_clock
from tests.sandbox.conftest import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Clock, socket_mode

Body = dict[str, Any]


async def test_connection_is_replaced_when_slack_asks(
    sockets: AsyncSocketModeHandler, slack: SlackSandbox, app: AsyncApp, house: SlackPerson
) -> None:
    answers(app)
    await slack.disconnect()
    assert await slack.changes.until(lambda: slack.connections == 1, 5)
    assert isinstance(await house.command(house.direct, "/lab-status"), Acked)


async def test_an_app_is_told_of_nothing_it_is_not_subscribed_to(clock: Clock) -> None:
    slack = SlackSandbox(
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        now=clock.now,
        timings=Timings(ack=0.0, retries=()),
        subscriptions=["message.im"],
    )
    house, ward = slack.person("U0HOUSE", name="Dr House"), slack.room("C0WARD", name="ward")
    assert await house.say(ward, "<@U0SANDBOX> hello") == NotAcked("not_subscribed", final=True)
    assert await house.open_home() == NotAcked("not_subscribed", final=True)
    assert await house.say(house.direct, "hello") == NotAcked("timeout")  # nobody is connected
    await slack.aclose()


async def test_connection_that_breaks_is_made_again(
    sockets: AsyncSocketModeHandler, slack: SlackSandbox, app: AsyncApp, house: SlackPerson
) -> None:
    answers(app)
    slack.drop_connections()
    assert await slack.changes.until(lambda: slack.connections == 0, 5)
    assert await slack.changes.until(lambda: slack.connections == 1, 5)
    assert isinstance(await house.command(house.direct, "/lab-status"), Acked)


async def test_ticket_lets_in_once(web: AsyncWebClient, slack: SlackSandbox) -> None:
    opened = await web.apps_connections_open(app_token=APP_TOKEN)
    async with ClientSession() as session:
        async with session.ws_connect(opened["url"]) as socket:
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(WSServerHandshakeError):
            await session.ws_connect(opened["url"])


async def test_each_event_goes_to_one_connection(
    sockets: AsyncSocketModeHandler, app: AsyncApp, slack: SlackSandbox, house: SlackPerson, triage: Room
) -> None:
    heard: list[str] = []

    @app.event("message")
    async def listen(event: Body) -> None:
        heard.append(event["text"])

    async with socket_mode(app, slack):
        await asyncio.gather(*(house.say(triage, str(number)) for number in range(8)))
    assert sorted(heard) == [str(number) for number in range(8)]


async def test_event_without_acknowledgement_comes_again(
    sockets: AsyncSocketModeHandler, app: AsyncApp, house: SlackPerson, triage: Room
) -> None:
    attempts: list[str | None] = []

    @app.middleware
    async def refuse_twice(req: Any, next_: Any) -> Any:
        attempts.append(req.headers.get("x-slack-retry-num", [None])[0])
        if len(attempts) < 3:
            # An envelope that is never acknowledged: Bolt answers nothing to a status other than 200.
            return Response(status_code=500)
        return await next_()

    @app.event("message")
    async def listen() -> None:
        return None

    assert isinstance(await house.say(triage, "hello"), Acked)
    assert attempts == ["0", "1", "2"]


async def test_event_waits_for_a_connection(
    slack: SlackSandbox, slack_url: str, app: AsyncApp, house: SlackPerson, triage: Room
) -> None:
    @app.event("message")
    async def listen() -> None:
        return None

    said = house.say(triage, "is anybody there?")
    async with socket_mode(app, slack):
        assert isinstance(await asyncio.wait_for(said, 5), Acked)


async def test_command_without_a_connection_fails_at_once(house: SlackPerson) -> None:
    assert isinstance(await house.command(house.direct, "/lab-status"), NotAcked)
    assert house.notices == ["/lab-status failed with the error “dispatch_failed”"]


class Door:
    """The app's HTTP address: fails as often as told, then lets the app answer."""

    def __init__(self) -> None:
        self.failures: list[int] = []
        self.headers: list[Body] = []
        self.app: AsyncApp | None = None
        self.asgi = Starlette(routes=[Route("/slack/events", self.serve, methods=["POST"])])

    async def serve(self, request: Request) -> Response:
        assert self.app is not None
        self.headers.append(dict(request.headers))
        if self.failures:
            return Response(status_code=self.failures.pop(0), headers={"X-Slack-No-Retry": "0"})
        return await AsyncSlackRequestHandler(self.app).handle(request)


@pytest.fixture
async def door(app: AsyncApp) -> Door:
    door = Door()
    door.app = app
    return door


@pytest.fixture
async def door_url(door: Door) -> AsyncIterator[str]:
    async with serve(door.asgi) as url:
        yield f"{url}/slack/events"


def over_http(url: str, clock: Clock, secret: str = SIGNING_SECRET) -> SlackSandbox:
    return SlackSandbox(
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        signing_secret=secret,
        now=clock.now,
        signed_at=system_clock,
        events_url=url,
        timings=Timings(ack=2.0, retries=(0.0, 0.0)),
    )


async def test_event_is_posted_again_with_its_number_and_reason(
    door: Door, door_url: str, app: AsyncApp, clock: Clock
) -> None:
    @app.event("message")
    async def listen() -> None:
        return None

    slack = over_http(door_url, clock)
    house = slack.person("U0HOUSE", name="Dr House")
    door.failures = [500, 503]
    assert isinstance(await house.say(house.direct, "hello"), Acked)
    retries = [(h.get("x-slack-retry-num"), h.get("x-slack-retry-reason")) for h in door.headers]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]


async def test_interaction_is_never_repeated(door: Door, door_url: str, clock: Clock) -> None:
    slack = over_http(door_url, clock)
    house = slack.person("U0HOUSE", name="Dr House")
    door.failures = [500]
    assert await house.command(house.direct, "/lab-status") == NotAcked("http_error")
    assert len(door.headers) == 1


async def test_wrong_secret_is_turned_away_by_the_app(
    door: Door, door_url: str, app: AsyncApp, clock: Clock
) -> None:
    answers(app)
    slack = over_http(door_url, clock, secret="another secret")
    house = slack.person("U0HOUSE", name="Dr House")
    assert isinstance(await house.command(house.direct, "/lab-status"), NotAcked)


async def test_app_that_is_not_there_is_told_to_the_person(door_url: str, clock: Clock) -> None:
    async with serve(Starlette()) as url:
        gone = url
    slack = over_http(f"{gone}/slack/events", clock)
    house = slack.person("U0HOUSE", name="Dr House")
    assert await house.command(house.direct, "/lab-status") == NotAcked("connection_failed")


def answers(app: AsyncApp) -> None:
    @app.command("/lab-status")
    async def status(ack: AsyncAck) -> None:
        await ack("Nothing open")
