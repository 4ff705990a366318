"""Socket Mode: the app's open WebSocket connections."""

import asyncio
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from sandbox.slack.workspace import APP_ID
from sandbox.wire import ABORT, Json

_GONE = (WebSocketDisconnect, WebSocketDisconnected)
"""What sending raises where the app has left, or has just closed the connection."""


@dataclass(eq=False, slots=True)
class _Connection:
    socket: WebSocket
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)

    def lost(self) -> None:
        for answer in self.waiting.values():
            if not answer.done():
                answer.set_result(None)
        self.waiting.clear()


class Sockets:
    """The open connections, and the tickets that let new ones in."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._tickets: set[str] = set()
        self._open: list[_Connection] = []
        self._opened = asyncio.Event()

    def __len__(self) -> int:
        return len(self._open)

    def ticket(self) -> str:
        """Leave to connect once."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection until either side ends it."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await socket.close(4001)
            return
        self._tickets.remove(ticket)
        await socket.accept()
        connection = _Connection(socket)
        self._open.append(connection)
        try:
            await socket.send_json(self._hello())
            self._opened.set()
            self._changed()
            await self._read(connection)
        except WebSocketDisconnect:
            pass
        except ValueError:
            await socket.close(1007)
        finally:
            self._forget(connection)

    async def ask(self, envelope: Json, seconds: float) -> Json | None:
        """Send the envelope to one connection; None if it is not acknowledged within `seconds`."""
        if not self._open:
            return None
        connection = secrets.choice(self._open)
        answer: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = answer
        try:
            async with asyncio.timeout(seconds):
                await connection.socket.send_json(envelope)
                return await answer
        except (TimeoutError, *_GONE):
            return None
        finally:
            connection.waiting.pop(envelope["envelope_id"], None)

    async def pause(self, seconds: float) -> None:
        """Wait `seconds`, or less when there is no connection and one comes."""
        if self._open:
            await asyncio.sleep(seconds)
            return
        self._opened.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._opened.wait()
        except TimeoutError:
            return

    async def disconnect(self, reason: str) -> None:
        """Ask for every connection to be replaced; nothing new is sent on it, the app closes it."""
        asked, self._open = self._open, []
        self._changed()
        for connection in asked:
            with suppress(*_GONE):  # who has gone meanwhile need not be asked
                await connection.socket.send_json(
                    {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
                )

    def silence(self) -> None:
        """Say nothing more on any connection, though each stays open."""
        self._open = []
        self._changed()

    def drop(self) -> None:
        """Reset every connection without a word."""
        for connection in list(self._open):
            abort: Callable[[], None] | None = connection.socket.scope.get("extensions", {}).get(ABORT)
            if abort is not None:
                abort()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "connection_info": {"app_id": APP_ID},
            "debug_info": {
                "host": "applink-sandbox",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
        }

    async def _read(self, connection: _Connection) -> None:
        while True:
            message = json.loads(await connection.socket.receive_text())
            answer = connection.waiting.get(message.get("envelope_id", ""))
            if answer is not None and not answer.done():
                answer.set_result(message)

    def _forget(self, connection: _Connection) -> None:
        if connection in self._open:
            self._open.remove(connection)
        connection.lost()
        self._changed()
