"""The bot hears what people do, by polling and by webhook, and confirms it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict, InvalidToken
from telegram.request import HTTPXRequest

from sandbox.serve import serve
from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import TOKEN, Clock


async def test_bot_learns_who_it_is(bot: Bot) -> None:
    assert bot.username == "labvoice_bot"


async def test_wrong_token_is_refused(telegram_url: str) -> None:
    request = HTTPXRequest()
    with pytest.raises(InvalidToken):
        await Bot("1:wrong", base_url=f"{telegram_url}/bot", request=request).initialize()
    await request.shutdown()


async def test_unknown_method_is_not_found(bot: Bot) -> None:
    with pytest.raises(InvalidToken, match="Not Found"):
        await bot._post("openThePodBayDoors")


async def test_start_with_payload_arrives_as_command(bot: Bot, ana: Person) -> None:
    ana.start("token-1")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "/start token-1"
    assert [entity.type for entity in update.message.entities] == ["bot_command"]
    assert update.message.entities[0].length == 6
    assert update.effective_user is not None
    assert update.effective_user.language_code == "es"


async def test_update_is_repeated_until_the_offset_passes_it(
    bot: Bot, telegram: TelegramSandbox, ana: Person
) -> None:
    first = ana.say("one")
    second = ana.say("two")
    assert [update.update_id for update in await bot.get_updates()] == [first, second]
    assert [update.update_id for update in await bot.get_updates(offset=second)] == [second]
    assert telegram.updates_forgotten == (first,)
    assert telegram.pending_updates == (second,)


async def test_limit_holds_back_the_rest(bot: Bot, ana: Person) -> None:
    ids = [ana.say(str(number)) for number in range(3)]
    assert [update.update_id for update in await bot.get_updates(limit=2)] == ids[:2]


async def test_negative_offset_keeps_only_the_newest(
    bot: Bot, telegram: TelegramSandbox, ana: Person
) -> None:
    *old, newest = [ana.say(str(number)) for number in range(3)]
    assert [update.update_id for update in await bot.get_updates(offset=-1)] == [newest]
    assert telegram.updates_forgotten == tuple(old)


async def test_long_poll_returns_as_soon_as_something_happens(
    bot: Bot, telegram: TelegramSandbox, ana: Person
) -> None:
    poll = asyncio.create_task(_poll(bot))
    await _called(telegram, "getUpdates")
    sent = ana.say("hello")
    async with asyncio.timeout(5):
        assert [update.update_id for update in await poll] == [sent]


async def test_second_poller_ends_the_first_with_a_conflict(
    bot: Bot, telegram: TelegramSandbox, telegram_url: str, ana: Person
) -> None:
    first = asyncio.create_task(_poll(bot))
    await _called(telegram, "getUpdates")
    other = Bot(TOKEN, base_url=f"{telegram_url}/bot")
    await other.initialize()
    second = asyncio.create_task(_poll(other))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first
    sent = ana.say("hello")
    assert [update.update_id for update in await second] == [sent]
    await other.shutdown()


async def test_poller_that_leaves_makes_room_for_the_next(
    bot: Bot, telegram: TelegramSandbox, ana: Person
) -> None:
    left = asyncio.create_task(_poll(bot))
    await _called(telegram, "getUpdates")
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    sent = ana.say("hello")
    assert [update.update_id for update in await bot.get_updates()] == [sent]


async def test_stopping_the_server_ends_a_long_poll(telegram: TelegramSandbox) -> None:
    async with asyncio.timeout(5):
        async with serve(telegram.app) as url, Bot(TOKEN, base_url=f"{url}/bot") as bot:
            poll = asyncio.create_task(_poll(bot))
            await _called(telegram, "getUpdates")
            leaving = poll
        await asyncio.gather(leaving, return_exceptions=True)


async def test_unwanted_kinds_of_update_are_not_kept(
    bot: Bot, telegram: TelegramSandbox, ana: Person
) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    ana.say("hello")
    assert telegram.pending_updates == ()


async def test_update_older_than_a_day_is_gone(bot: Bot, ana: Person, clock: Clock) -> None:
    ana.say("hello")
    clock.advance(timedelta(hours=25))
    assert await bot.get_updates() == ()


async def test_blocking_and_unblocking_are_told(bot: Bot, ana: Person) -> None:
    ana.start()
    ana.block()
    ana.unblock()
    _, blocked, unblocked = await bot.get_updates()
    assert blocked.my_chat_member is not None
    assert blocked.my_chat_member.new_chat_member.status == "kicked"
    assert unblocked.my_chat_member is not None
    assert unblocked.my_chat_member.new_chat_member.status == "member"


async def test_photo_and_voice_can_be_fetched(bot: Bot, ana: Person) -> None:
    ana.send_photo(caption="look")
    ana.send_voice(b"OggS-voice")
    photo, voice = await bot.get_updates()
    assert photo.message is not None
    assert photo.message.caption == "look"
    assert (
        bytes(await (await photo.message.photo[-1].get_file()).download_as_bytearray()) == ana.chat[0].photo
    )
    assert voice.message is not None
    assert voice.message.voice is not None
    assert bytes(await (await voice.message.voice.get_file()).download_as_bytearray()) == b"OggS-voice"


class Hook:
    """A webhook that answers what it is told and remembers what came."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.secrets: list[str | None] = []
        self.updates: list[int] = []
        self.came = asyncio.Condition()
        self.app = Starlette(routes=[Route("/hook", self.receive, methods=["POST"])])

    async def receive(self, request: Request) -> Response:
        self.secrets.append(request.headers.get("x-telegram-bot-api-secret-token"))
        update = Update.de_json(await request.json())
        async with self.came:
            self.updates.append(update.update_id)
            self.came.notify_all()
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    async def wait_for(self, count: int) -> list[int]:
        async with asyncio.timeout(5), self.came:
            await self.came.wait_for(lambda: len(self.updates) >= count)
        return self.updates


