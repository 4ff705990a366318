"""Telegram, both ways: updates into events, messages into chats."""

from handlers.telegram.build import TelegramSetup, build_bot
from handlers.telegram.channel import TelegramChannel
from handlers.telegram.connection import Backoff, Connection
from handlers.telegram.intake import TelegramIntake
from handlers.telegram.pace import Pace
from handlers.telegram.polling import TelegramPolling
from handlers.telegram.redaction import keep_out_of_logs
from handlers.telegram.webhook import TelegramWebhook

__all__ = [
    "Backoff",
    "Connection",
    "Pace",
    "TelegramChannel",
    "TelegramIntake",
    "TelegramPolling",
    "TelegramSetup",
    "TelegramWebhook",
    "build_bot",
    "keep_out_of_logs",
]
