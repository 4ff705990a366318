"""Nothing Telegram hands out is acknowledged before it is kept."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic

import pytest
from telegram import Bot

from handlers.telegram import Connection, TelegramPolling
from handlers.telegram.reading import Update
from handlers.telegram.updates import chat_of
from sandbox.changes import Changes
from sandbox.telegram import Hang, Person, ResetBefore, Status, TelegramSandbox
from storage.database import DatabaseUnavailable
from tests.handlers.telegram.conftest import SOON
from tests.sandbox.conftest import TOKEN
from tests.stage.waiting import until


class Keeper:
    """Takes updates, fails where told, and remembers what is kept as a database would."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.kept: list[int] = []
        self.by_chat: dict[str, list[int]] = defaultdict(list)
        self.failing: dict[int, Exception] = {}
        self.gates: dict[int, asyncio.Event] = {}
        self.changes = Changes()

    async def take(self, update: Update) -> None:
        number = update.update_id
        self.calls.append(number)
        self.changes.happened()
        if number in self.gates:
            await self.gates[number].wait()
        if number in self.failing:
            raise self.failing[number]
        if number not in self.kept:
            self.kept.append(number)
            self.by_chat[chat_of(update)].append(number)
        self.changes.happened()

    async def until(self, predicate: Callable[[], bool]) -> None:
        assert await self.changes.until(predicate, 5), f"called: {self.calls}, kept: {self.kept}"


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def connection() -> Connection:
    return Connection()


Start = Callable[[], Awaitable[TelegramPolling]]


@pytest.fixture
async def start(bot: Bot, keeper: Keeper, connection: Connection) -> AsyncIterator[Start]:
    """Starts polling; several times to play a process that comes back after a crash."""
    started: list[TelegramPolling] = []

    async def start_one() -> TelegramPolling:
        polling = TelegramPolling(bot, keeper.take, connection, SOON)
        polling.start()
        started.append(polling)
        return polling

    yield start_one
    for gate in keeper.gates.values():
        gate.set()
    for polling in started:
        await polling.close()


@pytest.fixture
def ana(telegram: TelegramSandbox) -> Person:
    return telegram.person(101, first_name="Ana")


@pytest.fixture
def bo(telegram: TelegramSandbox) -> Person:
    return telegram.person(202, first_name="Bo")


async def acknowledged(telegram: TelegramSandbox, *updates: int) -> None:
    assert await telegram.changes.until(lambda: sorted(telegram.updates_forgotten) == sorted(updates), 5)


async def called(telegram: TelegramSandbox, method: str, times: int = 1) -> None:
    def enough() -> bool:
        return sum(call.method == method for call in telegram.calls) >= times

    assert await telegram.changes.until(enough, 5)


async def test_updates_are_acknowledged_once_they_are_kept(
    start: Start, keeper: Keeper, telegram: TelegramSandbox, ana: Person
) -> None:
    sent = [ana.say("one"), ana.say("two")]
    polling = await start()
    await acknowledged(telegram, *sent)
    assert keeper.kept == sent
    assert polling.ready


async def test_update_is_not_acknowledged_while_it_is_being_taken(
    start: Start, keeper: Keeper, telegram: TelegramSandbox, ana: Person, bo: Person
) -> None:
    slow, quick = ana.say("slow"), bo.say("quick")
    keeper.gates[slow] = asyncio.Event()
    await start()
    await keeper.until(lambda: keeper.kept == [quick])
    assert telegram.pending_updates == (slow, quick)
    keeper.gates[slow].set()
    await acknowledged(telegram, slow, quick)


async def test_update_that_was_not_kept_is_fetched_again_after_a_crash(
    start: Start, keeper: Keeper, telegram: TelegramSandbox, ana: Person
) -> None:
    sent = [ana.say(str(number)) for number in range(10)]
    keeper.gates[sent[2]] = asyncio.Event()
    crashing = await start()
    await keeper.until(lambda: sent[2] in keeper.calls)
    assert crashing._task is not None
    crashing._task.cancel()
    await asyncio.gather(crashing._task, return_exceptions=True)
    assert keeper.kept == sent[:2]
    assert telegram.updates_forgotten == ()
    keeper.gates[sent[2]].set()
    await start()
    await acknowledged(telegram, *sent)
    assert keeper.kept == sent


