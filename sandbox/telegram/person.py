"""A person with a phone: what they do and what they see."""

from collections.abc import Awaitable, Callable

from sandbox.telegram.account import Account
from sandbox.telegram.chats import Chat, ChatMessage, Posted
from sandbox.telegram.entities import commands_in
from sandbox.telegram.files import photo_sizes
from sandbox.telegram.keyboards import buttons_of
from sandbox.wire import Json

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)
"""A PNG of one pixel."""

VOICE = b"OggS" + bytes(60)
"""What passes for a voice note."""


class Person:
    """One person's side of their private chat with the bot."""

    def __init__(self, account: Account, chat: Chat) -> None:
        self._account = account
        self._chat = chat

    @property
    def chat_id(self) -> int:
        """The id of the person and of the chat."""
        return self._chat.chat_id

    @property
    def first_name(self) -> str:
        """The name the bot is told."""
        return str(self._chat.user["first_name"])

    @property
    def chat(self) -> list[ChatMessage]:
        """The messages as they stand now, oldest first; deleted ones are gone."""
        return [_seen(posted) for _, posted in sorted(self._chat.messages.items())]

    @property
    def looks(self) -> tuple[int, int]:
        """How many messages there are and how often they were edited: the same as long as nothing changed."""
        messages = self._chat.messages.values()
        return len(messages), sum(one.edited for one in messages)

    @property
    def notices(self) -> list[str]:
        """The texts the bot answered button presses with, oldest first."""
        return list(self._chat.notices)

    @property
    def keyboard(self) -> tuple[tuple[str, ...], ...]:
        """The labels the bot put in place of the phone's keyboard; press one by saying it."""
        return self._chat.keyboard

    @property
    def doing(self) -> str | None:
        """What the bot last said it is doing, such as `typing`; None since its last message."""
        return self._chat.doing

    @property
    def blocked(self) -> bool:
        """Whether the person has blocked the bot."""
        return self._chat.blocked

    def say(self, text: str, *, answers: int | None = None) -> int:
        """Send a text, in reply to the message `answers` if given; return the update's id.

        /commands become entities as on a real phone.

        Raises:
            LookupError: the message to reply to is not there.
        """
        commands = commands_in(text)
        return self._send(
            {"text": text, **({"entities": commands} if commands else {}), **self._reply(answers)}
        )

    def start(self, payload: str | None = None) -> int:
        """Open the bot by its link and press Start; unblocks a blocked bot first, as Telegram does."""
        if self._chat.blocked:
            self.unblock()
        return self.say("/start" if payload is None else f"/start {payload}")

    def tap(self, button: str, *, message_id: int | None = None) -> str:
        """Press the button with this label on the newest message with buttons, or on the given one.

        Returns the callback query's id.

        Raises:
            LookupError: no such button; the message says which there are.
        """
        candidates = [
            message
            for message in self.chat
            if message.buttons and (message_id is None or message.message_id == message_id)
        ]
        if not candidates:
            raise LookupError(f"There are no buttons to look for {button!r} on. {self._transcript()}")
        message = candidates[-1]
        for row in message.buttons:
            for found in row:
                if found.label == button:
                    if found.data is None:
                        raise LookupError(f"The button {button!r} opens {found.url} and sends nothing.")
                    return self.tap_data(message.message_id, found.data)
        raise LookupError(f"No button {button!r}; there are: {', '.join(message.labels)}")

    def tap_data(self, message_id: int, data: str) -> str:
        """Send a button press with any data on any message, there or not; return the query's id."""
        self._must_not_block()
        return self._account.press(self._chat, message_id, data)

    def send_photo(
        self, data: bytes = PICTURE, caption: str | None = None, *, answers: int | None = None
    ) -> int:
        """Send a picture, as `say` sends a text; return the update's id."""
        stored = self._account.files.keep("photos", ".jpg", data)
        content = {"photo": photo_sizes(stored), **_captioned(caption), **self._reply(answers)}
        return self._send(content, photo=data)

    def send_voice(self, data: bytes = VOICE, seconds: int = 3) -> int:
        """Send a voice note; return the update's id."""
        stored = self._account.files.keep("voice", ".oga", data)
        voice = {**stored.wire, "duration": seconds, "mime_type": "audio/ogg"}
        return self._send({"voice": voice}, document=("voice.oga", data))

    def send_document(self, name: str, data: bytes, caption: str | None = None) -> int:
        """Send a file; return the update's id."""
        stored = self._account.files.keep("documents", "", data)
        document = {**stored.wire, "file_name": name}
        return self._send({"document": document, **_captioned(caption)}, document=(name, data))

    def block(self) -> int:
        """Block the bot; return the id of the my_chat_member update."""
        return self._membership(blocked=True)

    def disappear(self) -> None:
        """Delete the account: the bot is told nothing, and what it sends is refused from now on."""
        self._chat.blocked = True

    def unblock(self) -> int:
        """Let the bot write again; return the id of the my_chat_member update."""
        return self._membership(blocked=False)

    def wait_for(self, predicate: Callable[["Person"], bool], timeout: float = 5) -> Awaitable[None]:
        """Wait until `predicate(person)` holds.

        Raises:
            TimeoutError: it still does not after `timeout` seconds; the message shows the chat.
        """
        return self._wait_for(predicate, timeout)

    async def _wait_for(self, predicate: Callable[["Person"], bool], seconds: float) -> None:
        if not await self._account.changes.until(lambda: predicate(self), seconds):
            raise TimeoutError(f"Not seen within {seconds} s. {self._transcript()}")

    def _send(
        self, content: Json, *, photo: bytes | None = None, document: tuple[str, bytes] | None = None
    ) -> int:
        self._must_not_block()
        self._chat.started = True
        posted = self._account.post(self._chat, "person", content)
        posted.photo = photo
        posted.document = document
        return self._account.push("message", posted.wire)

    def _reply(self, answers: int | None) -> Json:
        if answers is None:
            return {}
        if answers not in self._chat.messages:
            raise LookupError(f"There is no message {answers} to reply to. {self._transcript()}")
        return {"reply_to_message": self._chat.messages[answers].quoted}

    def _membership(self, *, blocked: bool) -> int:
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        self._chat.blocked = blocked
        return self._account.push(
            "my_chat_member",
            {
                "chat": self._chat.wire,
                "from": self._chat.user,
                "date": self._account.timestamp,
                "old_chat_member": self._member(old),
                "new_chat_member": self._member(new),
            },
        )

    def _member(self, status: str) -> Json:
        member: Json = {"user": self._account.user, "status": status}
        return {**member, "until_date": 0} if status == "kicked" else member

    def _must_not_block(self) -> None:
        if self._chat.blocked:
            raise RuntimeError("Somebody who blocks the bot cannot write to it; unblock() or start() first.")

    def _transcript(self) -> str:
        lines = [f"{message.by}: {message.text!r} {list(message.labels)}" for message in self.chat]
        return f"The chat with {self.first_name}: " + ("; ".join(lines) or "nothing yet")


def _captioned(caption: str | None) -> Json:
    return {} if caption is None else {"caption": caption}


def _seen(posted: Posted) -> ChatMessage:
    wire = posted.wire
    return ChatMessage(
        message_id=wire["message_id"],
        by=posted.by,
        text=wire["text"] if "text" in wire else wire.get("caption", ""),
        buttons=buttons_of(wire.get("reply_markup", {}).get("inline_keyboard", [])),
        photo=posted.photo,
        edited=posted.edited,
        at=posted.at,
        document=posted.document,
        entities=tuple(wire.get("entities") or wire.get("caption_entities") or ()),
        answers=wire.get("reply_to_message", {}).get("message_id"),
    )
