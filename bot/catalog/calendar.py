"""The laboratory's calendar file: when it is open, and what it promises, read once at start-up."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from bot.catalog.document import Leaf, read_document, read_text
from bot.catalog.fields import Fields
from bot.catalog.problems import DefinitionError, Problems
from bot.complaints.calendar import Hours, Week
from bot.complaints.lifecycle import Clock
from bot.complaints.severity import Band
from bot.complaints.sla import PROMISES, Promise, Promises

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"h": "hours", "m": "minutes"}
_LONGEST = timedelta(hours=2000)
_EXPECTED = "hours or minutes of business time such as 8h or 30m, and at most 2000h"
_AT_ANY_HOUR = f"{_EXPECTED}, with round the clock after it if nights count"


def load_calendar(path: Path | None) -> tuple[Week, Promises]:
    """What the file at `path` says; for what it leaves out, and without one, our own hours and promises.

    DefinitionError lists every problem.
    """
    if path is None:
        return Week(), PROMISES
    problems = Problems(str(path))
    try:
        source = read_text(path, problems)
    except OSError as error:
        raise DefinitionError([f"{path}:1: The file cannot be read: {error.strerror}."]) from None
    table = read_document(source, problems) if source else None
    found = _read(Fields(table, "A calendar file", problems, None)) if table else None
    if found is None or len(problems):
        raise DefinitionError(problems.lines)
    return found


def _read(fields: Fields) -> tuple[Week, Promises]:
    week, promises = Week(), PROMISES
    if fields.has("hours") and (hours := fields.fields("hours", "hours")):
        if days := dict(_hours(hours)):
            week = replace(week, hours=days)
        else:
            fields.wrong("hours", "hours has no day on which the laboratory is open; add one.")
    if fields.has("holidays"):
        week = replace(week, holidays=frozenset(_dates(fields)))
    if fields.has("promises") and (bands := fields.fields("promises", "promises")):
        promises = {band: _promised(bands, band) for band in Band}
        bands.finish()
    fields.finish()
    return week, promises


def _hours(fields: Fields) -> Iterator[tuple[int, Hours]]:
    """The hours of the days that are given; the laboratory is closed on the others."""
    for weekday, name in enumerate(WEEKDAYS):
        if fields.has(name):
            yield weekday, fields.window(name)
    fields.finish()


def _dates(fields: Fields) -> Iterator[date]:
    for node in fields.entries("holidays"):
        word = node.text if isinstance(node, Leaf) else ""
        if day := _date(word):
            yield day
        else:
            fields.problems.at(node.line, f"A holiday is a date such as 2026-12-25, not {word[:64]!r}.")


def _date(word: str) -> date | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", word, re.ASCII):
        with suppress(ValueError):
            return date.fromisoformat(word)
    return None


def _promised(bands: Fields, band: Band) -> Mapping[Clock, Promise]:
    """The promises of a band: those given, and ours for the others."""
    promised = dict(PROMISES[band])
    if bands.has(band) and (given := bands.fields(band, f"The band {band}")):
        for clock in Clock:
            if given.has(clock):
                promised[clock] = _promise(given, clock)
        given.finish()
    return promised


def _promise(fields: Fields, clock: Clock) -> Promise:
    word = fields.word(clock)
    if match := re.fullmatch(r"([1-9]\d{0,5})([hm])( round the clock)?", word, re.ASCII):
        promise = Promise(timedelta(**{_UNITS[match[2]]: int(match[1])}), match[3] is not None)
        if promise.within <= _LONGEST and (clock is Clock.ACKNOWLEDGE or not promise.round_the_clock):
            return promise
    if word:
        expected = _AT_ANY_HOUR if clock is Clock.ACKNOWLEDGE else _EXPECTED
        fields.wrong(clock, f"{clock} {word[:64]!r} has to be {expected}.")
    return Promise(_LONGEST)
