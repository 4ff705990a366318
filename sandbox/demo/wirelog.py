"""What went over the wire, in both directions, as a short list for people to read."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal, TypeAlias

from sandbox.faults import Call
from sandbox.wire import Json

Party: TypeAlias = Literal["Telegram", "Slack", "LIS"]

_KEPT = 120
_POLLS = frozenset({"getUpdates"})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said: to the bot, or by the bot."""

    number: int
    at: datetime
    to_bot: bool
    party: Party
    what: str


class WireLog:
    """The newest lines; polling that brings nothing is left out."""

    def __init__(self, telegram: Sequence[Call], slack: Sequence[Call], now: Callable[[], datetime]) -> None:
        """Watch the stand-ins' lists of calls, which only ever grow."""
        self._calls: tuple[tuple[Party, Sequence[Call]], ...] = (("Telegram", telegram), ("Slack", slack))
        self._read = [0, 0]
        self._now = now
        self._lines: deque[Line] = deque(maxlen=_KEPT)
        self._count = 0

    def told(self, party: Party, what: str) -> None:
        """Note what the bot is being told."""
        self._catch_up()
        self._add(self._now(), True, party, what)

    def lines(self, zone: tzinfo) -> list[Json]:
        """The lines, oldest first."""
        self._catch_up()
        return [
            {
                "n": line.number,
                "at": line.at.astimezone(zone).isoformat(timespec="seconds"),
                "toBot": line.to_bot,
                "party": line.party,
                "what": line.what,
            }
            for line in self._lines
        ]

    def _catch_up(self) -> None:
        fresh: list[tuple[Party, Call]] = []
        for number, (party, calls) in enumerate(self._calls):
            fresh += [(party, call) for call in calls[self._read[number] :] if call.method not in _POLLS]
            self._read[number] = len(calls)
        for party, call in sorted(fresh, key=lambda one: one[1].at):
            self._add(call.at, False, party, call.method)

    def _add(self, at: datetime, to_bot: bool, party: Party, what: str) -> None:
        self._count += 1
        self._lines.append(Line(self._count, at, to_bot, party, what))
