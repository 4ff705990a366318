"""Socket Mode through outages: down at start, dropped, replaced, and closed with answers under way."""

import asyncio
import logging

import pytest

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
