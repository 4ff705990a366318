"""Reporting an issue: one modal from the slash command, a message's menu or App Home, and its sending off."""

import logging

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.dialog.event import FormSubmitted
from bot.dialog.questionnaire import Questionnaire
from bot.turns import Outcome
from bot.turns.lab import SLACK
from handlers.slack import forms
from handlers.slack.collaborators import Collaborators
from handlers.slack.home import Home
from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.payload import Body, Payload
from handlers.slack.text import clipped, typed
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

LAB_ISSUE = "lab_issue"
_MAX_PREFILLED = 2500


class Issues:
    """Opens and takes the issue form."""

    def __init__(self, with_: Collaborators, home: Home) -> None:
        self._with = with_
        self._home = home

    async def open(self, ack: AsyncAck, body: Body) -> None:
        """Show the form. Slack gives three seconds from the press, so nothing is read from the database."""
        await ack()
        self._with.tasks.leave(self._open(Payload(body)))

    async def open_about_message(self, ack: AsyncAck, body: Body) -> None:
        """Show the form with a message's words in it, and the message's address below them."""
        await ack()
        payload = Payload(body)
        self._with.tasks.leave(self._open(payload, _quoted(payload)))

    async def submit(self, ack: AsyncAck, body: Body) -> None:
        """Take the form; acknowledged once it is committed, otherwise it stays open with what was typed."""
        payload = Payload(body)
        locale = await self._with.locale(payload.account)
        say = self._with.catalog.say
        name, version = forms.asked(payload.part("view"))
        questionnaire = self._form(name, version)
        if questionnaire is None:
            errors = {payload.first_input: say("slack.outdated", locale)}
            await ack(response_action="errors", errors=errors)
            return
        event = FormSubmitted(
            event_id=payload.event_id,
            channel=SLACK,
            account=payload.account,
            language=locale,
            questionnaire=name,
            version=version,
            values=payload.filled,
        )
        try:
            outcome = await self._with.in_time(self._with.turns.take(event))
        except (DatabaseUnavailable, TimeoutError):
            await ack(
                response_action="errors", errors={payload.first_input: say("slack.submit_again", locale)}
            )
            return
        if outcome.form_errors:
            await ack(response_action="errors", errors=dict(outcome.form_errors))
            return
        await ack(response_action="update", view=self._thanks(questionnaire, outcome, locale))
        self._with.tasks.leave(self._home.publish(payload.account))

    def _form(self, name: str, version: int) -> Questionnaire | None:
        """What the form asks, if it is one that people open: surveys are answered by those who are asked."""
        if name != LAB_ISSUE:
            return None
        try:
            return self._with.catalog.version(name, version)
        except KeyError:
            return None

    def _thanks(self, questionnaire: Questionnaire, outcome: Outcome, locale: str) -> dict[str, object]:
        catalog, lab = self._with.catalog, self._with.lab.name
        if outcome.number:
            words = catalog.render(questionnaire.thanks, locale, number=outcome.number, lab=lab)
        else:
            words = outcome.notice or catalog.say("slack.taken", locale)
        title = catalog.render(questionnaire.title, locale, lab=lab)
        return forms.closing(title, words, catalog, locale)

    async def _open(self, payload: Payload, prefilled: str = "") -> None:
        locale = await self._with.locale(payload.account)
        catalog, lab = self._with.catalog, self._with.lab.name
        view = forms.questionnaire_form(catalog.newest(LAB_ISSUE), catalog, lab, locale, prefilled)
        try:
            await self._with.client.views_open(trigger_id=payload.word("trigger_id"), view=view)
        except FAILURES as error:
            log.warning("the issue form could not be opened: %s", error_code(error))
            await self._with.whisper(payload, self._with.catalog.say("slack.try_again", locale))


def _quoted(payload: Payload) -> str:
    """The words of the message a shortcut was taken from, and where it stands."""
    words = clipped(typed(payload.word("message", "text")), _MAX_PREFILLED)
    team, room = payload.word("team", "domain"), payload.word("channel", "id")
    ts = payload.word("message", "ts").replace(".", "")
    link = f"https://{team}.slack.com/archives/{room}/p{ts}" if team and room and ts else ""
    return "\n\n".join(part for part in (words, link) if part)
