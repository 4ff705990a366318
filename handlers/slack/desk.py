"""Buttons on messages: the steps staff take on a complaint, and the answers of a questionnaire in a DM."""

from functools import partial
from uuid import UUID

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.complaints.lifecycle import Action
from bot.dialog.event import Chose
from bot.turns import StaffActed
from bot.turns.desk import BUTTON
from bot.turns.lab import SLACK
from handlers.slack import forms
from handlers.slack.blocks import Block
from handlers.slack.collaborators import Collaborators
from handlers.slack.home import Home
from handlers.slack.modals import Kept, Modals, Taken
from handlers.slack.payload import Body, Payload
from handlers.slack.standing import role_of


class Desk:
    """Takes presses, and the form that resolves a complaint. Roles are read where the step is taken."""

    def __init__(self, with_: Collaborators, home: Home) -> None:
        self._with = with_
        self._home = home
        self._modals = Modals(with_)

    async def press(self, ack: AsyncAck, body: Body) -> None:
        """Take a press and say privately what came of it; where that takes longer, that it is being kept.

        One that has failed by then is not acknowledged: Slack warns of it at the button.
        """
        payload = Payload(body)
        data = payload.word("actions", 0, "value")
        step = _step(data)
        if step is not None and step[0] is Action.RESOLVE:
            await ack()
            self._with.tasks.leave(self._open_resolve(payload, step[1]))
            return
        notice = await self._with.begun(self._take(payload, data, step))
        if notice.done():
            notice.result()
        await ack()
        meanwhile = self._with.catalog.say("slack.pressed", self._with.locale_now(payload.account))
        self._with.tasks.leave(self._with.tell(payload, notice, meanwhile))

    async def resolve(self, ack: AsyncAck, body: Body) -> None:
        """Take the resolve form; it is called taken once it is committed, until then it stays as it is."""
        payload = Payload(body)
        complaint = forms.resolved_complaint(payload.part("view"))
        if not payload.filled.get(forms.OUTCOME):
            words = self._with.catalog.say("reask.required", self._with.locale_now(payload.account))
            await ack(response_action="errors", errors={forms.OUTCOME: words})
            return
        form = partial(forms.resolve_form, complaint, payload.filled, self._with.catalog)
        await self._modals.answer(ack, payload, form, self._resolve(payload, complaint))

    async def _take(self, payload: Payload, data: str, step: tuple[Action, str] | None) -> str:
        language = await self._with.languages.of(payload.account)
        event: Chose | StaffActed
        if step is None:
            event = Chose(
                event_id=payload.event_id,
                channel=SLACK,
                account=payload.account,
                language=language,
                data=data,
                on=payload.pressed_on,
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
        return (await self._with.turns.take(event)).notice

    async def _resolve(self, payload: Payload, complaint: str) -> Taken:
        locale = await self._with.locale(payload.account)
        filled, say = payload.filled, self._with.catalog.say
        outcome = await self._with.turns.take(
            StaffActed(
                event_id=payload.event_id,
                channel=SLACK,
                account=payload.account,
                language=locale,
                complaint=complaint,
                action=Action.RESOLVE,
                note=filled[forms.OUTCOME][: forms.MAX_WORDS],
                words=filled.get(forms.WORDS, "")[: forms.MAX_WORDS],
            )
        )
        self._with.tasks.leave(self._home.publish(payload.account))
        return Kept(say("slack.resolve.title", locale), outcome.notice or say("slack.taken", locale))

    async def _open_resolve(self, payload: Payload, complaint: str) -> None:
        """Show the form to staff; tell others, before they type anything, that it is not theirs to do."""

        async def made() -> Block | str:
            locale = await self._with.locale(payload.account)
            if await self._with.database.read(role_of, SLACK, payload.account) is None:
                return self._with.catalog.say("desk.staff_only", locale)
            return forms.resolve_form(complaint, {}, self._with.catalog, locale)

        locale = self._with.locale_now(payload.account)
        await self._modals.open(payload, self._with.catalog.say("slack.resolve.title", locale), made())


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
