"""One complaint in a modal: opened from a list, drawn anew after every step taken from it."""

import logging
from collections.abc import Iterator, Mapping

from slack_bolt.context.ack.async_ack import AsyncAck

from handlers.slack import frames
from handlers.slack.blocks import Block, context, header, rendered, section
from handlers.slack.collaborators import Collaborators
from handlers.slack.home import Home
from handlers.slack.looking import Line, Look, look
from handlers.slack.modals import Modals
from handlers.slack.outcomes import FAILURES, error_code
from handlers.slack.payload import Body, Payload
from handlers.slack.steps import DETAIL, carried_by
from handlers.slack.text import clipped, escaped
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

_MOST_LINES = 20
_MAX_NOTE = 600


class Details:
    """Shows a complaint to those who may see it, and keeps what is on their screen as things stand."""

    def __init__(self, with_: Collaborators, home: Home) -> None:
        self._with = with_
        self._home = home
        self._modals = Modals(with_)

    async def open(self, ack: AsyncAck, body: Body) -> None:
        """Show the complaint whose line in App Home was pressed."""
        await ack()
        payload = Payload(body)
        self._with.tasks.leave(self._open(payload, payload.word("actions", 0, "value")))

    async def _open(self, payload: Payload, complaint: str) -> None:
        title = self._with.catalog.say("slack.detail.title", self._with.locale_now(payload.account))
        carried = carried_by(payload.part("view"))
        await self._modals.open(payload, title, self._made(payload.account, complaint, carried))

    async def redrawn(self, payload: Payload, notice: str) -> bool:
        """Show what came of a press in the modal it was made in; False if it was made elsewhere."""
        view = payload.part("view")
        if view.word("callback_id") != DETAIL:
            return False
        locale = await self._with.locale(payload.account)
        words = notice or self._with.catalog.say("slack.detail.in_messages", locale)
        await self._update(payload, view.word("id"), frames.known(view), words)
        return True

    async def redraw_beneath(self, payload: Payload) -> None:
        """Draw anew the complaint's modal beneath the form that was taken, if it was opened from there."""
        view = payload.part("view")
        known = frames.known(view)
        if known.at("detail") is True:
            await self._update(payload, view.word("root_view_id"), known, "")

    async def _update(self, payload: Payload, view_id: str, known: Payload, words: str) -> None:
        carried = {"home": known.body["home"]} if "home" in known.body else {}
        try:
            view = await self._made(payload.account, known.word("complaint"), carried)
            if not isinstance(view, str):
                await self._with.client.views_update(
                    view_id=view_id, view=frames.noted(view, words) if words else view
                )
        except DatabaseUnavailable as error:
            log.warning("a complaint could not be shown anew: %s", error)
        except FAILURES as error:
            log.info("a complaint is not on the screen any more: %s", error_code(error))
        if carried:
            await self._home.publish(payload.account, known.part("home"))

    async def _made(self, account: str, complaint: str, carried: Mapping[str, object]) -> Block | str:
        locale = await self._with.locale(account)
        catalog, lab, now = self._with.catalog, self._with.lab, self._with.clock()
        seen = await self._with.database.read(look, catalog, lab, now, account, complaint, locale)
        if isinstance(seen, str):
            return catalog.say(seen, locale)
        blocks = [*self._blocks(seen, locale)]
        known = {**carried, "complaint": complaint}
        title = catalog.say("slack.detail.title", locale)
        return frames.shown(DETAIL, title, blocks, known, catalog, locale)

    def _blocks(self, seen: Look, locale: str) -> Iterator[Block]:
        yield from rendered(seen.essentials).blocks
        if seen.lines:
            yield header(self._with.catalog.say("slack.detail.history", locale))
        for line in seen.lines[-_MOST_LINES:]:
            yield from self._line(line)

    def _line(self, line: Line) -> Iterator[Block]:
        at = line.at.astimezone(self._with.lab.zone)
        parts = (f"{at:%Y-%m-%d %H:%M}", f"*{escaped(line.done)}*", line.who, line.to)
        yield context(" · ".join(part for part in parts if part))
        if line.note:
            yield section(clipped(line.note, _MAX_NOTE))
