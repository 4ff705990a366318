"""Serve an ASGI application inside the running loop, and stop without leaving anything behind."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable, Generator

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from sandbox.wire import ABORT

_GRACE = 5.0


class _Server(uvicorn.Server):
    """A server that says when it is ready, stops at once, and leaves signals to its owner."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.stopping = stopping

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @override
    async def main_loop(self) -> None:
        """Run until told to stop; the original looks for that ten times a second."""
        while not self.stopping.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 1)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let responses finish, then close; the original takes a tenth of a second or more even when idle."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_GRACE)
        for _ in range(2):  # Transports that are closing report it in the loop's next rounds.
            await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
        else:
            await self.lifespan.shutdown()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    def abort(self, client: tuple[str, int]) -> None:
        """Reset the connection of this client address, losing whatever was not yet sent."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if getattr(connection, "client", None) == client and isinstance(transport, asyncio.Transport):
                link = transport.get_extra_info("socket")
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                transport.abort()


class _Stoppable:
    """The application, told that its callers have left once the server is stopping.

    uvicorn waits for every response to finish; long polls and event streams only finish when told.
    """

    def __init__(self, app: ASGIApp, stopping: asyncio.Event) -> None:
        self.app = app
        self.stopping = stopping
        self.abort: Callable[[tuple[str, int]], None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        abort = self.abort
        if abort is not None and scope.get("client") is not None:
            client = scope["client"]
            scope.setdefault("extensions", {})[ABORT] = lambda: abort(client)
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        unfinished = False

        async def watched_send(message: Message) -> None:
            nonlocal unfinished
            unfinished = message["type"] == "http.response.start" or bool(message.get("more_body", False))
            await send(message)

        with contextlib.suppress(ClientDisconnect):  # who is killed in the middle of a body is owed nothing
            await self.app(scope, self._watched(receive), watched_send)
        if unfinished and self.stopping.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _watched(self, receive: Receive) -> Receive:
        body_read = False

        async def watched() -> Message:
            nonlocal body_read
            if not body_read:
                message = await receive()
                body_read = not message.get("more_body", False)
                return message
            return await self._disconnect_or_stop(receive)

        return watched

    async def _disconnect_or_stop(self, receive: Receive) -> Message:
        received = asyncio.ensure_future(receive())
        stopping = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({received, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return received.result() if received.done() else {"type": "http.disconnect"}
        finally:
            received.cancel()
            stopping.cancel()
            await asyncio.gather(received, stopping, return_exceptions=True)


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve `app` on this loop and yield its base URL without a trailing slash; port 0 takes a free one.

    On leaving, long polls, streams and sockets are ended and every task of the server is finished.

    Raises:
        OSError: the port is taken.
    """
    stopping = asyncio.Event()
    stoppable = _Stoppable(app, stopping)
    link = socket.create_server((host, port), backlog=512)
    config = uvicorn.Config(
        stoppable,
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(_GRACE),
    )
    server = _Server(config, stopping)
    stoppable.abort = server.abort
    running = asyncio.create_task(server.serve(sockets=[link]))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        yield f"http://{host}:{link.getsockname()[1]}"
    finally:
        ready.cancel()
        stopping.set()
        await asyncio.gather(ready, return_exceptions=True)
        await running
        link.close()
