"""The bot introduces itself, and keeps its token to itself."""

import logging

import pytest
from telegram import BotCommandScopeAllPrivateChats
from telegram.error import InvalidToken

from bot.catalog import Catalog
from bot.dialog.message import Message
from handlers.telegram import Connection, Pace, TelegramChannel, TelegramSetup, build_bot
from handlers.telegram.redaction import Redaction
from sandbox.telegram import ResetBefore, Status, TelegramSandbox
from tests.handlers.telegram.conftest import SOON
from tests.sandbox.conftest import TOKEN


async def test_bot_learns_its_name_and_offers_its_commands_in_every_language(
    telegram: TelegramSandbox, telegram_url: str, catalog: Catalog
) -> None:
    bot = build_bot(TOKEN, telegram_url)
    setup = TelegramSetup(bot, catalog, "es", Connection(), SOON)
    assert setup.username() is None
    telegram.faults.next("getMe", ResetBefore(), Status(500, "Internal Server Error"))
    setup.start()
    languages = 1 + len(catalog.locales)
    assert await telegram.changes.until(
        lambda: sum(call.method == "setMyCommands" for call in telegram.calls) == languages, 5
    )
    assert setup.username() == "labvoice_bot"
    scope = BotCommandScopeAllPrivateChats()
    for language, locale in ((None, "es"), ("en", "en"), ("es", "es")):
        menu = {one.command: one.description for one in await bot.get_my_commands(scope, language)}
        assert menu["complaint"] == catalog.say("telegram.menu.complaint", locale)
        assert list(menu) == ["complaint", "status", "language", "help", "cancel", "stop"]
    await setup.close()


async def test_closing_before_telegram_ever_answered_leaves_nothing_behind(
    telegram: TelegramSandbox, telegram_url: str, catalog: Catalog
) -> None:
    telegram.faults.down = True
    setup = TelegramSetup(build_bot(TOKEN, telegram_url), catalog, "en", Connection(), SOON)
    setup.start()
    assert await telegram.changes.until(lambda: bool(telegram.calls), 5)
    await setup.close()
    assert setup.username() is None


async def test_token_is_in_no_log(
    telegram: TelegramSandbox,
    telegram_url: str,
    pace: Pace,
    catalog: Catalog,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    bot = build_bot(TOKEN, telegram_url)
    ana = telegram.person(101, first_name="Ana")
    ana.say("my secret words")
    telegram.faults.next("getMe", Status(401, "Unauthorized"), ResetBefore())
    telegram.faults.next("sendMessage", Status(429, "Too Many Requests", retry_after=1))
    setup = TelegramSetup(bot, catalog, "en", Connection(), SOON)
    setup.start()
    assert await telegram.changes.until(
        lambda: sum(call.method == "setMyCommands" for call in telegram.calls) == 3, 5
    )
    await bot.get_updates()
    await TelegramChannel(bot, pace).send(
        "101", Message("what they said"), image=None, replaces=None, supersedes=None, under=None, urgent=True
    )
    await setup.close()
    assert "TELEGRAM_BOT_TOKEN" in caplog.text
    for word in (TOKEN, "test-token", "my secret words", "what they said"):
        assert word not in caplog.text


async def test_token_is_blotted_out_of_tracebacks(
    telegram: TelegramSandbox, telegram_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    bot = build_bot(TOKEN, telegram_url)
    telegram.faults.next("getMe", Status(401, "Unauthorized"))
    with pytest.raises(InvalidToken) as refused:
        await bot.initialize()
    assert TOKEN in str(refused.value)
    logging.getLogger("somewhere").error("%r failed", bot, exc_info=refused.value)
    assert "was rejected by the server" in caplog.text
    assert TOKEN not in caplog.text
    await bot.shutdown()


def test_record_that_cannot_be_put_together_is_no_way_out() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "%d %d", (TOKEN,), None)
    assert Redaction(TOKEN).filter(record)
    assert record.getMessage() == "a record of x that cannot be put together"
