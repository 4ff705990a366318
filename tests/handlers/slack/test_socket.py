"""Socket Mode through outages: down at start, dropped, replaced, and closed with answers under way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handlers.slack import SocketRunner
from sandbox.slack import Acked, ResetBefore
from sandbox.slack import Status as HttpStatus
from tests.handlers.slack.conftest import APP_TOKEN, Stage
from tests.stage.waiting import until

SOON = 0.01


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("handlers.slack.socket._FIRST_WAIT", SOON)
    monkeypatch.setattr("handlers.slack.socket._LONGEST_WAIT", SOON)
    caplog.set_level(logging.INFO, "handlers.slack.socket")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "handlers.slack.socket"]


async def test_a_slack_that_is_down_holds_nothing_up_and_is_mentioned_once(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.slack.faults.down = True
    socket = SocketRunner(stage.handler, APP_TOKEN)
    socket.start()
    await until(lambda: len([one for one in stage.slack.calls if one.method == "apps.connections.open"]) > 2)
    assert (socket.ready, socket.last_error) == (False, "It cannot be reached.")

    stage.slack.faults.down = False

    await until(lambda: socket.ready)
    assert socket.last_error is None
    assert said(caplog) == [
        "Slack is not connected (HTTP 502); trying again until it is",
        "Slack is connected",
    ]
    await socket.close()


async def test_a_wrong_token_is_named(stage: Stage) -> None:
    socket = SocketRunner(stage.handler, "xapp-wrong")
    socket.start()
    await until(lambda: socket.last_error == "It does not accept SLACK_APP_TOKEN.")
    assert not socket.ready
    await socket.close()


async def test_a_connection_that_breaks_comes_back(socketed: Stage, caplog: pytest.LogCaptureFixture) -> None:
    assert socketed.socket is not None
    socketed.slack.drop_connections()
    await until(
        lambda: (
            said(caplog)
            == [
                "Slack is not connected (the connection was lost); trying again until it is",
                "Slack is connected",
            ]
        )
    )
    assert isinstance(await socketed.house.say(socketed.house.direct, "Hello?"), Acked)


async def test_a_connection_slack_wants_replaced_is_replaced_without_a_word(
    socketed: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    opened = [one.method for one in socketed.slack.calls].count("apps.connections.open")
    await socketed.slack.disconnect("refresh_requested")
    await until(
        lambda: (
            [one.method for one in socketed.slack.calls].count("apps.connections.open") > opened
            and socketed.slack.connections == 1
        )
    )
    assert isinstance(await socketed.house.say(socketed.house.direct, "Hello?"), Acked)
    assert said(caplog) == []


async def test_a_connection_that_falls_silent_is_replaced_by_a_restart(socketed: Stage) -> None:
    socket = socketed.socket
    assert socket is not None
    socketed.slack.silence_connections()
    assert not socket.pulse.silent()
    socket.pulse.time = lambda: monotonic() + 91
    assert socket.pulse.silent()
    await socket.restart()
    assert (socket.ready, socket.last_error) == (False, "Nothing has been heard for a while.")
    await until(lambda: socket.ready)
    assert not socket.pulse.silent()
    assert socketed.slack.connections == 1
    assert isinstance(await socketed.house.say(socketed.house.direct, "Hello?"), Acked)


async def test_a_runner_that_died_is_silent_and_tells_why(
    socketed: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    socket = socketed.socket
    assert socket is not None
    with monkeypatch.context() as broken:
        broken.setattr(socketed.handler.client, "apps_connections_open", opened())
        socketed.slack.drop_connections()
        await until(lambda: "a Slack task failed" in caplog.text)
    socket.pulse.time = lambda: monotonic() + 91
    assert socket.pulse.silent()
    await socket.restart()
    await until(lambda: socket.ready)


async def test_pings_are_answered_and_are_signs_of_life_but_answers_to_ours_are_not(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    pongs = asyncio.Queue[bytes]()
    monkeypatch.setattr("handlers.slack.socket._HEARTBEAT", 0.02)

    async def link(request: web.Request) -> web.WebSocketResponse:
        slack = web.WebSocketResponse(autoping=False)
        await slack.prepare(request)
        async for frame in slack:
            if frame.type is aiohttp.WSMsgType.PING:
                await slack.pong(frame.data)
                pings.append(frame.data)
                if len(pings) == 3:
                    await slack.ping(b"are you there?")
            elif frame.type is aiohttp.WSMsgType.PONG:
                pongs.put_nowait(frame.data)
        return slack

    pings: list[bytes] = []
    app = web.Application()
    app.router.add_get("/link", link)
    async with TestServer(app) as server:
        socket = SocketRunner(stage.handler, APP_TOKEN)
        monkeypatch.setattr(
            stage.handler.client, "apps_connections_open", opened(url=str(server.make_url("/link")))
        )
        socket.start()
        await until(lambda: len(pings) == 2)
        socket.pulse.time = lambda: monotonic() + 91
        assert socket.pulse.silent()
        async with asyncio.timeout(5):
            assert await pongs.get() == b"are you there?"
        assert not socket.pulse.silent()
        await socket.close()


def opened(**answer: str) -> Callable[..., Awaitable[dict[str, str]]]:
    async def open_connection(**_: str) -> dict[str, str]:
        return answer

    return open_connection


async def test_answers_under_way_are_sent_before_the_socket_closes(socketed: Stage) -> None:
    assert socketed.socket is not None
    socketed.digests.may_answer.clear()
    command = socketed.house.command(socketed.triage, "/lab-digest")
    await socketed.until_asked()
    closing = asyncio.create_task(socketed.socket.close())
    await asyncio.sleep(0)

    socketed.digests.may_answer.set()

    await closing
    assert isinstance(await command, Acked)
    assert socketed.house.private[-1].text == "The digest is on its way."
    assert not socketed.socket.ready


async def test_the_app_learns_who_it_is(stage: Stage) -> None:
    await until(lambda: stage.handler.ready)
    assert stage.handler.account == "U0SANDBOX"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (HttpStatus(200, "invalid_auth"), "It does not accept SLACK_BOT_TOKEN."),
        (HttpStatus(200, "not_allowed_token_type"), "A call was refused; the log says why."),
        (HttpStatus(429, "ratelimited"), "Too many calls at once."),
        (HttpStatus(502, "Bad Gateway"), "It cannot be reached."),
        (ResetBefore(), "It cannot be reached."),
    ],
    ids=["token", "refusal", "limit", "outage", "no connection"],
)
async def test_trouble_is_told_in_plain_words_until_it_is_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: HttpStatus | ResetBefore, words: str
) -> None:
    monkeypatch.setattr("handlers.slack.app._FIRST_WAIT", SOON)
    await until(lambda: stage.handler.ready)
    stage.handler.account = None
    stage.slack.faults.next("auth.test", fault)
    stage.handler.start()
    await until(lambda: stage.handler.last_error == words)
    await until(lambda: stage.handler.ready)
    assert stage.handler.last_error is None
