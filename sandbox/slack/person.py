"""A person at Slack: what they do and what they see."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from mimetypes import guess_type
from typing import TypeAlias, TypeVar

from sandbox.slack import payloads
from sandbox.slack.delivery import Acked, Dispatcher, NotAcked, Outcome
from sandbox.slack.elements import Placed, Value, entered, initial, placed_elements
from sandbox.slack.errors import RefusedError
from sandbox.slack.responses import say_back
from sandbox.slack.rooms import Posted, Room, RoomMessage
from sandbox.slack.submission import TROUBLE, settle
from sandbox.slack.surfaces import file_wire
from sandbox.slack.threads import in_thread
from sandbox.slack.views import LiveView, View
from sandbox.slack.workspace import BOT_USER, Member, StoredFile, Workspace
from sandbox.wire import Json

_Result = TypeVar("_Result")

Place: TypeAlias = RoomMessage | View
"""Where an element stands: a message, a modal or App Home."""


class SlackPerson:
    """One person's side of the workspace.

    Everything a person does starts at once and returns a task; awaiting it waits for the app's
    acknowledgement. None of these tasks ever raises because the app failed: the person is told in `notices`.
    """

    def __init__(self, workspace: Workspace, member: Member, dispatcher: Dispatcher) -> None:
        self._workspace = workspace
        self._member = member
        self._dispatcher = dispatcher
        self._doing: set[asyncio.Task[object]] = set()

    @property
    def user_id(self) -> str:
        """The person's id."""
        return self._member.user_id

    @property
    def name(self) -> str:
        """The person's name."""
        return self._member.name

    @property
    def direct(self) -> Room:
        """The person's direct messages with the app."""
        return self._workspace.direct(self._member)

    @property
    def modal(self) -> View | None:
        """The modal on top, if one is open."""
        return self._member.modals[-1].seen() if self._member.modals else None

    @property
    def home(self) -> View | None:
        """App Home as the app last published it for this person."""
        return None if self._member.home is None else self._member.home.seen()

    @property
    def private(self) -> list[RoomMessage]:
        """What only this person sees, oldest first."""
        return [posted.seen() for posted in self._member.private]

    @property
    def notices(self) -> list[str]:
        """What Slack itself told the person, such as that a command failed."""
        return list(self._member.notices)

    def command(
        self, room: Room | str, name: str, text: str = "", thread_ts: str | None = None
    ) -> asyncio.Task[Outcome]:
        """Type a slash command in a room or in direct messages; in a thread Slack takes none for an app."""
        if thread_ts is not None:
            return self._do(self._not_in_threads(name))
        where = self._room(room)
        payload = payloads.command(self._workspace, self._member, where, name, text)
        return self._do(self._command(where, name, payload))

    def shortcut(self, callback_id: str, message: RoomMessage | None = None) -> asyncio.Task[Outcome]:
        """Take a shortcut from a message's menu or, without a message, from anywhere."""
        if message is None:
            payload = payloads.global_shortcut(self._workspace, self._member, callback_id)
        else:
            room, posted = self._find(message)
            payload = payloads.message_shortcut(self._workspace, self._member, callback_id, room, posted)
        return self._do(self._interact(payload))

    def open_home(self) -> asyncio.Task[Outcome]:
        """Open App Home."""
        return self._tell(payloads.home_opened(self._workspace, self._member))

    def say(
        self, room: Room | str, text: str, thread_ts: str | None = None, *, broadcast: bool = False
    ) -> asyncio.Task[Outcome]:
        """Write a message in a room, in direct messages or in a thread, and if `broadcast` in its room too.

        An app named in a room hears of it twice: of the message, and of being named.
        """
        where = self._room(room)
        return self._post(where, {"text": text, **in_thread(where, thread_ts, broadcast=broadcast)})

    def share(
        self, room: Room | str, name: str, data: bytes, text: str = "", thread_ts: str | None = None
    ) -> asyncio.Task[Outcome]:
        """Send a file, with words or without, as `say` sends words."""
        where = self._room(room)
        stored = StoredFile(f"F{secrets.token_hex(5).upper()}", name, len(data), data)
        self._workspace.files[stored.file_id] = stored
        wire = {**file_wire(stored, self._workspace.root or ""), "user": self.user_id}
        wire["mimetype"] = guess_type(name)[0] or "application/octet-stream"
        content: Json = {
            "text": text,
            **in_thread(where, thread_ts),
            "subtype": "file_share",
            "files": [wire],
        }
        return self._post(where, content, files=((name, data),))

    def edit(self, message: RoomMessage, text: str) -> asyncio.Task[Outcome]:
        """Change the words of a message of one's own.

        Raises:
            LookupError: the message is gone.
        """
        room, posted = self._find(message)
        before = posted.wire
        posted.wire = {
            **before,
            "text": text,
            "edited": {"user": self.user_id, "ts": self._workspace.next_ts()},
        }
        posted.edited += 1
        self._workspace.changes.happened()
        return self._tell(payloads.changed(self._workspace, room, before, posted))

    def click(self, place: Place, action: str, option: Value = None) -> asyncio.Task[Outcome]:
        """Press a button, or choose `option` in a select, by its action_id, block_id or words.

        Raises:
            LookupError: there is no such element, option, message or view.
        """
        if isinstance(place, RoomMessage):
            room, posted = self._find(place)
            placed = _element(posted, action)
            entry = _entry(placed, option)
            payload = payloads.message_action(self._workspace, self._member, room, posted, placed, entry)
        else:
            view = self._view(place)
            placed = view.element(action)
            entry = _entry(placed, option)
            if placed.holds_value:
                view.fill(placed.key[1], option)
            payload = payloads.view_action(self._workspace, self._member, view, placed, entry)
        return self._do(self._interact(payload))

    def fill(self, values: Mapping[str, Value]) -> None:
        """Put values into the open modal, by label, block_id or action_id.

        Raises:
            LookupError: no modal is open, or it has no such input or option.
        """
        view = self._top()
        for name, value in values.items():
            view.fill(name, value)
        self._workspace.changes.happened()

    def submit(self) -> asyncio.Task[dict[str, str] | None]:
        """Send the open modal off; the task gives the errors shown by block_id, None when it was taken.

        An error under "" is Slack's own, when the app did not answer or answered nonsense.
        """
        return self._do(self._submit(self._top()))

    def close(self) -> None:
        """Close the open modal; the app is told if it asked to be."""
        view = self._top()
        self._member.modals.pop()
        self._workspace.changes.happened()
        if view.content.get("notify_on_close"):
            payload = payloads.view_closed(self._workspace, self._member, view, cleared=False)
            self._do(self._dispatcher.ask("interactive", payload))

    def wait_for(self, predicate: Callable[["SlackPerson"], bool], timeout: float = 5) -> Awaitable[None]:
        """Wait until `predicate(person)` holds.

        Raises:
            TimeoutError: it still does not after `timeout` seconds; the message says what the person sees.
        """
        return self._wait_for(predicate, timeout)

    async def _wait_for(self, predicate: Callable[["SlackPerson"], bool], seconds: float) -> None:
        if not await self._workspace.changes.until(lambda: predicate(self), seconds):
            modal = None if self.modal is None else (self.modal.title, self.modal.errors)
            seen = [message.text for message in self.private]
            raise TimeoutError(
                f"Not seen within {seconds} s. {self.name}: {modal=}, {seen=}, {self.notices=}"
            )

    async def aclose(self) -> None:
        """Give up on what is under way."""
        for task in self._doing:
            task.cancel()
        await asyncio.gather(*self._doing, return_exceptions=True)

    def _post(
        self, room: Room, content: Json, files: tuple[tuple[str, bytes], ...] = ()
    ) -> asyncio.Task[Outcome]:
        posted = self._workspace.post(room, self.user_id, content)
        posted.files = files
        if room.kind == "channel" and f"<@{BOT_USER}>" in posted.wire["text"]:
            self._tell(payloads.mentioned(room, posted))
        return self._tell(payloads.said(room, posted))

    def _tell(self, body: Json) -> asyncio.Task[Outcome]:
        return self._dispatcher.tell(payloads.event(self._workspace, body))

    def _do(self, deed: Coroutine[object, object, _Result]) -> asyncio.Task[_Result]:
        task = asyncio.get_running_loop().create_task(deed)
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)
        return task

    async def _command(self, room: Room, name: str, payload: Json) -> Outcome:
        outcome = await self._dispatcher.ask("slash_commands", payload)
        if not isinstance(outcome, Acked):
            self._notice(f"{name} failed with the error “dispatch_failed”")
        elif outcome.body:
            try:
                say_back(self._workspace, self._member, room, outcome.body)
            except RefusedError:
                self._notice(f"{name} failed with the error “invalid_command_response”")
        return outcome

    async def _not_in_threads(self, name: str) -> Outcome:
        self._notice(f"{name} is not supported in threads. Sorry!")
        return NotAcked("not_supported_in_threads", final=True)

    async def _interact(self, payload: Json) -> Outcome:
        outcome = await self._dispatcher.ask("interactive", payload)
        if not isinstance(outcome, Acked):
            self._notice(TROUBLE)
        return outcome

    async def _submit(self, view: LiveView) -> dict[str, str] | None:
        view.errors = view.complaints()
        if not view.errors:
            payload = payloads.view_submission(self._workspace, self._member, view)
            settle(self._member, view, await self._dispatcher.ask("interactive", payload))
        self._workspace.changes.happened()
        return dict(view.errors) or None

    def _notice(self, words: str) -> None:
        self._member.notices.append(words)
        self._workspace.changes.happened()

    def _room(self, room: Room | str) -> Room:
        return room if isinstance(room, Room) else self._workspace.room(room)

    def _top(self) -> LiveView:
        if not self._member.modals:
            raise LookupError(f"{self.name} has no modal open.")
        return self._member.modals[-1]

    def _view(self, view: View) -> LiveView:
        _, live = self._workspace.view(view.view_id, None)
        return live

    def _find(self, message: RoomMessage) -> tuple[Room, Posted]:
        room = self._workspace.room(message.room)
        for posted in [*room.posted, *self._member.private]:
            if posted.ts == message.ts:
                return room, posted
        raise LookupError(f"The message is gone: {message.text!r}")


def _element(posted: Posted, name: str) -> Placed:
    elements = list(placed_elements(posted.wire.get("blocks", ())))
    for placed in elements:
        if placed.is_called(name):
            return placed
    names = ", ".join(str(placed.element.get("text", {}).get("text", placed.key)) for placed in elements)
    raise LookupError(f"Nothing on this message is called {name!r}; there are: {names}")


def _entry(placed: Placed, option: Value) -> Json:
    if placed.holds_value:
        return entered(placed.element, option) if option is not None else initial(placed.element)
    button = placed.element
    return {"type": "button", **{name: button[name] for name in ("text", "value", "style") if name in button}}
