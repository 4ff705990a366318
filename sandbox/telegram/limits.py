"""How much a bot may post before Telegram refuses it."""

from collections import defaultdict, deque
from collections.abc import Callable
from math import ceil
from time import monotonic

from sandbox.telegram.errors import RefusedError

_LATE = 0.05
_OVERALL = ((30, 1.0), (300, 10.0))
_IN_A_CHAT = ((1, 1.0),)
_IN_A_GROUP = (*_IN_A_CHAT, (20, 60.0))


class Limits:
    """Takes 30 messages in any second and 300 in any ten, 1 a second in a chat, 20 a minute in a group.

    Any span counts, not only those the clock begins. On their way messages may have come 50 ms closer
    together than they were sent. What is refused does not count; `refused` tells how many messages that were.
    """

    def __init__(self, time: Callable[[], float] = monotonic) -> None:
        self.refused = 0
        self._time = time
        self._overall = _windows(_OVERALL)
        self._chats: defaultdict[int, list[_Window]] = defaultdict(lambda: _windows(_IN_A_CHAT))
        self._groups: defaultdict[int, list[_Window]] = defaultdict(lambda: _windows(_IN_A_GROUP))

    def take(self, chat_id: int) -> None:
        """Count a message; RefusedError, as Telegram words it, when it is one too many."""
        now = self._time()
        windows = [*self._overall, *(self._groups if chat_id < 0 else self._chats)[chat_id]]
        wait = max(one.free_at() for one in windows) - now
        if wait > 0:
            self.refused += 1
            seconds = ceil(wait)
            raise RefusedError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        for one in windows:
            one.taken.append(now)


class _Window:
    """At most so many in any span of so many seconds."""

    def __init__(self, count: int, seconds: float) -> None:
        self.taken: deque[float] = deque(maxlen=count)
        self._seconds = seconds - _LATE

    def free_at(self) -> float:
        """When one more may come."""
        return self.taken[0] + self._seconds if len(self.taken) == self.taken.maxlen else 0.0


def _windows(limits: tuple[tuple[int, float], ...]) -> list[_Window]:
    return [_Window(count, seconds) for count, seconds in limits]
