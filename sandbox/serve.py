"""Serve an ASGI application inside the running loop, and stop without leaving anything behind."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable, Generator, MutableMapping
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from sandbox.wire import ABORT


class _Server(uvicorn.Server):
    """A server that says when it is ready and leaves signals to its owner."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.stopping = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @override
    async def main_loop(self) -> None:
        """Stop at once when told; the original looks ten times a second."""
        while not self.stopping.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 1)

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

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.stopping = asyncio.Event()
        self.abort: Callable[[tuple[str, int]], None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        abort = self.abort
        if abort is not None and scope.get("client") is not None:
            client = scope["client"]
            scope.setdefault("extensions", {})[ABORT] = lambda: abort(client)
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        unfinished = False

        async def watched_send(message: Message) -> None:
            nonlocal unfinished
            unfinished = message["type"] == "http.response.start" or bool(message.get("more_body", False))
            await send(message)

        await self.app(scope, self._watched(receive), watched_send)
        if unfinished and self.stopping.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _watched(self, receive: Receive) -> Receive:
        async def watched() -> MutableMapping[str, Any]:
            message = asyncio.ensure_future(receive())
            stopping = asyncio.ensure_future(self.stopping.wait())
            try:
                await asyncio.wait({message, stopping}, return_when=asyncio.FIRST_COMPLETED)
                return message.result() if message.done() else {"type": "http.disconnect"}
            finally:
                for task in (message, stopping):
                    task.cancel()
                await asyncio.gather(message, stopping, return_exceptions=True)

        return watched


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve `app` on this loop and yield its base URL without a trailing slash; port 0 takes a free one.

    On leaving, long polls, streams and sockets are ended and every task of the server is finished.

    Raises:
        OSError: the port is taken.
    """
    stoppable = _Stoppable(app)
    link = socket.create_server((host, port), backlog=512)
    server = _Server(
        uvicorn.Config(
            stoppable,
            log_config=None,
            access_log=False,
            lifespan="auto",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
    )
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
        stoppable.stopping.set()
        server.stopping.set()
        await asyncio.gather(ready, return_exceptions=True)
        await running
