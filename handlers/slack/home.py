"""App Home and /lab-status: where things stand for the one who looks."""

import logging
from collections.abc import Iterator

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.complaints.terms import Role
from bot.turns.lab import SLACK
from handlers.slack.blocks import Block, actions, button, header, section
from handlers.slack.collaborators import Collaborators
from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.payload import Body, Payload
from handlers.slack.standing import Entry, Standing, lines, standing_of
from handlers.slack.text import escaped
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

REPORT = "home.report"
DIGEST = "home.digest"


class Home:
    """Shows each person what they have to do with, never another person's words."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    async def opened(self, body: Body) -> None:
        """Publish App Home for the one who opened it."""
        payload = Payload(body)
        if payload.word("event", "tab") == "home" and payload.account:
            await self.publish(payload.account)

    async def status(self, ack: AsyncAck, body: Body) -> None:
        """Answer /lab-status, privately."""
        payload = Payload(body)
        said = await self._with.begun(self._said(payload.account))
        if said.done():
            await ack(escaped(await said))
            return
        await ack(escaped(self._with.catalog.say("slack.looking", self._with.locale_now(payload.account))))
        self._with.tasks.leave(self._with.tell(payload, said))

    async def publish(self, account: str) -> None:
        """Show App Home as things stand now. Refusals and outages of Slack are logged."""
        locale = await self._with.locale(account)
        try:
            blocks = [*self._blocks(await self._standing(account), locale)]
        except DatabaseUnavailable as error:
            log.warning("App Home has nothing to show: %s", error)
            blocks = [section(self._with.catalog.say("slack.down", locale))]
        view: Block = {"type": "home", "blocks": blocks}
        try:
            await self._with.client.views_publish(user_id=account, view=view)
        except FAILURES as error:
            log.warning("App Home could not be shown: %s", error_code(error))

    async def _said(self, account: str) -> str:
        locale = await self._with.locale(account)
        sections = self._sections(await self._standing(account), locale)
        return "\n\n".join(f"*{title}*\n{words}" for title, words in sections)

    async def _standing(self, account: str) -> Standing:
        return await self._with.database.read(standing_of, SLACK, account, self._with.clock())

    def _blocks(self, standing: Standing, locale: str) -> Iterator[Block]:
        say = self._with.catalog.say
        yield header(say("slack.home.title", locale))
        yield section(say("slack.home.welcome", locale))
        buttons = [button(say("slack.home.report", locale), REPORT, style="primary")]
        if standing.role in (Role.MANAGER, Role.QUALITY):
            buttons.append(button(say("slack.home.digest", locale), DIGEST))
        yield actions(buttons)
        for title, words in self._sections(standing, locale):
            yield header(title)
            yield section(words)

    def _sections(self, standing: Standing, locale: str) -> Iterator[tuple[str, str]]:
        """Headings and what stands below them."""
        yield self._section("mine", standing.mine, locale)
        if standing.role is not None:
            yield self._section("assigned", standing.assigned, locale)
            yield self._section("waiting", standing.waiting, locale)

    def _section(self, name: str, entries: tuple[Entry, ...], locale: str) -> tuple[str, str]:
        catalog = self._with.catalog
        words = lines(entries, catalog, self._with.lab, locale) or catalog.say(f"slack.{name}.none", locale)
        return catalog.say(f"slack.{name}", locale), words
