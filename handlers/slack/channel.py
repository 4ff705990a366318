"""The Slack channel, outward: one neutral message to one person or room."""

import logging
from collections.abc import Awaitable, Callable
from io import BytesIO

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels import DeliveryOutcome, RetryAfter, Sent, Undeliverable
from bot.dialog.message import Message
from bot.turns.lab import SLACK
from handlers.slack.blocks import Block, Rendered, rendered
from handlers.slack.calls import call
from handlers.slack.outcomes import FAILURES, error_code, needs_mending, outcome_of
from handlers.slack.text import ACCOUNT, ROOM

log = logging.getLogger(__name__)

_CANNOT_EDIT = frozenset(
    ("message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found", "is_inactive")
)
# Below a message that is gone Slack does not refuse: it says the words in the room itself.
_CANNOT_ANSWER = frozenset(
    (
        "cannot_reply_to_message",
        "message_not_found",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
    )
)
_IMAGE_NAME = "labvoice.png"


class SlackChannel:
    """Sends through `client`, which has a session and no retry handlers: Slack has no idempotency key.

    An address is a user id (a direct message) or a room's id; a reference is `<room>:<ts>`, where a direct
    message's room is the one Slack put it in. What one of `matters` does not take waits until that is mended.
    """

    def __init__(self, client: AsyncWebClient, matters: frozenset[str] = frozenset()) -> None:
        if client.retry_handlers:
            raise ValueError("a client that retries by itself may post a message twice")
        self._client = client
        self._matters = matters

    @property
    def name(self) -> str:
        """The channel's name in events and tables."""
        return SLACK

    async def send(
        self,
        address: str,
        message: Message,
        *,
        image: bytes | None,
        replaces: str | None,
        supersedes: str | None,
        under: str | None,
        urgent: bool,
    ) -> DeliveryOutcome:
        """Deliver one message, as `bot.channels.Channel` promises.

        An image follows its words: it is uploaded before they are said, and if Slack then still refuses to
        show it, the words alone count as the message and the loss is logged.
        """
        if not (ACCOUNT.fullmatch(address) or ROOM.fullmatch(address)):
            return Undeliverable("not a Slack address")
        content = rendered(message)
        try:
            if replaces and image is None and (edited := await self._edit(replaces, content)):
                return edited
            uploaded = await self._upload(image) if image is not None else None
            if supersedes is not None:
                await self._without_buttons(supersedes)
            sent = await self._post(address, content, under)
        except FAILURES as error:
            return self._refused(address, error)
        if uploaded is not None:
            await self._show(uploaded, sent, under)
        return sent

    def _refused(self, address: str, error: Exception) -> RetryAfter | Undeliverable:
        matters = address in self._matters
        outcome = outcome_of(error, matters=matters)
        if matters and needs_mending(error):
            log.error(
                "nobody sees what is for %s now (SLACK_TRIAGE_ROOM, ROUTING_FILE): %s",
                address,
                outcome.reason,
            )
        return outcome

    async def _post(self, address: str, content: Rendered, under: str | None) -> Sent:
        """Say it below `under`, or in the room itself where nothing can be said there."""
        if under is not None:
            room, _, ts = under.partition(":")
            try:
                return await self._say(room, content, ts)
            except SlackApiError as error:
                if error_code(error) not in _CANNOT_ANSWER:
                    raise
        return await self._say(address, content, None)

    async def _say(self, room: str, content: Rendered, thread: str | None) -> Sent:
        given = {
            "channel": room,
            "text": content.fallback,
            "blocks": content.blocks,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if thread is not None:
            given["thread_ts"] = thread
        answer = await self._inside(room, lambda: call(self._client, "chat.postMessage", given))
        return Sent(f"{answer['channel']}:{answer['ts']}")

    async def _edit(self, reference: str, content: Rendered) -> Sent | None:
        """Put `content` in place of the message, or None if that one can no longer be changed."""
        room, _, ts = reference.partition(":")
        given = {"channel": room, "ts": ts, "text": content.fallback, "blocks": content.blocks}
        try:
            await call(self._client, "chat.update", given)
        except SlackApiError as error:
            if error_code(error) in _CANNOT_EDIT:
                return None
            raise
        return Sent(reference)

    async def _upload(self, image: bytes) -> str:
        """Hand Slack the image's bytes, seen by nobody yet; the file's id."""
        place = await self._client.files_getUploadURLExternal(filename=_IMAGE_NAME, length=len(image))
        async with self._session.post(str(place["upload_url"]), data=BytesIO(image)) as answer:
            answer.raise_for_status()
        return str(place["file_id"])

    async def _show(self, file: str, sent: Sent, under: str | None) -> None:
        room = sent.reference.partition(":")[0]
        thread = under.partition(":")[2] if under else None
        try:
            await self._inside(
                room,
                lambda: self._client.files_completeUploadExternal(
                    files=[{"id": file}], channel_id=room, thread_ts=thread
                ),
            )
        except FAILURES as error:
            log.warning("the image of message %s is not shown: %s", sent.reference, error_code(error))

    async def _inside(
        self, room: str, call: Callable[[], Awaitable[AsyncSlackResponse]]
    ) -> AsyncSlackResponse:
        """Do `call`; if that takes being in the room, join it, as an app may any public one."""
        try:
            return await call()
        except SlackApiError as error:
            if error_code(error) != "not_in_channel" or not await self._join(room):
                raise
        return await call()

    async def _join(self, room: str) -> bool:
        try:
            await self._client.conversations_join(channel=room)
        except FAILURES as error:
            log.warning("the app is not in room %s and cannot join it: %s", room, error_code(error))
            return False
        return True

    async def _without_buttons(self, reference: str) -> None:
        """Take the buttons off a direct message, if Slack lets us; pressed, they are told to be past anyway.

        What the message said has to be read back, and in rooms the app is not allowed to read.
        """
        room, _, ts = reference.partition(":")
        if not room.startswith("D"):
            return
        try:
            found = await self._client.conversations_history(
                channel=room, latest=ts, oldest=ts, inclusive=True, limit=1
            )
            for shown in found.get("messages") or ():
                blocks: list[Block] = shown.get("blocks") or []
                kept = [block for block in blocks if block.get("type") != "actions"]
                if shown.get("ts") == ts and kept and len(kept) < len(blocks):
                    await self._client.chat_update(
                        channel=room, ts=ts, text=shown.get("text") or "…", blocks=kept
                    )
        except FAILURES as error:
            log.info("the buttons of message %s stay: %s", reference, error_code(error))

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._client.session is None:
            raise RuntimeError("the client needs a session of its own to upload images with")
        return self._client.session
