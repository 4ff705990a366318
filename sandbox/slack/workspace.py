"""Everything Slack knows: people, rooms, open views, files, and the short-lived ids between them."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.changes import Changes
from sandbox.slack.errors import RefusedError
from sandbox.slack.rooms import Posted, Room
from sandbox.slack.views import LiveView
from sandbox.wire import Json

TEAM = {"id": "T0SANDBOX", "domain": "sandbox"}
APP_ID = "A0SANDBOX"
BOT_ID = "B0SANDBOX"
BOT_USER = "U0SANDBOX"

_RESPONSE_USES = 5
_RESPONSE_LIVES = timedelta(minutes=30)
_TRIGGER_LIVES = timedelta(seconds=3)


@dataclass(slots=True)
class Member:
    """One person: who they are and what only they see."""

    user_id: str
    name: str
    timezone: str
    home: LiveView | None = None
    modals: list[LiveView] = field(default_factory=list)
    private: list[Posted] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def handle(self) -> str:
        """The name Slack makes of the person's."""
        return self.name.lower().replace(" ", ".")

    @property
    def short_wire(self) -> Json:
        """The person as interactions name them."""
        return {
            "id": self.user_id,
            "username": self.handle,
            "name": self.handle,
            "team_id": TEAM["id"],
        }


@dataclass(slots=True)
class Trigger:
    """Leave to open one view, for a moment."""

    member: Member
    at: datetime
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """Leave to answer one interaction without a token, five times within half an hour."""

    member: Member
    room: Room
    at: datetime
    message: Posted | None = None
    uses: int = 0


@dataclass(slots=True)
class StoredFile:
    """A file being uploaded or shared."""

    file_id: str
    name: str
    length: int
    data: bytes | None = None
    title: str = ""


class Workspace:
    """One workspace with one app in it; plain state, no HTTP."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.changes = Changes()
        self.members: dict[str, Member] = {}
        self.rooms: dict[str, Room] = {}
        self.files: dict[str, StoredFile] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.root: str | None = None
        self._triggers: dict[str, Trigger] = {}
        self._last_ts = 0

    def next_ts(self) -> str:
        """A ts later than any before it."""
        micros = int(self.now().timestamp() * 1_000_000)
        self._last_ts = max(micros, self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def member(self, user_id: str) -> Member:
        """The person with this id.

        Raises:
            RefusedError: user_not_found.
        """
        if user_id not in self.members:
            raise RefusedError("user_not_found")
        return self.members[user_id]

    def room(self, channel: str, *, users_too: bool = False) -> Room:
        """The room with this id or, if `users_too`, this name or this person's direct messages.

        Raises:
            RefusedError: channel_not_found.
        """
        if channel in self.rooms:
            return self.rooms[channel]
        if users_too:
            if channel in self.members:
                return self.direct(self.members[channel])
            for room in self.rooms.values():
                if room.kind == "channel" and room.name == channel.removeprefix("#"):
                    return room
        raise RefusedError("channel_not_found")

    def direct(self, member: Member) -> Room:
        """The direct messages between this person and the app, opened on first use."""
        room_id = "D" + member.user_id[1:]
        if room_id not in self.rooms:
            self.rooms[room_id] = Room(room_id, member.name, "im", member.user_id)
        return self.rooms[room_id]

    def post(self, room: Room, user: str, content: Json) -> Posted:
        """Put a message into the room."""
        posted = self.compose(room, user, content)
        room.posted.append(posted)
        self.changes.happened()
        return posted

    def compose(self, room: Room, user: str, content: Json) -> Posted:
        """A message with its ts, not yet shown to anybody."""
        bot = user == BOT_USER
        author: Json = {"user": user, "team": TEAM["id"]}
        if bot:
            author |= {"bot_id": BOT_ID, "app_id": APP_ID}
        return Posted(room.room_id, {"type": "message", **author, "ts": self.next_ts(), **content}, bot)

    def new_trigger(self, member: Member) -> str:
        """A trigger_id for this person, good for one view within three seconds."""
        trigger_id = f"{self._last_ts}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = Trigger(member, self.now())
        return trigger_id

    def redeem(self, trigger_id: str) -> Member:
        """The person who may be shown a view, once.

        Raises:
            RefusedError: invalid_trigger_id, exchanged_trigger_id or expired_trigger_id.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.used:
            raise RefusedError("exchanged_trigger_id")
        if self.now() - trigger.at > _TRIGGER_LIVES:
            raise RefusedError("expired_trigger_id")
        trigger.used = True
        return trigger.member

    def new_response_url(self, member: Member, room: Room, message: Posted | None = None) -> str:
        """An address at which the app may answer an interaction in this room."""
        name = secrets.token_urlsafe(12)
        self.response_urls[name] = ResponseUrl(member, room, self.now(), message)
        return f"{self.root or 'http://slack.invalid'}/actions/{TEAM['id']}/{name}"

    def use_response_url(self, name: str) -> ResponseUrl:
        """Take one use of a response_url.

        Raises:
            RefusedError: used_url where it is unknown or used up, expired_url after half an hour.
        """
        response_url = self.response_urls.get(name)
        if response_url is None or response_url.uses >= _RESPONSE_USES:
            raise RefusedError("used_url")
        if self.now() - response_url.at > _RESPONSE_LIVES:
            raise RefusedError("expired_url")
        response_url.uses += 1
        return response_url

    def view(self, view_id: str | None, external_id: str | None) -> tuple[Member, LiveView]:
        """The open view with one of these ids, and whose it is.

        Raises:
            RefusedError: not_found.
        """
        for member in self.members.values():
            for view in [*member.modals, *([member.home] if member.home else ())]:
                if view_id == view.view_id or (
                    external_id and external_id == view.content.get("external_id")
                ):
                    return member, view
        raise RefusedError("not_found")
