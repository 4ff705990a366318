"""Rooms, direct messages, and what stands in them."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sandbox.wire import Json

Kind: TypeAlias = Literal["channel", "im"]


@dataclass(frozen=True, slots=True)
class RoomMessage:
    """A message as it stands now.

    `user` is the author's id and `bot` tells whether it is the app; `edited` counts changes; `broadcast` is
    true for an answer shown in the room as well as in its thread, `private` for what only one person sees.
    """

    room: str
    ts: str
    user: str
    bot: bool
    text: str
    blocks: tuple[Json, ...]
    thread_ts: str | None
    metadata: Json | None
    edited: int
    files: tuple[tuple[str, bytes], ...]
    reactions: tuple[str, ...] = ()
    broadcast: bool = False
    private: bool = False


@dataclass(slots=True)
class Posted:
    """A message as the workspace keeps it."""

    room: str
    wire: Json
    bot: bool
    metadata: Json | None = None
    edited: int = 0
    files: tuple[tuple[str, bytes], ...] = ()
    reactions: list[str] = field(default_factory=list)
    private: bool = False

    @property
    def ts(self) -> str:
        """The message's id within its room."""
        return str(self.wire["ts"])

    @property
    def thread_ts(self) -> str | None:
        """The ts of the message this one answers or, where it has answers, its own."""
        return self.wire.get("thread_ts")

    @property
    def is_reply(self) -> bool:
        """Whether the message stands in a thread under another."""
        return self.thread_ts not in {None, self.ts}

    @property
    def is_broadcast(self) -> bool:
        """Whether it stands in a thread and in the room as well."""
        return self.wire.get("subtype") == "thread_broadcast"

    def seen(self) -> RoomMessage:
        """The message as it stands."""
        return RoomMessage(
            room=self.room,
            ts=self.ts,
            user=self.wire["user"],
            bot=self.bot,
            text=self.wire.get("text", ""),
            blocks=tuple(self.wire.get("blocks", ())),
            thread_ts=self.thread_ts,
            metadata=self.metadata,
            edited=self.edited,
            files=self.files,
            reactions=tuple(self.reactions),
            broadcast=self.is_broadcast,
            private=self.private,
        )


@dataclass(slots=True)
class Room:
    """A Slack channel, or the direct messages between one person and the app."""

    room_id: str
    name: str
    kind: Kind = "channel"
    user_id: str | None = None
    joined: bool = True
    posted: list[Posted] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The same as `room_id`."""
        return self.room_id

    @property
    def messages(self) -> list[RoomMessage]:
        """Everything said here, threads included, oldest first."""
        return [posted.seen() for posted in self.posted]

    def thread(self, ts: str) -> list[RoomMessage]:
        """What stands below the message with this ts, oldest first."""
        return [posted.seen() for posted in self.posted if posted.is_reply and posted.thread_ts == ts]

    def find(self, ts: str) -> Posted | None:
        """The message with this ts."""
        return next((posted for posted in self.posted if posted.ts == ts), None)

    @property
    def short_wire(self) -> Json:
        """The room as events and interactions name it."""
        return {"id": self.room_id, "name": "directmessage" if self.kind == "im" else self.name}

    @property
    def wire(self) -> Json:
        """The conversation object."""
        if self.kind == "im":
            return {
                "id": self.room_id,
                "created": 0,
                "is_im": True,
                "is_archived": False,
                "user": self.user_id,
            }
        return {
            "id": self.room_id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": True,
            "is_group": False,
            "is_im": False,
            "is_private": False,
            "is_archived": False,
            "is_member": self.joined,
            "created": 0,
        }
