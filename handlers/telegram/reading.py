"""Reading what Telegram sends without ever choking on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from telegram.error import TelegramError
from typing_extensions import override

from handlers.telegram.transport import AiohttpRequest


class Numbered(BaseModel):
    """What makes a JSON object an update."""

    model_config = ConfigDict(strict=True)

    update_id: Annotated[int, Field(ge=0, le=2**63 - 1)]


def storable(text: str) -> str:
    """`text` with nothing in it that a database or a wire refuses: no NUL, no lone surrogate."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(frozen=True, slots=True)
class Update:
    """An update as Telegram wrote it. Nothing in `content` has been checked."""

    update_id: int
    content: Mapping[str, object]


def read_update(data: object) -> Update | None:
    """The update in a parsed JSON value, or None if it is not one."""
    try:
        update_id = Numbered.model_validate(data).update_id
    except ValidationError:
        return None
    return Update(update_id, within(data))


def within(value: object) -> Mapping[str, object]:
    """The members of a JSON object; none of anything else."""
    return value if isinstance(value, dict) else {}


class BotRequest(AiohttpRequest):
    """A connection on which an answer that is no Bot API answer is an error like any other."""

    @staticmethod
    @override
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        answer: object = AiohttpRequest.parse_json_payload(payload)
        expected = "description" if isinstance(answer, dict) and answer.get("ok") is False else "result"
        if not isinstance(answer, dict) or expected not in answer:
            raise TelegramError("Invalid server response")
        return answer
