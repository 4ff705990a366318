"""Platforms that take nothing at present, and how long each is left alone."""

import logging
from datetime import datetime, timedelta

from bot.channels import RetryAfter
from schedules.clock import Clock

log = logging.getLogger(__name__)

LONGEST_PAUSE = timedelta(seconds=30)


class Outages:
    """Knows which platforms are out; one that goes, and one that is back, is logged once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, datetime] = {}
        self._in_a_row: dict[str, int] = {}

    def over_at(self, channel: str, now: datetime) -> datetime:
        """When the platform may be tried again; now where nothing speaks against it."""
        return max(self._until.get(channel, now), now)

    def reaches(self, channel: str) -> bool:
        """Whether the platform took, or could have taken, the last message for it."""
        return channel not in self._in_a_row

    def began(self, channel: str, outcome: RetryAfter) -> timedelta:
        """The platform took nothing; how long to leave it alone: twice as long each time, or as it asks."""
        now, before = self._clock(), self._in_a_row.get(channel, 0)
        if before == 0:
            log.warning("%s cannot be reached, messages wait: %s", channel, outcome.reason)
        wait = max(min(timedelta(seconds=2**before), LONGEST_PAUSE), timedelta(seconds=outcome.seconds or 0))
        if self.over_at(channel, now) <= now:  # else it is one of those that were on their way
            self._in_a_row[channel] = min(before + 1, 10)
            self._until[channel] = now + wait
        return wait

    def ended(self, channel: str, now: datetime) -> None:
        """The platform took a message; one that was on its way when a pause began does not end the pause."""
        if self.over_at(channel, now) > now:
            return
        if self._in_a_row.pop(channel, 0):
            log.info("%s can be reached again", channel)
            self._until.pop(channel, None)
