"""Figures, dates and names in one person's language."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_interval, format_skeleton
from babel.numbers import format_decimal, format_percent

from bot.catalog import Catalog
from schedules.digests.digest import Digest
from schedules.digests.findings import Change
from schedules.digests.intervals import Estimate
from storage.tables import Period

_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Wording:
    """The catalogue's sentences and the customs of one locale."""

    catalog: Catalog
    locale: str

    def say(self, key: str, **values: str | int) -> str:
        """The sentence `digest.<key>`."""
        return self.catalog.say(f"digest.{key}", self.locale, **values)

    def percent(self, share: float) -> str:
        """A whole percentage."""
        return format_percent(share, locale=self._babel)

    def number(self, value: int) -> str:
        """A whole number."""
        return format_decimal(value, locale=self._babel)

    def points(self, value: float) -> str:
        """Whole points with their sign, of a fraction: +12, −3, 0."""
        whole = round(100 * value)
        return f"{whole:+d}".replace("-", _MINUS) if whole else "0"

    def share(self, estimate: Estimate) -> str:
        """A share with its interval: 58% (46–69)."""
        low, high = (round(100 * bound) for bound in (estimate.low, estimate.high))
        return f"{self.percent(estimate.value)} ({low}–{high})"

    def score(self, estimate: Estimate) -> str:
        """A score with its interval: +38 (+22 to +52)."""
        return self.say(
            "score",
            score=self.points(estimate.value),
            low=self.points(estimate.low),
            high=self.points(estimate.high),
        )

    def change(self, change: Change | None) -> str:
        """What to say of a change: its points, and that it is not clear when it is not."""
        if change is None:
            return self.say("change.unknown")
        return self.say(f"change.{change.direction}", points=self.points(change.value))

    def term(self, term: StrEnum, kind: str) -> str:
        """The word people read for a term of the complaint register."""
        return self.catalog.say(f"{kind}.{term.value}", self.locale)

    def survey(self, survey: str) -> str:
        """A survey's title."""
        return self.catalog.newest(survey).title.in_locale(self.locale)

    def item(self, survey: str, item: str) -> str:
        """An item's short name; one without goes by its question."""
        asked = self.catalog.newest(survey).item(item)
        return (asked.name or asked.text).in_locale(self.locale)

    def dates(self, digest: Digest) -> str:
        """The local dates a digest covers."""
        first = digest.window.start.astimezone(digest.zone)
        if digest.rolling:
            last = digest.window.end.astimezone(digest.zone)
            return self.say("until", moment=self.moment(last))
        last = digest.window.end.astimezone(digest.zone) - timedelta(microseconds=1)
        match digest.period:
            case Period.DAY:
                return str(format_skeleton("yMMMEd", first, locale=self._babel))
            case Period.WEEK:
                return str(format_interval(first.date(), last.date(), "yMMMd", locale=self._babel))
            case Period.MONTH:
                return str(format_skeleton("yMMMM", first, locale=self._babel))

    def title(self, digest: Digest) -> str:
        """What the digest is, without its dates."""
        kind = "rolling" if digest.rolling else "title"
        return self.say(f"{kind}.{digest.period.value}")

    def moment(self, local: datetime) -> str:
        """A local date and time, without the year."""
        return str(format_datetime(local, "d MMM HH:mm", locale=self._babel))

    def weekday(self, local: datetime) -> str:
        """The name of its day of the week."""
        return str(format_datetime(local, "EEEE", locale=self._babel))

    @property
    def _babel(self) -> Locale:
        try:
            return Locale.parse(self.locale, sep="-")
        except (UnknownLocaleError, ValueError):
            return Locale("en")
