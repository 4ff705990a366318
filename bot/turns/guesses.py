"""Links that are none of ours: whoever tries many is asked to wait, and thousands are not answered at all."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

TRIES = 5
"""Unknown links an account may open within WINDOW; later ones are not looked up."""

ANSWERED = 200
"""Unknown links all accounts together may open within WINDOW and be answered."""

WINDOW = timedelta(hours=1)
_MOST_ACCOUNTS = 50_000


class Guesses:
    """Counts the unknown links opened within the last hour, in the memory of this process alone.

    Memory is bounded: past 50,000 accounts within the hour the one whose last try is oldest is forgotten.
    """

    def __init__(self) -> None:
        self._by_account: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()
        self._all: deque[datetime] = deque(maxlen=ANSWERED)

    def add(self, channel: str, account: str, now: datetime) -> None:
        """This account has opened a link that is none of ours."""
        key = (channel, account)
        self._by_account.setdefault(key, deque(maxlen=TRIES)).append(now)
        self._by_account.move_to_end(key)
        self._all.append(now)
        while self._by_account and (
            len(self._by_account) > _MOST_ACCOUNTS or _is_over(next(iter(self._by_account.values()))[-1], now)
        ):
            self._by_account.popitem(last=False)

    def left(self, channel: str, account: str, now: datetime) -> int:
        """How many more unknown links this account may open now."""
        tried = self._by_account.get((channel, account), ())
        return TRIES - sum(not _is_over(at, now) for at in tried)

    def are_many(self, now: datetime) -> bool:
        """Whether so many were opened by everybody together that further ones are not answered."""
        return len(self._all) == ANSWERED and not _is_over(self._all[0], now)


def _is_over(at: datetime, now: datetime) -> bool:
    return now - at >= WINDOW
