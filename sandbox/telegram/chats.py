"""Private chats and the messages in them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from sandbox.wire import Json

Side: TypeAlias = Literal["bot", "person"]


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; pressing it sends `data` or opens `url`."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message as it stands in the chat now.

    `text` is plain, the caption where there is a picture or a file; `edited` counts the bot's edits.
    `entities` is Telegram's list of formatted ranges in `text`; `answers` the message this one replies to.
    """

    message_id: int
    by: Side
    text: str
    buttons: tuple[tuple[Button, ...], ...]
    photo: bytes | None
    edited: int
    at: datetime
    document: tuple[str, bytes] | None = None
    entities: tuple[Json, ...] = ()
    answers: int | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all buttons, row after row."""
        return tuple(button.label for row in self.buttons for button in row)


@dataclass(slots=True)
class Posted:
    """A message as the platform keeps it: what travels, and what only the stand-in knows."""

    wire: Json
    by: Side
    at: datetime
    photo: bytes | None = None
    document: tuple[str, bytes] | None = None
    edited: int = 0

    @property
    def quoted(self) -> Json:
        """The message as one that replies to it carries it: without what it replies to itself."""
        return {name: value for name, value in self.wire.items() if name != "reply_to_message"}


@dataclass(slots=True)
class Chat:
    """One person's chat with the bot."""

    user: Json
    messages: dict[int, Posted] = field(default_factory=dict)
    keyboard: tuple[tuple[str, ...], ...] = ()
    notices: list[str] = field(default_factory=list)
    doing: str | None = None
    started: bool = False
    blocked: bool = False

    @property
    def chat_id(self) -> int:
        """The chat's id, the same as the person's."""
        return int(self.user["id"])

    @property
    def wire(self) -> Json:
        """The Chat object."""
        return {"id": self.chat_id, "type": "private", "first_name": self.user["first_name"]}
