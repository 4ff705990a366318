"""How long a platform that takes nothing is left alone."""

from datetime import UTC, datetime, timedelta

from bot.channels import RetryAfter
from schedules.outages import Outages

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ASKED = RetryAfter("too many", seconds=20.0, whole_channel=True)


def test_a_message_that_was_on_its_way_does_not_end_a_pause() -> None:
    outages = Outages(lambda: NOW)
    outages.began("telegram", ASKED)
    outages.ended("telegram", NOW)
    assert outages.over_at("telegram", NOW) == NOW + timedelta(seconds=20)
    assert not outages.reaches("telegram")


def test_a_message_taken_after_the_pause_ends_the_outage() -> None:
    outages = Outages(lambda: NOW)
    outages.began("telegram", ASKED)
    later = NOW + timedelta(seconds=20)
    outages.ended("telegram", later)
    assert (outages.over_at("telegram", later), outages.reaches("telegram")) == (later, True)


def test_another_platform_is_not_concerned() -> None:
    outages = Outages(lambda: NOW)
    outages.began("telegram", ASKED)
    assert (outages.over_at("slack", NOW), outages.reaches("slack")) == (NOW, True)
