"""A stand-in for Telegram that speaks the Bot API."""

from sandbox.faults import Call, Fault, Faults, Hang, ResetAfter, ResetBefore, Status
from sandbox.telegram.chats import Button, ChatMessage
from sandbox.telegram.limits import Limits
from sandbox.telegram.person import Person
from sandbox.telegram.sandbox import TelegramSandbox

__all__ = [
    "Button",
    "Call",
    "ChatMessage",
    "Fault",
    "Faults",
    "Hang",
    "Limits",
    "Person",
    "ResetAfter",
    "ResetBefore",
    "Status",
    "TelegramSandbox",
]
