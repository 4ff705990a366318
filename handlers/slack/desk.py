"""Buttons on messages: the steps staff take on a complaint, and the answers of a questionnaire in a DM."""

import logging
from uuid import UUID

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.complaints.lifecycle import Action
from bot.dialog.event import Chose
from bot.turns import StaffActed
from bot.turns.desk import BUTTON
from bot.turns.lab import SLACK
from handlers.slack import forms
from handlers.slack.collaborators import Collaborators
from handlers.slack.home import Home
from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.payload import Body, Payload
from handlers.slack.standing import role_of
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)


class Desk:
    """Takes presses, and the form that resolves a complaint. Roles are read where the step is taken."""

    def __init__(self, with_: Collaborators, home: Home) -> None:
        self._with = with_
        self._home = home

    async def press(self, ack: AsyncAck, body: Body) -> None:
        """Take a press; acknowledged once it is committed, and its notice said privately."""
        payload = Payload(body)
        data = payload.word("actions", 0, "value")
        step = _step(data)
        if step is not None and step[0] is Action.RESOLVE:
            await ack()
            self._with.tasks.leave(self._open_resolve(payload, step[1]))
            return
        language = await self._with.languages.of(payload.account)
        event: Chose | StaffActed
        if step is None:
            event = Chose(
                event_id=payload.event_id,
                channel=SLACK,
                account=payload.account,
                language=language,
                data=data,
            )
        else:
            event = StaffActed(
                event_id=payload.event_id,
                channel=SLACK,
                account=payload.account,
                language=language,
                complaint=step[1],
                action=step[0],
            )
        outcome = await self._with.turns.take(event)
        await ack()
        if outcome.notice:
            self._with.tasks.leave(self._with.whisper(payload, outcome.notice))

    async def resolve(self, ack: AsyncAck, body: Body) -> None:
        """Take the resolve form; acknowledged once it is committed, otherwise it stays open as it is."""
        payload = Payload(body)
        locale = await self._with.locale(payload.account)
        say = self._with.catalog.say
        filled = payload.filled
        if not filled.get(forms.OUTCOME):
            errors = {forms.OUTCOME: say("reask.required", locale)}
            await ack(response_action="errors", errors=errors)
            return
        event = StaffActed(
            event_id=payload.event_id,
            channel=SLACK,
            account=payload.account,
            language=locale,
            complaint=forms.resolved_complaint(payload.part("view")),
            action=Action.RESOLVE,
            outcome=filled[forms.OUTCOME][: forms.MAX_WORDS],
            words=filled.get(forms.WORDS, "")[: forms.MAX_WORDS],
        )
        try:
            outcome = await self._with.in_time(self._with.turns.take(event))
        except (DatabaseUnavailable, TimeoutError):
            await ack(response_action="errors", errors={forms.OUTCOME: say("slack.submit_again", locale)})
            return
        words = outcome.notice or say("slack.taken", locale)
        title = say("slack.resolve.title", locale)
        await ack(response_action="update", view=forms.closing(title, words, self._with.catalog, locale))
        self._with.tasks.leave(self._home.publish(payload.account))

    async def _open_resolve(self, payload: Payload, complaint: str) -> None:
        """Show the form to staff; tell others, before they type anything, that it is not theirs to do."""
        locale = await self._with.locale(payload.account)
        say = self._with.catalog.say
        try:
            role = await self._with.in_time(self._with.database.read(role_of, SLACK, payload.account))
            if role is None:
                await self._with.whisper(payload, say("desk.staff_only", locale))
                return
            view = forms.resolve_form(complaint, self._with.catalog, locale)
            await self._with.client.views_open(trigger_id=payload.word("trigger_id"), view=view)
        except (DatabaseUnavailable, *FAILURES) as error:
            log.warning("the resolve form could not be opened: %s", error_code(error))
            await self._with.whisper(payload, say("slack.try_again", locale))


def _step(data: str) -> tuple[Action, str] | None:
    """The step a button of ours asks for and the complaint it is about, if it is such a button."""
    kind, _, rest = data.partition(".")
    action, _, complaint = rest.partition(".")
    if kind != BUTTON:
        return None
    try:
        return Action(action), str(UUID(complaint))
    except ValueError:
        return None
