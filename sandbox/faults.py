"""What can be made to go wrong, and the record of what was called."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with this status instead of doing the call.

    On Telegram `description` is the error's description. On Slack it is the error code, sent with `ok: false`
    when `code` is 200; `retry_after` is in seconds.
    """

    code: int
    description: str
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class StatusAfter:
    """Do the call, then answer 5xx all the same, as when a server fails after its work was done."""

    code: int
    description: str


@dataclass(frozen=True, slots=True)
class ResetBefore:
    """Drop the connection without doing anything."""


@dataclass(frozen=True, slots=True)
class ResetAfter:
    """Do the call, then drop the connection before answering."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing for `seconds`, then do the call unless the caller has gone."""

    seconds: float


Fault: TypeAlias = Status | StatusAfter | ResetBefore | ResetAfter | Hang


@dataclass(slots=True)
class Call:
    """One authenticated call as it arrived, whether or not a fault then spoilt it.

    `chat_id` is the chat on Telegram, the channel or user on Slack, None where the method has none. `made` is
    the id of the message it put into a chat, and `answered` the status it was answered with: None as long as
    it was not, and for good where the connection was cut. `caller` is who called, where each has an address
    of its own.
    """

    method: str
    chat_id: int | str | None
    at: datetime
    made: int | str | None = None
    answered: int | None = None
    caller: str = ""


@dataclass(slots=True)
class Faults:
    """Faults waiting for their call: each spoils one call of its method, in the order they were queued.

    While `down` is True every call answers 502 and queued faults stay queued. `chance` is asked about every
    call no fault is queued for.
    """

    down: bool = False
    chance: Callable[[str], Fault | None] = lambda _: None
    _queued: dict[str, deque[Fault]] = field(default_factory=dict)

    def next(self, method: str, *faults: Fault) -> None:
        """Spoil the coming calls of `method`, one fault each."""
        self._queued.setdefault(method, deque()).extend(faults)

    def take(self, method: str) -> Fault | None:
        """Return and forget the fault for this call of `method`, if there is one."""
        queue = self._queued.get(method)
        return queue.popleft() if queue else self.chance(method)
