"""Reporting an issue, and thanking somebody: a modal each, wherever it was opened, and its sending off."""

from collections.abc import Mapping
from functools import partial

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.dialog.event import FormSubmitted
from bot.dialog.questionnaire import Questionnaire
from bot.turns import Outcome
from bot.turns.lab import SLACK
from handlers.slack import forms, frames
from handlers.slack.blocks import Block
from handlers.slack.collaborators import Collaborators
from handlers.slack.home import Home
from handlers.slack.modals import Kept, Modals, Taken, ToMend
from handlers.slack.payload import Body, Payload
from handlers.slack.standing import role_of
from handlers.slack.text import clipped, typed

LAB_ISSUE, PRAISE, ON_BEHALF = "lab_issue", "praise", "on_behalf"
_MAX_PREFILLED = 2500


class Issues:
    """Opens and takes the forms that everybody may send."""

    def __init__(self, with_: Collaborators, home: Home) -> None:
        self._with = with_
        self._home = home
        self._modals = Modals(with_)

    async def open(self, ack: AsyncAck, body: Body) -> None:
        """Show the form for an issue, for which nothing is read from the database."""
        await ack()
        self._with.tasks.leave(self._open(LAB_ISSUE, Payload(body)))

    async def open_praise(self, ack: AsyncAck, body: Body) -> None:
        """Show the form for a thank-you."""
        await ack()
        self._with.tasks.leave(self._open(PRAISE, Payload(body)))

    async def enter(self, ack: AsyncAck, body: Body) -> None:
        """Show staff the form for what somebody else complained of; others are told that it is not theirs."""
        await ack()
        self._with.tasks.leave(self._open(ON_BEHALF, Payload(body)))

    async def open_about_message(self, ack: AsyncAck, body: Body) -> None:
        """Show the form for an issue with a message's words in it, and the message's address below them."""
        await ack()
        payload = Payload(body)
        self._with.tasks.leave(self._open(LAB_ISSUE, payload, _quoted(payload)))

    async def submit(self, ack: AsyncAck, body: Body) -> None:
        """Take the form; it is called taken once it is committed, until then it stays as it was filled in."""
        payload = Payload(body)
        name, version = forms.asked(payload.part("view"))
        questionnaire = self._form(name, version)
        if questionnaire is None:
            words = self._with.catalog.say("slack.outdated", self._with.locale_now(payload.account))
            await ack(response_action="errors", errors={payload.first_input: words})
            return
        home = forms.home_beneath(payload.part("view"))
        form = partial(self._filled, questionnaire, payload.filled, home)
        await self._modals.answer(ack, payload, form, self._take(payload, questionnaire))

    async def _take(self, payload: Payload, questionnaire: Questionnaire) -> Taken:
        locale = await self._with.locale(payload.account)
        outcome = await self._with.turns.take(
            FormSubmitted(
                event_id=payload.event_id,
                channel=SLACK,
                account=payload.account,
                language=locale,
                questionnaire=questionnaire.id,
                version=questionnaire.version,
                values=payload.filled,
            )
        )
        if outcome.form_errors:
            return ToMend(outcome.form_errors)
        home = forms.home_beneath(payload.part("view"))
        if home is not None:  # else it is shown anew whenever it is opened
            self._with.tasks.leave(self._home.publish(payload.account, home))
        return self._thanks(questionnaire, outcome, locale)

    def _filled(
        self, questionnaire: Questionnaire, given: Mapping[str, str], home: Payload | None, locale: str
    ) -> Block:
        catalog, lab = self._with.catalog, self._with.lab.name
        place = home.body if home is not None else None
        return forms.questionnaire_form(questionnaire, catalog, lab, locale, given, home=place)

    def _form(self, name: str, version: int) -> Questionnaire | None:
        """What the form asks, if it is one that people open: surveys are answered by those who are asked."""
        if name not in (LAB_ISSUE, PRAISE, ON_BEHALF):
            return None
        try:
            return self._with.catalog.version(name, version)
        except KeyError:
            return None

    def _thanks(self, questionnaire: Questionnaire, outcome: Outcome, locale: str) -> Kept:
        catalog, lab = self._with.catalog, self._with.lab.name
        thanked = not outcome.kept and (bool(outcome.number) or questionnaire.opens is None)
        if thanked:
            words = catalog.render(questionnaire.thanks, locale, number=outcome.number, lab=lab)
        else:
            words = outcome.notice or catalog.say("slack.taken", locale)
        title = catalog.render(questionnaire.title, locale, lab=lab)
        return Kept(title, words, comes_anyway=thanked)

    async def _open(self, name: str, payload: Payload, words: str = "") -> None:
        """Show the form; nothing is waited for but the person's language and, if it matters, their role."""
        questionnaire = self._with.catalog.newest(name)
        item = questionnaire.opens.from_items.get("words") if questionnaire.opens else None
        given = {item: words} if item and words else {}

        async def made() -> Block | str:
            locale = await self._with.locale(payload.account)
            if name == ON_BEHALF and await self._with.database.read(role_of, SLACK, payload.account) is None:
                return self._with.catalog.say("desk.staff_only", locale)
            home = frames.known(payload.part("view")) if payload.word("view", "type") == "home" else None
            return self._filled(questionnaire, given, home, locale)

        locale = self._with.locale_now(payload.account)
        title = self._with.catalog.render(questionnaire.title, locale, lab=self._with.lab.name)
        await self._modals.open(payload, title, made())


def _quoted(payload: Payload) -> str:
    """The words of the message a shortcut was taken from, and where it stands."""
    words = clipped(typed(payload.word("message", "text")), _MAX_PREFILLED)
    team, room = payload.word("team", "domain"), payload.word("channel", "id")
    ts = payload.word("message", "ts").replace(".", "")
    link = f"https://{team}.slack.com/archives/{room}/p{ts}" if team and room and ts else ""
    return "\n\n".join(part for part in (words, link) if part)
