"""What is said when something goes wrong or is not known any more: a kind sentence, never silence."""

import logging

from slack_bolt import BoltResponse
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest

from handlers.slack.collaborators import Collaborators
from handlers.slack.payload import Body, Payload
from handlers.slack.text import escaped
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

_TRY_LATER = (DatabaseUnavailable, TimeoutError)


class Mishaps:
    """Answers for listeners that failed and for requests no listener knows."""

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    async def failed(self, error: Exception, request: AsyncBoltRequest) -> BoltResponse:
        """Tell the person, and tell Slack to repeat what it can repeat.

        An event that could not be kept is answered with 503, so that Slack brings it again; the person is
        told the first time only. A press is answered with 503 too, which Slack shows at the button, and with
        words; everything else with the words where the person looks for them.
        """
        payload = Payload(request.body)
        later = isinstance(error, _TRY_LATER)
        if later:
            log.warning("%s could not be taken: %s", payload.event_id, error)
        else:
            log.error("%s could not be taken", payload.event_id, exc_info=error)
        locale = await self._with.locale(payload.account)
        words = self._with.catalog.say("slack.down" if later else "slack.failed", locale)
        if payload.is_event:
            if not request.headers.get("x-slack-retry-num"):
                self._with.tasks.leave(self._with.whisper(payload, words))
            return BoltResponse(status=503)
        if payload.is_command:
            return BoltResponse(status=200, body=escaped(words))
        if payload.is_submission and (block_id := payload.first_input):
            return BoltResponse(status=200, body={"response_action": "errors", "errors": {block_id: words}})
        self._with.tasks.leave(self._with.whisper(payload, words))
        return BoltResponse(status=503 if payload.is_press else 200)

    async def unknown(self, ack: AsyncAck, body: Body) -> None:
        """A button, command or form of a version of the app that is gone."""
        await ack()
        payload = Payload(body)
        locale = await self._with.locale(payload.account)
        await self._with.whisper(payload, self._with.catalog.say("slack.outdated", locale))

    async def ignored(self, body: Body) -> None:
        """An event nothing is to be done about."""
        log.debug("an event of type %s is not for us", Payload(body).word("event", "type"))
