"""Reading what Telegram sends without ever choking on it."""

import logging
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from telegram import Update
from telegram.error import TelegramError
from typing_extensions import override

from handlers.telegram.transport import AiohttpRequest

log = logging.getLogger(__name__)

# Whatever python-telegram-bot's constructors raise over members that are missing or of the wrong type.
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)


class Numbered(BaseModel):
    """What makes a JSON object an update."""

    model_config = ConfigDict(strict=True)

    update_id: Annotated[int, Field(ge=0, le=2**63 - 1)]


def storable(text: str) -> str:
    """`text` with nothing in it that a database or a wire refuses: no NUL, no lone surrogate."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_update(data: object) -> Update | None:
    """The update in a parsed JSON value, or None if it is not one.

    An update whose contents cannot be understood is logged and comes back empty: nothing follows from it, and
    to have it sent again would not help.
    """
    if not isinstance(data, dict) or (update_id := _id_of(data)) is None:
        return None
    return _parsed(update_id, data) or Update(update_id)


class BotRequest(AiohttpRequest):
    """A connection on which an answer that is no Bot API answer is an error like any other."""

    @staticmethod
    @override
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        answer: object = AiohttpRequest.parse_json_payload(payload)
        if not isinstance(answer, dict) or (answer.get("ok") is True and "result" not in answer):
            raise TelegramError("Invalid server response")
        return answer


class UpdatesRequest(BotRequest):
    """The connection for getUpdates: one update that cannot be read does not take its batch with it."""

    @staticmethod
    @override
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        answer = BotRequest.parse_json_payload(payload)
        result = answer.get("result")
        if isinstance(result, list):
            answer["result"] = [
                one if _parsed(update_id, one) else {"update_id": update_id}
                for one in result
                if isinstance(one, dict) and (update_id := _id_of(one)) is not None
            ]
        return answer


def _id_of(data: dict[str, object]) -> int | None:
    try:
        return Numbered.model_validate(data).update_id
    except ValidationError:
        return None


def _parsed(update_id: int, data: dict[str, object]) -> Update | None:
    try:
        return Update.de_json(data)
    except _UNREADABLE as error:
        # Neither the contents nor a traceback with them: they are somebody's words.
        problem = type(error).__name__
    log.error("update %d cannot be read and is passed over: %s", update_id, problem)
    return None
