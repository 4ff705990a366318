"""Modals under way: shown before what they wait for is there, answered before it is certain what comes."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from handlers.slack import frames
from handlers.slack.blocks import Block
from handlers.slack.collaborators import Collaborators
from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.payload import Payload
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

Form: TypeAlias = Callable[[str], Block]
"""The form in a locale, filled in as it was sent off."""

# Slack shows an acknowledgement's view some time after it has it; an update that overtakes it is undone.
_SHOWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Kept:
    """The form was taken, and that is committed: what the modal says from now on.

    With `comes_anyway` the person is sent these words in a message, too.
    """

    title: str
    words: str
    comes_anyway: bool = False


@dataclass(frozen=True, slots=True)
class ToMend:
    """The form was not taken: words by the id of the item that needs mending.

    `anew` draws the form to be put in its place, where what has to be mended is not on the one that is shown.
    """

    errors: Mapping[str, str]
    anew: Form | None = None


Taken: TypeAlias = Kept | ToMend


class Modals:
    """Opens modals while Slack lets it, and acknowledges their sending off within half a second.

    A form that is not committed by then stays in front of the person as they filled it in and says that it is
    not confirmed yet; whatever happens to this process it can be sent again, and unchanged is the same event.
    """

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    async def open(
        self, payload: Payload, title: str, making: Coroutine[object, object, Block | str]
    ) -> None:
        """Show the form that `making` comes to, or say its words privately.

        What takes longer than a moment is waited for in a modal: Slack lets one be opened for three seconds.
        """
        locale = self._with.locale_now(payload.account)
        say, client = self._with.catalog.say, self._with.client
        made = await self._with.begun(making)
        try:
            waiting = None
            if not made.done():
                loading = frames.closing(title, say("slack.loading", locale), self._with.catalog, locale)
                waiting = await self._show(payload, loading)
            form = await self._made(made, locale)
            if waiting is None and isinstance(form, str) and not _is_over_modal(payload):
                await self._with.whisper(payload, form)
                return
            view = frames.closing(title, form, self._with.catalog, locale) if isinstance(form, str) else form
            if waiting is None:
                await self._show(payload, view)
            else:
                await client.views_update(view_id=waiting["view"]["id"], view=view)
        except FAILURES as error:
            made.cancel()
            log.warning("a form could not be opened: %s", error_code(error))
            await self._with.whisper(payload, say("slack.try_again", locale))

    async def _show(self, payload: Payload, view: Block) -> AsyncSlackResponse:
        """Open the view, on top of the modal it was asked for in if there is one."""
        client, trigger = self._with.client, payload.word("trigger_id")
        if _is_over_modal(payload):
            return await client.views_push(trigger_id=trigger, view=view)
        return await client.views_open(trigger_id=trigger, view=view)

    async def _made(self, made: asyncio.Task[Block | str], locale: str) -> Block | str:
        try:
            return await made
        except DatabaseUnavailable as error:
            log.warning("a form could not be made: %s", error)
            key = "slack.try_again"
        except Exception:  # whatever it was, nobody is left waiting for a form
            log.exception("a form could not be made")
            key = "slack.failed"
        return self._with.catalog.say(key, locale)

    async def answer(
        self, ack: AsyncAck, payload: Payload, form: Form, taking: Coroutine[object, object, Taken]
    ) -> None:
        """Acknowledge a form with what became of it or, where that takes longer, as still being kept."""
        taken = await self._with.begun(taking)
        locale = self._with.locale_now(payload.account)
        if not taken.done():
            waiting = frames.unconfirmed(form(locale), self._with.catalog, locale)
            await ack(response_action="update", view=waiting)
            self._with.tasks.leave(self._answer_later(payload, form, taken))
            return
        match await self._became(payload, taken, locale):
            case Kept(title, words):
                closing = frames.closing(title, words, self._with.catalog, locale)
                await ack(response_action="update", view=closing)
            case ToMend(errors, anew):
                if anew is None:
                    await ack(response_action="errors", errors=dict(errors))
                else:
                    view = frames.noted(anew(locale), "\n".join(errors.values()))
                    await ack(response_action="update", view=view)
            case unknown:
                assert_never(unknown)

    async def _answer_later(self, payload: Payload, form: Form, taken: asyncio.Task[Taken]) -> None:
        """Put what became of a form in its place; who has closed it is told in a message."""
        await asyncio.sleep(_SHOWN_SECONDS)
        locale = await self._with.locale(payload.account)
        match await self._became(payload, taken, locale):
            case Kept(title, words, comes_anyway):
                view = frames.closing(title, words, self._with.catalog, locale)
                aside = "" if comes_anyway else words
            case ToMend(errors, anew):
                view = frames.noted((anew or form)(locale), "\n".join(errors.values()))
                aside = self._with.catalog.say("slack.down", locale)
            case unknown:
                assert_never(unknown)
        try:
            await self._with.client.views_update(view_id=payload.word("view", "id"), view=view)
        except FAILURES as error:
            log.info("what became of a form is said in a message: %s", error_code(error))
            if aside:
                await self._with.whisper(payload, aside)

    async def _became(self, payload: Payload, taken: asyncio.Task[Taken], locale: str) -> Taken:
        """What became of a form; where it failed, a word to be shown with what was typed."""
        try:
            return await taken
        except DatabaseUnavailable as error:
            log.warning("%s could not be taken: %s", payload.event_id, error)
            key = "slack.submit_again"
        except Exception:  # whatever it was, the form stays in front of the person
            log.exception("%s could not be taken", payload.event_id)
            key = "slack.failed"
        return ToMend({payload.first_input: self._with.catalog.say(key, locale)})


def _is_over_modal(payload: Payload) -> bool:
    return payload.word("view", "type") == "modal"
