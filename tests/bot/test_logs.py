"""What a traceback in the log tells, and what it keeps to itself."""

import logging

import pytest

from bot.logs import keep_words_out_of_tracebacks
from handlers.telegram import keep_out_of_logs
from storage.database import DatabaseUnavailable


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    keep_words_out_of_tracebacks()
    return caplog


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_an_error_tells_where_and_what_it_was_but_not_what_it_says(log: pytest.LogCaptureFixture) -> None:
    logging.getLogger("x").error("failed", exc_info=raised(ValueError("My arm hurts"), KeyError("My arm")))
    assert "My arm" not in log.text
    assert log.text.index("KeyError") < log.text.index("which led to:") < log.text.index("ValueError")
    assert "raise error from cause" in log.text


def test_errors_among_others_are_told(log: pytest.LogCaptureFixture) -> None:
    logging.getLogger("x").error("failed", exc_info=raised(ExceptionGroup("My arm", [KeyError("My arm")])))
    assert "My arm" not in log.text
    assert "KeyError" in log.text


@pytest.mark.parametrize("error", [DatabaseUnavailable("it is locked"), ConnectionResetError("it is locked")])
def test_our_own_errors_and_the_systems_keep_what_they_say(
    log: pytest.LogCaptureFixture, error: Exception
) -> None:
    logging.getLogger("x").error("failed", exc_info=raised(error))
    assert f"{type(error).__name__}: it is locked" in log.text


def test_asyncio_shows_no_error_of_a_task(log: pytest.LogCaptureFixture) -> None:
    error = raised(ValueError("My arm hurts"))
    logging.getLogger("asyncio").error("It failed: <Task coro=<x()> exception=%r>", error, exc_info=error)
    assert log.messages == ["It failed: <Task coro=<x()>"]


def test_asyncio_shows_no_result_of_a_task(log: pytest.LogCaptureFixture) -> None:
    logging.getLogger("asyncio").warning(
        "Executing <Task finished coro=<x()> result=%r> took 0.2 seconds", "My arm exception=hurts"
    )
    assert log.messages == ["Executing <Task finished coro=<x()>"]


def test_a_token_is_blotted_out_whoever_came_first(caplog: pytest.LogCaptureFixture) -> None:
    keep_out_of_logs("12:token")
    keep_words_out_of_tracebacks()
    error = raised(OSError("no way to https://example.org/bot12:token"))
    logging.getLogger("x").error("failed", exc_info=error)
    assert "OSError: no way to https://example.org/bot[hidden]" in caplog.text
    assert "12:token" not in caplog.text
