"""What Telegram's refusals mean for a delivery."""

from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, TelegramError
from telegram.error import RetryAfter as FloodControl

from bot.channels import RetryAfter, Undeliverable
from handlers.telegram.connection import explained, seconds_of
from handlers.telegram.transport import UnreachedError

_NOBODY_THERE = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "peer_id_invalid",
    "chat was deleted",
    "bot was kicked",
    "input_user_deactivated",
)
_NOT_EDITABLE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
    "there is no text in the message to edit",
)
_UNCHANGED = "message is not modified"
_GATEWAYS = ("bad gateway", "service unavailable", "gateway time")


def outcome_of(error: TelegramError) -> RetryAfter | Undeliverable:
    """What becomes of a message that Telegram did not take.

    Only what Telegram says of the contact makes the contact gone. A token it does not accept and a connection
    that cannot be made concern everybody.
    """
    match error:
        case FloodControl():
            return RetryAfter("Telegram asks to slow down", seconds=seconds_of(error))
        case InvalidToken():
            return RetryAfter(explained(error), whole_channel=True)
        case Forbidden():
            return Undeliverable(error.message, gone=True)
        case BadRequest():
            return Undeliverable(error.message, gone=_mentions(error, _NOBODY_THERE))
        case NetworkError():
            nobody_answers = isinstance(error, UnreachedError) or _mentions(error, _GATEWAYS)
            return RetryAfter(explained(error), whole_channel=nobody_answers)
        case _:
            return RetryAfter(explained(error))


def is_unchanged(error: BadRequest) -> bool:
    """Whether an edit was refused because the message already is as it should be."""
    return _UNCHANGED in error.message.lower()


def is_not_editable(error: BadRequest) -> bool:
    """Whether an edit was refused because that message cannot be edited any more."""
    return _mentions(error, _NOT_EDITABLE)


def _mentions(error: TelegramError, phrases: tuple[str, ...]) -> bool:
    message = error.message.lower()
    return any(phrase in message for phrase in phrases)
