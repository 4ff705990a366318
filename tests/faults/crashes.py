"""Named moments at which the process under attack ends itself as `kill -9` would.

They are put in from outside, in that process alone: the bot has no code for them.
"""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from functools import wraps
from itertools import count
from typing import Any
from unittest.mock import patch

from sqlalchemy.engine.default import DefaultDialect

from bot.turns import Turns
from handlers.slack.channel import SlackChannel
from handlers.telegram.channel import TelegramChannel
from storage import outbox

_Step = Callable[..., Any]
_Reached = Callable[[], None]

SENDING = ((TelegramChannel, "_post"), (SlackChannel, "_post"))


def _received(reached: _Reached) -> None:
    """An event is here, and nothing is known of it yet."""
    _before(Turns, "take", reached)


def _before_commit(reached: _Reached) -> None:
    _around_commit(before=reached)


def _after_commit(reached: _Reached) -> None:
    _around_commit(after=reached)


def _sent(reached: _Reached) -> None:
    """The platform has the message; the bot has done nothing about that yet."""
    for place, name in SENDING:
        step: _Step = getattr(place, name)
        patch.object(place, name, _then(step, reached)).start()


def _before_outcome(reached: _Reached) -> None:
    """The transaction that is to record the outcome has begun."""
    _before(outbox, "record_sent", reached)


POINTS: Mapping[str, Callable[[_Reached], None]] = {
    "received": _received,
    "before commit": _before_commit,
    "after commit": _after_commit,
    "sent": _sent,
    "before outcome": _before_outcome,
}


def die_at(point: str, time: int) -> None:
    """End this process the `time`-th time it reaches `point`."""
    times = count(1)

    def reached() -> None:
        if next(times) == time:
            os.kill(os.getpid(), signal.SIGKILL)

    POINTS[point](reached)


def _before(place: object, name: str, reached: _Reached) -> None:
    step: _Step = getattr(place, name)

    @wraps(step)
    def stepped(*args: object, **named: object) -> object:
        reached()
        return step(*args, **named)

    patch.object(place, name, stepped).start()


def _then(step: _Step, reached: _Reached) -> _Step:
    async def stepped(*args: object, **named: object) -> object:
        done: object = await step(*args, **named)
        reached()
        return done

    return stepped


def _around_commit(*, before: _Reached = lambda: None, after: _Reached = lambda: None) -> None:
    """Only commits that may hold changes: those of SQLite's one writer, or any on PostgreSQL."""
    commit: _Step = DefaultDialect.do_commit

    def committed(dialect: DefaultDialect, connection: object) -> None:
        writes = dialect.name != "sqlite" or threading.current_thread().name == "sqlite-writer"
        if writes:
            before()
        commit(dialect, connection)
        if writes:
            after()

    patch.object(DefaultDialect, "do_commit", committed).start()
