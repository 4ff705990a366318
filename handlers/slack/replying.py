"""Writing to a reporter: the templates in the forms for it, and the slash command."""

import json
import logging
import re

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.complaints.lifecycle import Action
from bot.turns import StaffActed
from bot.turns.lab import SLACK
from handlers.slack import frames, steps
from handlers.slack.blocks import Block
from handlers.slack.collaborators import Collaborators
from handlers.slack.desk import Desk
from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.payload import Body, Payload
from handlers.slack.steps import StepForms
from handlers.slack.text import escaped, typed
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

COMMAND = "/reply"
_GIVEN = re.compile(r"\s*(C-\d{4}-\d{6,})\b[\s:,–-]*(.*)", re.DOTALL | re.IGNORECASE)


class Replying:
    """Takes the choice of a template, and words typed with a complaint's number."""

    def __init__(self, with_: Collaborators, desk: Desk) -> None:
        self._with = with_
        self._desk = desk
        self._forms = StepForms(with_.catalog, with_.replies)

    async def suggest(self, ack: AsyncAck, body: Body) -> None:
        """Put the words of the chosen template into the form, below those that are there already."""
        await ack()
        self._with.tasks.leave(self._suggest(Payload(body)))

    async def command(self, ack: AsyncAck, body: Body) -> None:
        """Send words to the reporter of the complaint that is named; without words, open the form."""
        payload = Payload(body)
        given = _GIVEN.fullmatch(payload.word("text"))
        locale = self._with.locale_now(payload.account)
        if given is None:
            await ack(escaped(self._with.catalog.say("slack.reply.usage", locale, command=COMMAND)))
            return
        number, words = given[1].upper(), typed(given[2]).strip()
        if not words:
            await ack()
            self._with.tasks.leave(self._desk.open(payload, Action.REPLY, number))
            return
        said = await self._with.begun(self._send(payload, number, words))
        if said.done():
            await ack(escaped(await said))
            return
        await ack(escaped(f"{self._with.catalog.say('slack.pressed', locale)}\n\n{words}"))
        self._with.tasks.leave(self._with.tell(payload, said))

    async def _send(self, payload: Payload, number: str, words: str) -> str:
        """What to say of it; words that were not taken come back with it, for Slack has cleared them away."""
        locale, say = await self._with.locale(payload.account), self._with.catalog.say
        if len(words) > steps.MAX_WORDS:
            return f"{say('reask.text', locale, max=steps.MAX_WORDS)}\n\n{words}"
        if blank := self._with.replies.left_blank(words):
            return f"{say('step.blank', locale, blank=blank)}\n\n{words}"
        try:
            outcome = await self._with.turns.take(
                StaffActed(
                    event_id=payload.event_id,
                    channel=SLACK,
                    account=payload.account,
                    language=locale,
                    complaint=number,
                    action=Action.REPLY,
                    words=words,
                )
            )
        except DatabaseUnavailable as error:
            log.warning("%s could not be taken: %s", payload.event_id, error)
            return f"{say('slack.down', locale)}\n\n{words}"
        notice = outcome.notice or say("slack.taken", locale)
        return f"{notice}\n\n{words}" if outcome.refused else notice

    async def _suggest(self, payload: Payload) -> None:
        locale = await self._with.locale(payload.account)
        view = self._with_template(payload, locale)
        if view is None:
            return
        try:
            await self._with.client.views_update(
                view_id=payload.word("view", "id"), hash=payload.word("view", "hash"), view=view
            )
        except FAILURES as error:
            log.warning("a template could not be shown: %s", error_code(error))
            await self._with.whisper(payload, self._with.catalog.say("slack.try_again", locale))

    def _with_template(self, payload: Payload, locale: str) -> Block | None:
        """The form with the template's words in it; None for a template that is gone.

        Words typed before stay above them. An earlier template nobody has changed gives way.
        """
        view, replies = payload.part("view"), self._with.replies
        action, known = steps.action_of(view), frames.known(view)
        reply = replies.find(payload.word("actions", 0, "selected_option", "value"))
        if action is None or reply is None:
            return None
        values = {"number": known.word("number"), "lab": self._with.lab.name}
        language = known.word("language") or locale
        earlier, typed_before = replies.find(known.word("template")), payload.filled.get(steps.WORDS, "")
        if earlier is not None:
            typed_before = typed_before.removesuffix(replies.filled(earlier, language, values)).rstrip()
        words = "\n\n".join(filter(None, (typed_before, replies.filled(reply, language, values))))
        form = frames.refilled(
            view, self._with.catalog.say(f"action.{action}", locale), self._with.catalog, locale
        )
        if len(words) > steps.MAX_WORDS:
            return frames.noted(form, self._with.catalog.say("step.no_room", locale))
        asked = self._forms.words(action, locale, words, reply.tone.in_locale(locale), made_with=reply.id)
        blocks = form["blocks"]
        drawn = [
            asked if block.get("block_id") == steps.WORDS else block
            for block in (blocks if isinstance(blocks, list) else ())
        ]
        told = json.dumps({**known.body, "template": reply.id})
        return {**form, "blocks": drawn, "private_metadata": told}