@pytest.fixture
async def hook() -> Hook:
    return Hook()


@pytest.fixture
async def hook_url(hook: Hook) -> AsyncIterator[str]:
    async with serve(hook.app) as url:
        yield f"{url}/hook"


async def test_webhook_receives_updates_in_order_with_the_secret(
    bot: Bot, ana: Person, telegram: TelegramSandbox, hook: Hook, hook_url: str
) -> None:
    await bot.set_webhook(hook_url, secret_token="s3cret")
    sent = [ana.say(str(number)) for number in range(5)]
    assert await hook.wait_for(5) == sent
    assert set(hook.secrets) == {"s3cret"}
    assert await telegram.changes.until(lambda: telegram.updates_forgotten == tuple(sent), 5)


async def test_webhook_is_tried_again_until_it_succeeds(
    bot: Bot, ana: Person, telegram: TelegramSandbox, hook: Hook, hook_url: str
) -> None:
    hook.statuses = [500, 403]
    await bot.set_webhook(hook_url)
    sent = ana.say("hello")
    assert await hook.wait_for(3) == [sent, sent, sent]
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 403 Forbidden"


async def test_polling_conflicts_with_a_webhook(bot: Bot, hook_url: str) -> None:
    await bot.set_webhook(hook_url)
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_setting_a_webhook_ends_a_long_poll(bot: Bot, telegram: TelegramSandbox, hook_url: str) -> None:
    poll = asyncio.create_task(_poll(bot))
    await _called(telegram, "getUpdates")
    await bot.set_webhook(hook_url)
    with pytest.raises(Conflict, match="terminated by setWebhook"):
        await poll


async def test_deleting_a_webhook_can_drop_what_is_pending(
    bot: Bot, telegram: TelegramSandbox, ana: Person
) -> None:
    ana.say("hello")
    await bot.delete_webhook(drop_pending_updates=True)
    assert telegram.pending_updates == ()


async def test_webhook_secret_must_be_plain(bot: Bot, hook_url: str) -> None:
    with pytest.raises(BadRequest, match="Secret token contains unallowed characters"):
        await bot.set_webhook(hook_url, secret_token="with spaces")


async def _poll(bot: Bot) -> tuple[Update, ...]:
    return await bot.get_updates(timeout=30, read_timeout=30)


async def _called(telegram: TelegramSandbox, method: str) -> None:
    """Wait until the method has been called."""
    assert await telegram.changes.until(lambda: any(call.method == method for call in telegram.calls), 5)
