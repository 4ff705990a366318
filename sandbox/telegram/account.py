"""Everything Telegram knows of the bot: its chats, updates, files and settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.changes import Changes
from sandbox.faults import Faults
from sandbox.telegram.chats import Chat, Posted, Side
from sandbox.telegram.errors import RefusedError, bad_request
from sandbox.telegram.files import Files
from sandbox.telegram.updates import UpdateQueue
from sandbox.telegram.webhook import Webhook
from sandbox.wire import Json

_ANSWERABLE = timedelta(seconds=150)
_BOT_ID = 7_000_000_001


@dataclass(slots=True)
class Query:
    """A button press that the bot may still answer."""

    chat: Chat
    at: datetime


@dataclass(slots=True)
class Settings:
    """What the bot says of itself, by scope and language."""

    commands: dict[tuple[str, str], list[object]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)


class Account:
    """One bot's account; plain state, no HTTP."""

    def __init__(self, username: str, now: Callable[[], datetime], retry_seconds: float) -> None:
        self.now = now
        self.faults = Faults()
        self.changes = Changes()
        self.user: Json = {
            "id": _BOT_ID,
            "is_bot": True,
            "first_name": username.removesuffix("_bot").replace("_", " ").title(),
            "username": username,
        }
        self.updates = UpdateQueue(now, self.changes.happened)
        self.webhook = Webhook(self.updates, self.faults, now, retry_seconds)
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self.settings = Settings()
        self.files = Files()
        self._next_message = 1
        self._next_query = 4_000_000_000_000_001

    @property
    def timestamp(self) -> int:
        """Now, in Unix seconds."""
        return int(self.now().timestamp())

    def push(self, kind: str, body: Json) -> int:
        """Give the bot an update by the way it has chosen; return the update's id."""
        update_id = self.updates.push(kind, body)
        self.webhook.deliver()
        return update_id

    def post(self, chat: Chat, by: Side, content: Json) -> Posted:
        """Put a message into the chat."""
        wire: Json = {
            "message_id": self._next_message,
            "from": self.user if by == "bot" else chat.user,
            "chat": chat.wire,
            "date": self.timestamp,
            **content,
        }
        self._next_message += 1
        posted = Posted(wire, by, self.now())
        chat.messages[wire["message_id"]] = posted
        self.changes.happened()
        return posted

    def reachable(self, chat_id: int | None) -> Chat:
        """The chat the bot may write to.

        Raises:
            RefusedError: 400 for a chat that is not there, 403 for who blocked or never started the bot.
        """
        chat = self.known(chat_id)
        if chat.blocked:
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        if not chat.started:
            raise RefusedError(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def known(self, chat_id: int | None) -> Chat:
        """The chat with this id, whether or not the bot may write to it."""
        if chat_id is None:
            raise bad_request("chat_id is empty")
        if chat_id not in self.chats:
            raise bad_request("chat not found")
        return self.chats[chat_id]

    def press(self, chat: Chat, message_id: int, data: str) -> str:
        """A button press on a message, which may be gone; return the query's id."""
        query_id = str(self._next_query)
        self._next_query += 1
        self.queries[query_id] = Query(chat, self.now())
        posted = chat.messages.get(message_id)
        message = {"chat": chat.wire, "message_id": message_id, "date": 0} if posted is None else posted.wire
        self.push(
            "callback_query",
            {
                "id": query_id,
                "from": chat.user,
                "message": message,
                "chat_instance": str(-chat.chat_id),
                "data": data,
            },
        )
        return query_id

    def answerable(self, query_id: str | None) -> Query:
        """Take the query for its one answer.

        Raises:
            RefusedError: 400 for one that is unknown, answered, or older than 150 seconds.
        """
        query = self.queries.pop(query_id or "", None)
        if query is None or self.now() - query.at > _ANSWERABLE:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        return query
