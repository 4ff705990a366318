"""A Telegram that refuses what is too much."""

import pytest
from telegram import Bot
from telegram.error import RetryAfter

from sandbox.telegram import Limits, Person, TelegramSandbox
from sandbox.telegram.errors import RefusedError


class Watch:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.time = 100.0


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def limits(watch: Watch) -> Limits:
    return Limits(lambda: watch.time)


def taken(limits: Limits, *chats: int) -> int:
    """How many of these messages it takes."""
    count = 0
    for chat in chats:
        try:
            limits.take(chat)
        except RefusedError:
            continue
        count += 1
    return count


def test_thirty_messages_are_taken_in_any_second(limits: Limits, watch: Watch) -> None:
    assert taken(limits, *range(1, 20)) == 19
    watch.time += 0.5
    assert taken(limits, *range(101, 120)) == 11
    watch.time += 0.4
    assert taken(limits, 200) == 0
    watch.time += 0.1
    assert taken(limits, *range(201, 300)) == 19


def test_what_would_pass_second_by_second_is_refused_after_a_while(limits: Limits, watch: Watch) -> None:
    refused_at = None
    for number in range(1, 1000):
        if not taken(limits, number):
            refused_at = number
            break
        watch.time += 0.96 / 30
    assert refused_at == 301


def test_a_chat_takes_one_message_a_second(limits: Limits, watch: Watch) -> None:
    assert taken(limits, 1, 1, 2) == 2
    watch.time += 0.94
    assert taken(limits, 1) == 0
    watch.time += 0.02
    assert taken(limits, 1) == 1


def test_a_group_takes_twenty_messages_a_minute(limits: Limits, watch: Watch) -> None:
    for _ in range(20):
        assert taken(limits, -1) == 1
        watch.time += 1
    assert taken(limits, -1, -2) == 1
    watch.time += 40
    assert taken(limits, -1) == 1


def test_what_was_refused_is_told_and_does_not_count(limits: Limits, watch: Watch) -> None:
    assert taken(limits, 1, 1, 1) == 1
    assert limits.refused == 2
    watch.time += 1
    assert taken(limits, 1) == 1


async def test_a_message_too_many_is_answered_with_how_long_to_wait(
    bot: Bot, telegram: TelegramSandbox, limits: Limits, ana: Person
) -> None:
    ana.start()
    telegram.limits = limits
    shown = await bot.send_message(101, "one")
    with pytest.raises(RetryAfter, match="Retry in 0:00:01"):
        await bot.send_message(101, "two")
    await bot.edit_message_text("changed", 101, shown.message_id)
    assert [one.text for one in ana.chat if one.by == "bot"] == ["changed"]