async def test_one_chat_keeps_its_order_while_another_goes_ahead(
    start: Start, keeper: Keeper, telegram: TelegramSandbox, ana: Person, bo: Person
) -> None:
    hers = [ana.say("1"), ana.say("2")]
    his = [bo.say("1"), bo.say("2")]
    keeper.gates[hers[0]] = asyncio.Event()
    await start()
    await keeper.until(lambda: keeper.kept == his)
    keeper.gates[hers[0]].set()
    await acknowledged(telegram, *hers, *his)
    assert dict(keeper.by_chat) == {"101": hers, "202": his}


async def test_database_that_is_away_costs_nothing(
    start: Start,
    keeper: Keeper,
    telegram: TelegramSandbox,
    ana: Person,
    bo: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    first, second, other = ana.say("1"), ana.say("2"), bo.say("1")
    keeper.failing[first] = DatabaseUnavailable("away")
    polling = await start()
    await keeper.until(lambda: keeper.calls.count(first) >= 3)
    assert second not in keeper.calls
    assert telegram.updates_forgotten == ()
    assert not polling.ready
    del keeper.failing[first]
    await acknowledged(telegram, first, second, other)
    assert dict(keeper.by_chat) == {"101": [first, second], "202": [other]}
    assert caplog.text.count("cannot be kept now") == 1
    assert caplog.text.count("kept again") == 1


async def test_update_that_alone_keeps_failing_does_not_stop_the_others_for_ever(
    start: Start, keeper: Keeper, telegram: TelegramSandbox, ana: Person, bo: Person
) -> None:
    bad, good, other = ana.say("bad"), ana.say("good"), bo.say("1")
    keeper.failing[bad] = ZeroDivisionError("a defect")
    await start()
    await acknowledged(telegram, bad, good, other)
    assert sorted(keeper.kept) == [good, other]


async def test_fault_that_hits_everybody_loses_nobody(
    start: Start, keeper: Keeper, telegram: TelegramSandbox, ana: Person, bo: Person
) -> None:
    sent = [ana.say("1"), bo.say("1")]
    keeper.failing = {number: ZeroDivisionError("a defect") for number in sent}
    await start()
    await keeper.until(lambda: len(keeper.calls) >= 20)
    assert telegram.updates_forgotten == ()
    keeper.failing.clear()
    await acknowledged(telegram, *sent)


async def test_update_that_cannot_be_read_does_not_take_others_with_it(
    start: Start, keeper: Keeper, telegram: TelegramSandbox, ana: Person
) -> None:
    first = ana.say("1")
    broken = telegram._account.push("message", {"text": "no chat, no date"})
    last = ana.say("2")
    await start()
    await acknowledged(telegram, first, broken, last)
    assert sorted(keeper.kept) == [first, broken, last]


async def test_telegram_down_at_start_is_waited_for(
    start: Start,
    keeper: Keeper,
    telegram: TelegramSandbox,
    ana: Person,
    connection: Connection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    telegram.faults.down = True
    polling = await start()
    await called(telegram, "deleteWebhook", 3)
    assert (polling.ready, connection.last_error) == (False, "It cannot be reached.")
    telegram.faults.down = False
    sent = ana.say("1")
    await acknowledged(telegram, sent)
    assert (polling.ready, connection.last_error) == (True, None)
    assert caplog.text.count("cannot be reached") == 1
    assert caplog.text.count("working again") == 1


async def test_telegram_down_later_is_waited_for(
    start: Start, telegram: TelegramSandbox, ana: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    telegram.faults.next("getUpdates", ResetBefore(), Status(500, "Internal Server Error"), ResetBefore())
    await start()
    await acknowledged(telegram, ana.say("1"))
    assert caplog.text.count("cannot be reached") == 1
    assert caplog.text.count("working again") == 1


async def test_second_poller_is_explained_once(
    start: Start,
    telegram: TelegramSandbox,
    ana: Person,
    connection: Connection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    conflict = Status(409, "Conflict: terminated by other getUpdates request")
    telegram.faults.next("getUpdates", conflict, conflict, conflict, Hang(30))
    polling = await start()
    await called(telegram, "getUpdates", 4)
    assert not polling.ready
    assert connection.last_error is not None
    assert "Another program" in connection.last_error
    assert caplog.text.count("Another program") == 1


async def test_webhook_set_meanwhile_is_explained(
    start: Start, telegram: TelegramSandbox, bot: Bot, connection: Connection
) -> None:
    await start()
    await called(telegram, "getUpdates")
    await bot.set_webhook("http://127.0.0.1:9/nobody")
    assert await telegram.changes.until(lambda: not connection.ready, 5)
    await called(telegram, "getUpdates", 3)
    assert connection.last_error is not None
    assert "TELEGRAM_WEBHOOK_URL" in connection.last_error


async def test_refused_token_is_explained_without_showing_it(
    start: Start, telegram: TelegramSandbox, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.faults.next("getUpdates", Status(401, "Unauthorized"), Hang(30))
    await start()
    await called(telegram, "getUpdates", 2)
    assert connection.last_error is not None
    assert "TELEGRAM_BOT_TOKEN" in connection.last_error
    assert TOKEN not in caplog.text


async def test_webhook_of_former_days_is_removed(
    start: Start, telegram: TelegramSandbox, bot: Bot, ana: Person
) -> None:
    await bot.set_webhook("http://127.0.0.1:9/nobody")
    await start()
    await acknowledged(telegram, ana.say("1"))


async def test_closing_ends_a_waiting_poll_at_once(start: Start, telegram: TelegramSandbox) -> None:
    polling = await start()
    await called(telegram, "getUpdates")
    async with asyncio.timeout(1):
        await polling.close()
    assert not polling.ready


async def test_closing_lets_a_batch_be_kept(
    start: Start, keeper: Keeper, telegram: TelegramSandbox, ana: Person
) -> None:
    sent = ana.say("1")
    keeper.gates[sent] = asyncio.Event()
    polling = await start()
    await keeper.until(lambda: keeper.calls == [sent])
    closing = asyncio.create_task(polling.close())
    keeper.gates[sent].set()
    async with asyncio.timeout(1):
        await closing
    assert keeper.kept == [sent]


async def test_poll_that_hangs_is_silent_and_a_restart_ends_it_first(
    start: Start, telegram: TelegramSandbox, ana: Person
) -> None:
    telegram.faults.next("getUpdates", Hang(600))
    polling = await start()
    await called(telegram, "getUpdates")
    assert not polling.pulse.silent()
    polling.pulse.time = later(91)
    assert polling.pulse.silent()
    assert not polling.ready
    hanging = polling._task
    await polling.restart()
    assert hanging is not None
    assert hanging.done()
    assert not polling.pulse.silent()
    await acknowledged(telegram, ana.say("1"))
    assert polling.ready


async def test_batch_that_hangs_is_taken_after_a_restart_and_nothing_twice(
    start: Start, keeper: Keeper, telegram: TelegramSandbox, ana: Person, bo: Person
) -> None:
    stuck, other = ana.say("1"), bo.say("1")
    keeper.gates[stuck] = asyncio.Event()
    polling = await start()
    await keeper.until(lambda: keeper.kept == [other])
    polling.pulse.time = later(91)
    assert polling.pulse.silent()
    del keeper.gates[stuck]
    await polling.restart()
    await acknowledged(telegram, stuck, other)
    assert sorted(keeper.kept) == [stuck, other]


async def test_loop_that_died_is_silent(start: Start, telegram: TelegramSandbox, bot: Bot) -> None:
    polling = await start()
    await called(telegram, "getUpdates")
    assert polling._task is not None
    polling._task.cancel()
    await asyncio.gather(polling._task, return_exceptions=True)
    polling.pulse.time = later(91)
    assert polling.pulse.silent()


async def test_wait_that_telegram_asks_for_is_no_silence(start: Start, telegram: TelegramSandbox) -> None:
    telegram.faults.next("getUpdates", Status(429, "Too Many Requests: retry after 600", 600))
    polling = await start()
    await called(telegram, "getUpdates")
    await until(lambda: not polling.ready)
    polling.pulse.time = later(600)
    assert not polling.pulse.silent()


def later(seconds: float) -> Callable[[], float]:
    return lambda: monotonic() + seconds
