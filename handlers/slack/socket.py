"""Socket Mode: a connection to Slack that comes back by itself and says how it is."""

import asyncio
import json
import logging
import random
from collections.abc import Callable
from contextlib import suppress

import aiohttp
from slack_bolt import BoltResponse

from bot.pulse import Pulse
from handlers.slack.app import SlackHandler
from handlers.slack.outcomes import FAILURES, error_code, explained
from handlers.slack.payload import Payload
from handlers.slack.tasks import Tasks, log_failure

log = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_HEARTBEAT = 10.0
_DRAIN = 5.0
# Slack sends a ping when it has nothing else to say; its own client for Node gives up after 30 s without one.
_SILENT_SECONDS = 90.0
_PLANNED = frozenset(("warning", "refresh_requested"))
# Slack does not end the TCP connection after the closing handshake: do not wait for it.
_PATIENCE = aiohttp.ClientWSTimeout(ws_close=0.5)


class SocketRunner:
    """Keeps one connection open from `start` to `close`, which comes before the handler's own.

    `ready` tells whether Slack can reach us now, `last_error` why not. Whatever Slack sends of its own accord
    is a sign of life; an answer to our pings proves only that the wire holds. slack_sdk's own client keeps
    its caller waiting while Slack is down, logs every attempt, and drops answers under way when it is closed;
    so the connection is kept here, and what arrives by it goes to Bolt.
    """

    def __init__(self, handler: SlackHandler, app_token: str) -> None:
        self.ready = False
        self.last_error: str | None = None
        self.pulse = Pulse(_SILENT_SECONDS)
        self._handler = handler
        self._app_token = app_token
        self._running: asyncio.Task[None] | None = None
        self._connection: _Connection | None = None
        self._retiring = Tasks()
        self._wait = _FIRST_WAIT

    def start(self) -> None:
        """Connect in the background, for as long as it takes."""
        self.pulse.beat()
        self._running = asyncio.get_running_loop().create_task(self._run())
        self._running.add_done_callback(log_failure)

    async def restart(self) -> None:
        """Connect anew. Answers under way still leave by the old connection; what is lost Slack repeats."""
        await self._end()
        self.ready, self.last_error = False, "Nothing has been heard for a while."
        self.start()

    async def close(self) -> None:
        """Take nothing new, send the answers under way, and disconnect."""
        await self._end()
        self._replace(None)
        await self._retiring.drain(_DRAIN + 1)
        self.ready = False

    async def _end(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                socket = await self._connect()
            except FAILURES as error:
                await self._down(error_code(error), explained(error, "SLACK_APP_TOKEN"))
                continue
            connection = _Connection(socket, self._handler, self._up, self.pulse.beat)
            self._replace(connection)
            await connection.over.wait()
            if not connection.planned:
                await self._down(connection.reason, "The connection was lost.")

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        answer = await self._handler.client.apps_connections_open(app_token=self._app_token)
        return await self._handler.session.ws_connect(
            str(answer["url"]), heartbeat=_HEARTBEAT, autoping=False, timeout=_PATIENCE
        )

    def _replace(self, connection: "_Connection | None") -> None:
        if self._connection is not None:
            self._retiring.leave(self._connection.retire())
        self._connection = connection

    def _up(self) -> None:
        if not self.ready:
            log.info("Slack is connected")
        self._handler.start()
        self.ready, self.last_error, self._wait = True, None, _FIRST_WAIT

    async def _down(self, reason: str, words: str) -> None:
        """Log it, once, and wait before the next attempt: longer every time, never all replicas at once."""
        if self.last_error is None:
            log.warning("Slack is not connected (%s); trying again until it is", reason)
        self.ready, self.last_error = False, words
        self.pulse.beat()
        await asyncio.sleep(self._wait * random.uniform(0.5, 1))  # noqa: S311 - nothing to guess here
        self._wait = min(self._wait * 2, _LONGEST_WAIT)


class _Connection:
    """One WebSocket, read until it ends. `over` is set when another is wanted in its place."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        handler: SlackHandler,
        greeted: Callable[[], None],
        heard: Callable[[], None],
    ) -> None:
        self.over = asyncio.Event()
        self.planned = False
        self.reason = "the connection was lost"
        self._socket = socket
        self._handler = handler
        self._greeted = greeted
        self._heard = heard
        self._answers = Tasks()
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def retire(self) -> None:
        """Send the answers under way, then disconnect."""
        await self._answers.drain(_DRAIN)
        await self._socket.close()
        await self._reading

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._heard()
                    self._take(frame.data)
                elif frame.type is aiohttp.WSMsgType.PING:
                    self._heard()
                    with suppress(aiohttp.ClientError, ConnectionError):
                        await self._socket.pong(frame.data)
        finally:
            self.over.set()

    def _take(self, text: str) -> None:
        try:
            message = Payload(json.loads(text))
        except ValueError:
            log.warning("Slack sent something that cannot be read")
            return
        match message.word("type"):
            case "hello":
                self._greeted()
            case "disconnect":
                self.planned = message.word("reason") in _PLANNED
                self.reason = message.word("reason") or self.reason
                self.over.set()
            case _ if envelope_id := message.word("envelope_id"):
                self._answers.leave(self._answer(envelope_id, message))

    async def _answer(self, envelope_id: str, message: Payload) -> None:
        """Have one envelope handled and acknowledge it; what is not acknowledged Slack sends again."""
        again = message.at("retry_attempt")
        headers = {"x-slack-retry-num": str(again)} if again else {}
        response = await self._handler.dispatch(dict(message.part("payload").body), headers)
        if response.status != 200:
            return
        try:
            await self._socket.send_json({"envelope_id": envelope_id, **_payload(response)})
        except (aiohttp.ClientError, ConnectionError):
            log.info("an acknowledgement came too late; Slack will ask again")


def _payload(response: BoltResponse) -> dict[str, object]:
    """What goes back with the acknowledgement: an object, words for the one who asked, or nothing."""
    if not response.body:
        return {}
    if response.headers.get("content-type", [""])[0].startswith("application/json"):
        return {"payload": json.loads(response.body)}
    return {"payload": {"text": response.body}}
