"""Transcripts: what is done (script) and what is heard, as lines a nurse can read.

A transcript begins with a title and a line of settings; then every line, with its continuation lines, is
something done (`Patient`, `Laboratory`, `Form`, `Time`) or something heard (all other names).
Only what is done is played; what is heard is compared.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from typing_extensions import override

from bot.complaints.relay import ALPHABET, HALF

FOLDER = Path(__file__).parent.parent / "transcripts"
LIVES = FOLDER / "lives"
DONE = frozenset({"Patient", "Laboratory", "Form", "Time"})
WIDTH = 12
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RELAY = "22222-33333"
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript: who, and what."""

    who: str
    what: str

    @override
    def __str__(self) -> str:
        first, *rest = self.what.split("\n")
        rows = [f"{self.who + ':':<{WIDTH}}{first}", *(" " * WIDTH + row for row in rest)]
        return "\n".join(row.rstrip() for row in rows)


@dataclass(frozen=True, slots=True)
class Script:
    """A transcript read from its file: settings, and what is done in it."""

    path: Path
    title: str
    survey: str
    locale: str
    now: datetime
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        """`<survey>.<ending>` of the file, perhaps with a further word."""
        return self.path.name.removesuffix(".txt")

    def head(self) -> str:
        """The first two lines of the file."""
        moment = f"{DAYS[self.now.weekday()]} {self.now:%H:%M}"
        return f"# {self.title}\nSurvey: {self.survey}   Locale: {self.locale}   Now: {moment}\n"


class Stage(Protocol):
    """Somewhere a script can be played."""

    async def play(self, line: Line) -> list[Line]:
        """Do one line; everything heard until all is quiet again, in order."""
        ...


def scripts(folder: Path = FOLDER) -> list[Script]:
    """Every transcript of a folder, by name."""
    return [read(path) for path in sorted(folder.glob("*.txt"))]


def read(path: Path) -> Script:
    """Read one transcript."""
    title, settings, *rest = path.read_text(encoding="utf-8").splitlines()
    found = re.fullmatch(r"Survey: (\S+)\s+Locale: (\S+)\s+Now: (\w+) (\d\d):(\d\d)", settings)
    assert found, f"{path.name}: the second line says Survey, Locale and Now"
    survey, locale, day, hour, minute = found.groups()
    now = MONDAY + timedelta(days=DAYS.index(day), hours=int(hour), minutes=int(minute))
    return Script(path, title.removeprefix("# "), survey, locale, now, tuple(_lines(rest)))


def _lines(rows: list[str]) -> list[Line]:
    lines: list[Line] = []
    for row in rows:
        if row.startswith(" ") or not row:
            if lines and row.strip():
                lines[-1] = Line(lines[-1].who, f"{lines[-1].what}\n{row[WIDTH:]}")
            continue
        who, _, what = row.partition(":")
        lines.append(Line(who, what.strip()))
    return lines


async def perform(script: Script, stage: Stage, done: Collection[str] = DONE) -> str:
    """Play everything done in the script on `stage`; the whole transcript as it sounds there.

    `done` are the names of those whose lines are played.
    """
    text = [script.head()]
    for line in script.lines:
        if line.who in done:
            heard = await stage.play(line)
            text.extend(str(one) for one in (line, *heard))
            text.append("")
    return "\n".join(text).rstrip() + "\n"


def duration(words: str) -> timedelta:
    """`2 days later` as a span of time."""
    found = re.fullmatch(r"(\d+) (minute|hour|day)s? later", words)
    assert found, f"time passes as `2 days later`, not {words!r}"
    return int(found[1]) * _UNITS[found[2]]


def form_values(words: str) -> dict[str, str]:
    """`item = value` lines as a mapping."""
    return dict(row.split(" = ", 1) for row in words.splitlines())


def _without_codes(text: str) -> str:
    """The words with the code that an anonymous reporter is given, which is new every time, as `RELAY`."""
    return re.sub(rf"\b[{ALPHABET}]{{{HALF}}}-[{ALPHABET}]{{{HALF}}}\b", RELAY, text)


def shown(text: str, buttons: tuple[tuple[str, ...], ...]) -> str:
    """A message as it is written in a transcript: its words, then a line per row of buttons."""
    rows = [" ".join(f"[{label}]" for label in row) for row in buttons]
    return "\n".join([*(line for line in _without_codes(text).splitlines() if line), *rows])
