"""App Home and /lab-status: where things stand for the one who looks."""

import json
import logging
from collections.abc import Iterator, Sequence

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.turns.lab import SLACK
from handlers.slack import frames, inputs
from handlers.slack.blocks import Block, actions, button, header, section
from handlers.slack.collaborators import Collaborators
from handlers.slack.lists import Place, Shelf, read_place, shelf_of
from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.payload import Body, Payload
from handlers.slack.standing import Entry, Standing, line, lines, standing_of
from handlers.slack.text import escaped
from storage.database import DatabaseUnavailable
from storage.lists import Listing
from storage.subscriptions import READERS

log = logging.getLogger(__name__)

REPORT = "home.report"
ENTER = "home.enter"
DIGEST = "home.digest"
OPEN = "home.open"
LIST = "home.list"
PAGE = "home.page."


class Home:
    """Shows each person what they have to do with, never another person's words."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    async def opened(self, body: Body) -> None:
        """Publish App Home for the one who opened it, where they left it."""
        payload = Payload(body)
        if payload.word("event", "tab") == "home" and payload.account:
            await self.publish(payload.account, frames.known(payload.part("event", "view")))

    async def choose(self, ack: AsyncAck, body: Body) -> None:
        """Show the list that was chosen, from its beginning."""
        await ack()
        payload = Payload(body)
        chosen = Payload({"list": payload.word("actions", 0, "selected_option", "value")})
        self._with.tasks.leave(self.publish(payload.account, chosen))

    async def turn_page(self, ack: AsyncAck, body: Body) -> None:
        """Show the page that a button leads to."""
        await ack()
        payload = Payload(body)
        place = frames.known(Payload({"private_metadata": payload.word("actions", 0, "value")}))
        self._with.tasks.leave(self.publish(payload.account, place))

    async def status(self, ack: AsyncAck, body: Body) -> None:
        """Answer /lab-status, privately."""
        payload = Payload(body)
        said = await self._with.begun(self._said(payload.account))
        if said.done():
            await ack(escaped(await said))
            return
        await ack(escaped(self._with.catalog.say("slack.looking", self._with.locale_now(payload.account))))
        self._with.tasks.leave(self._with.tell(payload, said))

    async def publish(self, account: str, at: Payload | None = None) -> None:
        """Show App Home as things stand now, at that place. Refusals and outages of Slack are logged."""
        locale, place = await self._with.locale(account), read_place(at or Payload({}))
        try:
            shelf = await self._with.database.read(shelf_of, account, place, self._with.clock())
            blocks = [*self._blocks(shelf, locale)]
        except DatabaseUnavailable as error:
            log.warning("App Home has nothing to show: %s", error)
            blocks = [section(self._with.catalog.say("slack.down", locale))]
        view: Block = {"type": "home", "blocks": blocks, "private_metadata": json.dumps(place.written)}
        try:
            await self._with.client.views_publish(user_id=account, view=view)
        except FAILURES as error:
            log.warning("App Home could not be shown: %s", error_code(error))

    def _blocks(self, shelf: Shelf, locale: str) -> Iterator[Block]:
        say = self._with.catalog.say
        yield header(say("slack.home.title", locale))
        yield section(say("slack.home.welcome", locale))
        buttons = [button(say("slack.home.report", locale), REPORT, style="primary")]
        if shelf.role is not None:
            buttons.append(button(say("slack.home.enter", locale), ENTER))
        if shelf.role in READERS:
            buttons.append(button(say("slack.home.digest", locale), DIGEST))
        yield actions(buttons)
        if shelf.role is not None and shelf.listing is not Listing.MINE:
            yield from self._list(Listing.MINE, shelf.assigned, locale)
            if shelf.has_more_assigned:
                yield section(say("slack.list.more", locale))
        yield from self._list(shelf.listing, shelf.entries, locale, shelf)
        yield from self._pages(shelf, locale)

    def _list(
        self, listing: Listing, entries: Sequence[Entry], locale: str, shelf: Shelf | None = None
    ) -> Iterator[Block]:
        """A heading, the choice of another list where there are several, and a line for each complaint."""
        catalog, lab = self._with.catalog, self._with.lab
        title = catalog.say(f"slack.list.{listing}", locale)
        yield header(title)
        if shelf is not None and len(shelf.offered) > 1:
            choices = [(catalog.say(f"slack.list.{one}", locale), one.value) for one in shelf.offered]
            chosen = {**inputs.choice(choices, listing, short=True), "action_id": LIST}
            yield section(catalog.say("slack.list.choose", locale), chosen)
        if not entries:
            yield section(catalog.say(f"slack.list.{listing}.none", locale))
        look = catalog.say("slack.list.open", locale)
        for entry in entries:
            words = line(entry, catalog, lab, locale, told=listing is Listing.REPORTED)
            if shelf is not None and (review := (shelf.reviews or {}).get(entry.id)):
                words = catalog.say("slack.line.review", locale, line=words, date=str(review))
            yield section(words, button(look, OPEN, str(entry.id)))

    def _pages(self, shelf: Shelf, locale: str) -> Iterator[Block]:
        ends: tuple[tuple[str, Place | None], ...] = (("earlier", shelf.earlier), ("later", shelf.later))
        buttons = [
            button(
                self._with.catalog.say(f"slack.{name}", locale), f"{PAGE}{name}", json.dumps(place.written)
            )
            for name, place in ends
            if place is not None
        ]
        if buttons:
            yield actions(buttons)

    async def _said(self, account: str) -> str:
        locale = await self._with.locale(account)
        standing = await self._with.database.read(standing_of, SLACK, account, self._with.clock())
        return "\n\n".join(f"*{title}*\n{words}" for title, words in self._sections(standing, locale))

    def _sections(self, standing: Standing, locale: str) -> Iterator[tuple[str, str]]:
        """Headings and what stands below them."""
        yield self._section("mine", standing.mine, locale, told=True)
        if standing.role is not None:
            yield self._section("assigned", standing.assigned, locale)
            yield self._section("waiting", standing.waiting, locale)

    def _section(
        self, name: str, entries: tuple[Entry, ...], locale: str, *, told: bool = False
    ) -> tuple[str, str]:
        catalog = self._with.catalog
        words = lines(entries, catalog, self._with.lab, locale, told=told)
        return catalog.say(f"slack.{name}", locale), words or catalog.say(f"slack.{name}.none", locale)
