"""Typed values out of a table, each checked once; what does not fit is noted and replaced by a stand-in."""

import re
from collections.abc import Collection, Iterator
from datetime import time, timedelta
from enum import StrEnum
from typing import TypeVar

from bot.catalog.document import Leaf, Listing, Node, Table
from bot.catalog.problems import Problems, did_you_mean
from bot.dialog.answer import clean
from bot.dialog.message import Wording

ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
MAX_TEXT = 1000

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_Chosen = TypeVar("_Chosen", bound=StrEnum)


class Fields:
    """Reads one table. Every key asked for is known; `finish` refuses the others."""

    def __init__(self, table: Table, what: str, problems: Problems, locales: Collection[str] | None) -> None:
        """`what` names the table in messages; `locales` are the ones to be worded, or None for any."""
        self.table = table
        self.problems = problems
        self.locales = locales
        self._what = what
        self._known: dict[str, None] = {}

    def line(self, key: str) -> int:
        """Where `key` stands, or the table if it is missing."""
        return self.table.key_lines.get(key, self.table.line)

    def has(self, key: str) -> bool:
        """Whether `key` is given; asking makes it known."""
        self._known[key] = None
        return key in self.table.entries

    def node(self, key: str) -> Node | None:
        """The value of `key`; a missing one is a problem."""
        if not self.has(key):
            self.problems.at(self.table.line, f"{self._what} has no {key}; add one.")
            return None
        return self.table.entries[key]

    def word(self, key: str) -> str:
        """A single value, not empty; "" stands in."""
        node = self.node(key)
        if node is None:
            return ""
        if not isinstance(node, Leaf) or node.empty:
            self.wrong(key, f"{key} has to be one value; write it after the colon.")
            return ""
        return node.text

    def identifier(self, key: str = "id") -> str:
        """A name for other things to refer to; "" stands in."""
        word = self.word(key)
        if not word or ID.fullmatch(word):
            return word
        self._misfit(key, word, "a small letter and then at most 31 small letters, figures or underscores")
        return ""

    def number(self, key: str, low: int, high: int, stand_in: int = 0) -> int:
        """A whole number from `low` to `high`."""
        word = self.word(key)
        if re.fullmatch(r"0|[1-9]\d{0,5}", word, re.ASCII) and low <= int(word) <= high:
            return int(word)
        self._misfit(key, word, f"a whole number from {low} to {high}")
        return stand_in

    def flag(self, key: str) -> bool:
        """`true` or `false`; false when missing."""
        if not self.has(key):
            return False
        word = self.word(key)
        if word not in {"true", "false"}:
            self._misfit(key, word, "true or false")
        return word == "true"

    def one_of(self, key: str, names: type[_Chosen]) -> _Chosen:
        """One word of `names`; its first stands in."""
        word = self.word(key)
        known = [name.value for name in names]
        if word in known:
            return names(word)
        if word:
            self.wrong(key, f"{key} {word[:64]!r} is not known; {did_you_mean(word, known)}")
        return next(iter(names))

    def duration(self, key: str) -> timedelta:
        """A length of time such as `1d`, `36h` or `30m`, up to 366 days; one minute stands in."""
        word = self.word(key)
        if match := re.fullmatch(r"([1-9]\d{0,5})([dhm])", word, re.ASCII):
            length = timedelta(**{_UNITS[match[2]]: int(match[1])})
            if length <= timedelta(days=366):
                return length
        self._misfit(key, word, "a length of time such as 1d, 36h or 30m, and at most 366d")
        return timedelta(minutes=1)

    def window(self, key: str) -> tuple[time, time]:
        """Two times of one day such as `09:00-19:00`, which stand in."""
        word = self.word(key)
        clock = r"([01]\d|2[0-3]):([0-5]\d)"
        if match := re.fullmatch(f"{clock}-{clock}", word, re.ASCII):
            start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
            if start < end:
                return start, end
        self._misfit(key, word, "two times of one day, the earlier first, such as 09:00-19:00")
        return time(9), time(19)

    def wording(self, key: str, limit: int = MAX_TEXT) -> Wording:
        """Words for every locale, each at most `limit` characters; an empty one stands in."""
        node = self.node(key)
        if node is None:
            return Wording({"en": ""})
        if not isinstance(node, Table):
            self.wrong(key, f"{key} needs its words by language, such as {{en: ..., es: ...}}.")
            return Wording({"en": ""})
        for locale in node.entries:
            if self.locales is not None and locale not in self.locales:
                hint = did_you_mean(locale, self.locales)
                message = f"{key} has words in {locale[:64]!r}, which the bot does not speak; {hint}"
                self.problems.at(node.key_lines[locale], message)
        for locale in self.locales if self.locales is not None else ():
            if locale not in node.entries:
                self.wrong(key, f"{key} has no words in {locale!r}; add them.")
        words = {locale: self._said(key, locale, node, limit) for locale in node.entries}
        return Wording(words or {"en": ""})

    def _said(self, key: str, locale: str, table: Table, limit: int) -> str:
        node, line, words = table.entries[locale], table.key_lines[locale], f"{key} in {locale[:64]!r}"
        if not isinstance(node, Leaf) or node.empty:
            self.problems.at(line, f"{words} has no words; write them after the colon.")
            return ""
        text = node.text.strip()
        if text != clean(text):
            self.problems.at(line, f"{words} holds a character that cannot be sent; remove it.")
        if len(text) > limit:
            self.problems.at(line, f"{words} has {len(text)} characters; at most {limit} can be shown.")
        return text

    def wrong(self, key: str, message: str) -> None:
        """Note a problem at `key`."""
        self.problems.at(self.line(key), message)

    def _misfit(self, key: str, word: str, expected: str) -> None:
        if word:
            self.wrong(key, f"{key} {word[:64]!r} has to be {expected}.")

    def fields(self, key: str, what: str) -> "Fields | None":
        """The table under `key`."""
        node = self.node(key)
        if isinstance(node, Table):
            return Fields(node, what, self.problems, self.locales)
        if node is not None:
            self.wrong(key, f"{key} has to be keys and values, one to a line.")
        return None

    def listed(self, key: str, what: str) -> Iterator["Fields"]:
        """The tables listed under `key`, at least one."""
        for node in self.entries(key):
            if isinstance(node, Table):
                yield Fields(node, what, self.problems, self.locales)
            else:
                self.problems.at(node.line, f"{what} is written as keys and values.")

    def entries(self, key: str) -> tuple[Node, ...]:
        """The values listed under `key`, at least one."""
        node = self.node(key)
        if node is None:
            return ()
        if not isinstance(node, Listing) or not node.entries:
            self.wrong(key, f"{key} has to be a list with at least one entry.")
            return ()
        return node.entries

    def excuse(self) -> None:
        """Take every key as known: what is wrong already does not let us tell."""
        self._known.update(dict.fromkeys(self.table.entries))

    def finish(self) -> None:
        """Refuse every key nobody asked for."""
        for key, line in self.table.key_lines.items():
            if key not in self._known:
                hint = did_you_mean(key, self._known)
                self.problems.at(line, f"{self._what} has no use for {key[:64]!r}; {hint}")
