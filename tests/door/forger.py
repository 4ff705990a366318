"""Somebody who takes real requests apart and forges others of them, the same for the same seed."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random

from tests.door.recorder import Asked
from tests.door.wire import (
    SLACK,
    TELEGRAM,
    payload,
    slack_request,
)

NASTY: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**63,
    10**30,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "<!channel>",
    "=1+1",
    "../../etc/passwd",
    "' OR 1=1 --",
    "%00",
    "{}",
    "x" * 5000,
    [],
    [[]],
    {},
    {"id": 1},
    [None] * 50,
)


@dataclass(frozen=True, slots=True)
class Forged:
    """A forged request, and what kind of forgery it is."""

    kind: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class Loot:
    """What a forger has to begin with: real requests, the buttons on others' screens, ids of complaints."""

    real: Sequence[Asked]
    buttons: Sequence[str]
    complaints: Sequence[str]


class Forger:
    """Takes requests apart and makes others of them. `now` is the time to sign with."""

    def __init__(self, loot: Loot, seed: int, now: Callable[[], float]) -> None:
        real = loot.real
        self._random = Random(seed)
        self._now = now
        self._telegram = [json.loads(one.body) for one in real if one.path == TELEGRAM]
        self._slack = [payload(one) for one in real if one.path == SLACK]
        self._posted = [one for one in real if one.path == SLACK]
        self._lis = [one for one in real if one.path.startswith("/lis/")]
        presses = [one["callback_query"]["data"] for one in self._telegram if "callback_query" in one]
        tokens = [one["message"]["text"] for one in self._telegram if "message" in one]
        self.tokens = [text.partition(" ")[2] for text in tokens if text.startswith("/start ")]
        self._presses = [*presses, *loot.buttons]
        self._complaints = loot.complaints
        self._number = 10**6

    def _signed(self, body: object) -> Asked:
        return slack_request(body, self._now())

    def _mutated(self, value: object, times: int, spare: Sequence[str] = ()) -> object:
        """`value` with some of its members, anywhere in it, replaced or taken away."""
        value = json.loads(json.dumps(value))
        for _ in range(times):
            holders = [*_holders(value, spare)]
            if not holders:
                break
            holder, key = self._random.choice(holders)
            if isinstance(holder, dict) and self._random.random() < 0.2:
                holder.pop(key)
            else:
                holder[key] = deepcopy(self._random.choice(NASTY))  # type: ignore[index]
        return value

    def _bent(self, text: str) -> str:
        """`text` with one character changed, gone, or too many."""
        at = self._random.randrange(len(text))
        return self._random.choice(
            (
                text[:at] + ("a" if text[at] != "a" else "b") + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + "-" + text[at:],
                text.swapcase(),
                text[::-1],
            )
        )

    def _token(self) -> str:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return "".join(self._random.choices(alphabet, k=22))

    def _next(self) -> int:
        self._number += 1
        return self._number


def _holders(value: object, spare: Sequence[str] = ()) -> list[tuple[object, object]]:
    """Every member anywhere in `value`, as what holds it and its key there."""
    found: list[tuple[object, object]] = []
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, one in members:
        if key not in spare:
            found.extend(((value, key), *_holders(one)))
    return found
