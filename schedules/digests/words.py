"""What people type after /lab-digest, understood: show it, subscribe to it, or end it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names

from bot.catalog import Catalog
from storage.tables import Period

DEFAULT_TIME = time(8)
MONDAY = 0
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2})h?)?(am|pm)?", re.ASCII)
_PERIODS = {"daily": Period.DAY, "weekly": Period.WEEK, "monthly": Period.MONTH}


@dataclass(frozen=True, slots=True)
class ShowNow:
    """The digest is wanted at once."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The digest is wanted regularly; `zone` is an IANA name, or None for the laboratory's."""

    period: Period
    weekday: int | None
    at: time
    zone: str | None


@dataclass(frozen=True, slots=True)
class End:
    """No more digests."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """The words mean none of these."""


Wish = ShowNow | Subscribe | End | Unclear


def understand(words: str, catalog: Catalog, locale: str) -> Wish:
    """The wish behind `words`, in the person's language or English, whatever the case, accents and order.

    Nothing or "now" shows the digest; "off" ends it; otherwise a period, a day, a time and a time zone may be
    given, each once. A day alone means weekly, no day Monday, no time 08:00. Anything else is Unclear.
    """
    vocabulary = _vocabulary(catalog, locale)
    tokens = [token for token in _fold(words).split() if vocabulary.get(token) != "ignored"]
    meanings = [vocabulary.get(token) for token in tokens]
    if meanings in ([], ["now"]):
        return ShowNow()
    if meanings == ["off"]:
        return End()
    return _subscription(tokens, meanings)


def _subscription(tokens: list[str], meanings: list[str | int | None]) -> Wish:
    periods: list[Period] = []
    weekdays: list[int] = []
    times: list[time] = []
    zones: list[str] = []
    for token, meaning in zip(tokens, meanings, strict=True):
        if isinstance(meaning, int):
            weekdays.append(meaning)
        elif meaning in _PERIODS:
            periods.append(_PERIODS[meaning])
        elif (at := _clock(token)) is not None:
            times.append(at)
        elif (zone := _zone(token)) is not None:
            zones.append(zone)
        else:
            return Unclear()
    if max(len(periods), len(weekdays), len(times), len(zones)) > 1 or not (periods or weekdays):
        return Unclear()
    period = periods[0] if periods else Period.WEEK
    if weekdays and period is not Period.WEEK:
        return Unclear()
    weekday = (weekdays[0] if weekdays else MONDAY) if period is Period.WEEK else None
    return Subscribe(period, weekday, times[0] if times else DEFAULT_TIME, zones[0] if zones else None)


def _vocabulary(catalog: Catalog, locale: str) -> Mapping[str, str | int]:
    """Typed words by what they mean: a name of this module's, or the number of a weekday."""
    found: dict[str, str | int] = {}
    for language in ("en", locale):
        for meaning in ("ignored", "now", "off", *_PERIODS):
            for word in _fold(catalog.say(f"digest.words.{meaning}", language)).split():
                found[word] = meaning
        for name, number in _day_names(language):
            found[_fold(name).strip(".")] = number
    return found


def _day_names(language: str) -> list[tuple[str, int]]:
    """The names and short names of the days, with their numbers."""
    try:
        spoken = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return []
    names = (get_day_names("abbreviated", locale=spoken), get_day_names("wide", locale=spoken))
    return [(name, number) for named in names for number, name in named.items()]


def _clock(token: str) -> time | None:
    """8:00, 08.00, 8h30, 8am; a figure alone is no time."""
    match = _CLOCK.fullmatch(token)
    if match is None or (match[2] is None and match[3] is None):
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _zone(word: str) -> str | None:
    return _zones().get(word) if "/" in word or word == "utc" else None


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def _fold(words: str) -> str:
    """Without case and accents, and with nothing but spaces between words."""
    plain = unicodedata.normalize("NFKD", words.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).replace(",", " ").split())
