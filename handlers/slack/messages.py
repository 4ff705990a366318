"""What people write to the app, and the digest they ask for."""

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.channels import Sent
from bot.dialog.event import Attached, Said
from bot.dialog.message import Message
from bot.turns.lab import SLACK
from handlers.slack.channel import SlackChannel
from handlers.slack.collaborators import Collaborators
from handlers.slack.payload import Body, Payload
from handlers.slack.text import escaped, typed

_ALOUD = frozenset(("", "file_share", "me_message", "thread_broadcast"))


class Messages:
    """Takes direct messages as words of the dialog."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    async def said(self, body: Body) -> None:
        """Take a direct message; acknowledged once it is committed. Edits, deletions and bots say nothing.

        What is written in a room, or in a thread there, is no word to us: Slack is not asked for it, and if
        the app was given more than it asks for, nothing follows from it.
        """
        payload = Payload(body)
        event = payload.part("event")
        if event.word("channel_type") != "im" or event.word("subtype") not in _ALOUD or event.word("bot_id"):
            return
        account = payload.account
        if not account:
            return
        language = await self._with.languages.of(account)
        if event.at("files"):
            mime, _, _ = event.word("files", 0, "mimetype").partition("/")
            await self._with.turns.take(
                Attached(
                    event_id=f"{payload.event_id}:file",
                    channel=SLACK,
                    account=account,
                    language=language,
                    what="photo" if mime == "image" else "voice" if mime == "audio" else "other",
                )
            )
        if text := typed(event.word("text")):
            await self._with.turns.take(
                Said(
                    event_id=payload.event_id,
                    channel=SLACK,
                    account=account,
                    language=language,
                    text=text,
                    on=payload.answers,
                )
            )


class Digests:
    """Passes wishes for a digest on, and answers privately."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_
        self._channel = SlackChannel(with_.client)

    async def command(self, ack: AsyncAck, body: Body) -> None:
        """Answer /lab-digest; what takes longer than Slack waits is answered afterwards."""
        payload = Payload(body)
        room, words = payload.word("channel_id"), payload.word("text")
        # A digest for now is for the asker: not everybody in a room may read what patients said.
        is_room = room[:1] in ("C", "G") and bool(words)
        place = room if is_room else payload.account
        answer = await self._with.begun(self._ask(payload, place, words, is_room=is_room))
        if answer.done():
            await ack(escaped(await answer))
            return
        locale = self._with.locale_now(payload.account)
        await ack(escaped(self._with.catalog.say("slack.digest.working", locale)))
        self._with.tasks.leave(self._with.tell(payload, answer))

    async def button(self, ack: AsyncAck, body: Body) -> None:
        """Take the press of App Home's digest button."""
        await ack()
        payload = Payload(body)
        answer = self._with.tasks.start(self._ask(payload, payload.account, "", is_room=False))
        self._with.tasks.leave(self._with.tell(payload, answer))

    async def _ask(self, payload: Payload, place: str, words: str, *, is_room: bool) -> str:
        async def aloud(confirmation: str) -> bool:
            outcome = await self._channel.send(
                place,
                Message(confirmation),
                image=None,
                replaces=None,
                supersedes=None,
                under=None,
                urgent=True,
            )
            return isinstance(outcome, Sent)

        return await self._with.digests.handle(
            event_id=payload.event_id,
            channel=SLACK,
            account=payload.account,
            place=place,
            place_is_room=is_room,
            words=words,
            aloud=aloud if is_room else None,
        )
