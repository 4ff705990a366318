"""Buttons on messages: the steps staff take on a complaint, and the answers of a questionnaire in a DM."""

from uuid import UUID

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.complaints.lifecycle import Action, Refusal
from bot.dialog.event import Chose
from bot.turns import Outcome, StaffActed
from bot.turns.desk import BUTTON
from bot.turns.lab import SLACK
from handlers.slack import frames, record, steps
from handlers.slack.blocks import Block
from handlers.slack.cases import case_of, why_not
from handlers.slack.collaborators import Collaborators
from handlers.slack.details import Details
from handlers.slack.modals import Kept, Modals, Taken, ToMend
from handlers.slack.payload import Body, Payload
from handlers.slack.steps import StepForms

_AT_ONCE = frozenset({Action.ACKNOWLEDGE, Action.TAKE})


class Desk:
    """Takes presses and the forms of steps. Roles are read where the step is taken."""

    def __init__(self, with_: Collaborators, details: Details) -> None:
        self._with = with_
        self._details = details
        self._modals = Modals(with_)
        self._forms = StepForms(with_.catalog, with_.replies)

    async def press(self, ack: AsyncAck, body: Body) -> None:
        """Take a press and say privately what came of it; where that takes longer, that it is being kept.

        One that has failed by then is not acknowledged: Slack warns of it at the button.
        """
        payload = Payload(body)
        data = payload.word("actions", 0, "value")
        step = _step(data)
        if step is not None and step[0] not in _AT_ONCE:
            await ack()
            self._with.tasks.leave(self.open(payload, *step))
            return
        notice = await self._with.begun(self._take(payload, data, step))
        if notice.done():
            notice.result()
        await ack()
        meanwhile = self._with.catalog.say("slack.pressed", self._with.locale_now(payload.account))
        self._with.tasks.leave(self._with.tell(payload, notice, meanwhile))

    async def open(self, payload: Payload, action: Action, named: str) -> None:
        """Show the form of a step on the complaint with that id or number; tell others, before they type
        anything, that it is not theirs to take.
        """

        async def made() -> Block | str:
            locale = await self._with.locale(payload.account)
            case = await self._with.database.read(case_of, payload.account, named, action)
            if isinstance(case, str):
                return self._with.catalog.say(case, locale)
            carried = steps.carried_by(payload.part("view"))
            refused = why_not(case, action, self._with.catalog, locale)
            return refused or self._forms.draw(action, case, locale, carried)

        locale = self._with.locale_now(payload.account)
        await self._modals.open(payload, self._with.catalog.say(f"action.{action}", locale), made())

    async def submit(self, ack: AsyncAck, body: Body) -> None:
        """Take the form of a step; it is called taken once it is committed, until then it stays as it is."""
        payload = Payload(body)
        view, locale = payload.part("view"), self._with.locale_now(payload.account)
        action = steps.action_of(view)
        if action is None:
            words = self._with.catalog.say("slack.outdated", locale)
            await ack(response_action="errors", errors={payload.first_input: words})
            return
        if errors := self._unfit(action, payload, locale):
            await ack(response_action="errors", errors=errors)
            return

        def form(locale: str) -> Block:
            return self._as_it_is(view, action, locale)

        await self._modals.answer(ack, payload, form, self._submitted(payload, action))

    def _as_it_is(self, view: Payload, action: Action, locale: str) -> Block:
        title = self._with.catalog.say(f"action.{action}", locale)
        return frames.refilled(view, title, self._with.catalog, locale)

    def _unfit(self, action: Action, payload: Payload, locale: str) -> dict[str, str]:
        """What can be told to be missing without asking anybody, by input."""
        say, filled = self._with.catalog.say, payload.filled
        errors = {
            block: say("reask.required", locale)
            for block in steps.REQUIRED.get(action, ())
            if not filled.get(block, "").strip()
        }
        if blank := self._with.replies.left_blank(filled.get(steps.WORDS, "")):
            errors[steps.WORDS] = say("step.blank", locale, blank=blank)
        return errors

    async def _take(self, payload: Payload, data: str, step: tuple[Action, str] | None) -> str:
        """Take a press at once; what to say of it, nothing where it is shown otherwise."""
        event: Chose | StaffActed
        if step is None:
            event = Chose(
                event_id=payload.event_id,
                channel=SLACK,
                account=payload.account,
                language=await self._with.languages.of(payload.account),
                data=data,
                on=payload.pressed_on,
            )
        else:
            event = await self._acted(payload, step[0], step[1])
        outcome = await self._with.turns.take(event)
        if step is not None and outcome.refused is Refusal.INVOLVED:
            await self.open(payload, *step)
            return ""
        return "" if await self._details.redrawn(payload, outcome.notice) else outcome.notice

    async def _submitted(self, payload: Payload, action: Action) -> Taken:
        locale = await self._with.locale(payload.account)
        complaint = frames.known(payload.part("view")).word("complaint")
        outcome = await self._with.turns.take(await self._acted(payload, action, complaint))
        if outcome.form_errors or outcome.refused:
            return self._to_mend(payload, action, outcome)
        self._with.tasks.leave(self._details.redraw_beneath(payload))
        title, say = self._with.catalog.say(f"action.{action}", locale), self._with.catalog.say
        return Kept(title, outcome.notice or say("slack.taken", locale))

    def _to_mend(self, payload: Payload, action: Action, outcome: Outcome) -> ToMend:
        """What is wrong, at an input of the form that is shown; or the form with the one input it lacks."""
        if outcome.form_errors:
            errors = {record.block_of(field): words for field, words in outcome.form_errors.items()}
            unshown = {name: words for name, words in errors.items() if name not in payload.inputs}
            rest = {payload.first_input: "\n".join(unshown.values())} if unshown else {}
            return ToMend({**rest, **{name: words for name, words in errors.items() if name not in unshown}})
        if outcome.refused is not Refusal.INVOLVED:
            at = next((one for one in steps.REQUIRED.get(action, ()) if one in payload.inputs), "")
            return ToMend({at or payload.first_input: outcome.notice})
        if steps.IMPARTIALITY in payload.inputs:
            return ToMend({steps.IMPARTIALITY: outcome.notice})
        view = payload.part("view")

        def with_note(locale: str) -> Block:
            form = self._as_it_is(view, action, locale)
            blocks = form["blocks"]
            asked = self._forms.impartiality(None, locale)
            return {**form, "blocks": [*(blocks if isinstance(blocks, list) else ()), asked]}

        return ToMend({steps.IMPARTIALITY: outcome.notice}, anew=with_note)

    async def _acted(self, payload: Payload, action: Action, complaint: str) -> StaffActed:
        """What somebody does, with all that is filled in where they did it in a form."""
        filled = {block: words.strip() for block, words in payload.filled.items()}
        values = record.changed(payload) if action is Action.RECORD else {}
        if action is not Action.RECORD and (note := filled.get(steps.IMPARTIALITY)):
            values = {steps.IMPARTIALITY: note}
        to = ",".join(filter(None, (filled.get(steps.DEPARTMENT), filled.get(steps.COLLEAGUE))))
        notes = (filled.get(block, "") for block in (steps.OUTCOME, steps.REASON, steps.NOTE))
        return StaffActed(
            event_id=payload.event_id,
            channel=SLACK,
            account=payload.account,
            language=await self._with.languages.of(payload.account),
            complaint=complaint,
            action=action,
            words=filled.get(steps.WORDS, "")[: steps.MAX_WORDS],
            note=next(filter(None, notes), "")[: steps.MAX_WORDS],
            to=to,
            original=(filled.get(steps.NUMBER) or filled.get(steps.ORIGINAL, "")).upper(),
            values=values,
        )


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
