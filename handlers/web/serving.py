"""uvicorn inside the application's own loop: signals, logging and the end of it all stay with the owner."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from time import monotonic

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

_DRAIN_SECONDS = 5
_TICK_SECONDS = 1.0
_SILENT_SECONDS = 20.0


class _Server(uvicorn.Server):
    """A server that says when it is ready, sleeps while nothing happens and leaves signals alone.

    It hangs up on whoever connects and asks nothing, or never comes to the end of a request's headers:
    otherwise a few of them would take every connection the process can have.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.stopping = asyncio.Event()
        self._silent_since: dict[tuple[H11Protocol, object], float] = {}

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @override
    async def main_loop(self) -> None:
        while not self.stopping.is_set():
            await self.on_tick(0)
            self._hang_up_on_the_silent()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_SECONDS):
                    await self.stopping.wait()

    def _hang_up_on_the_silent(self) -> None:
        now, known = monotonic(), self._silent_since
        # A request that came and went between two looks leaves another cycle behind.
        silent = [(one, one.cycle) for one in self._connections() if _is_silent(one)]
        self._silent_since = {one: known.get(one, now) for one in silent}
        for (connection, _), since in self._silent_since.items():
            if now - since > _SILENT_SECONDS:
                connection.transport.close()

    def _connections(self) -> list[H11Protocol]:
        return [one for one in self.server_state.connections if isinstance(one, H11Protocol)]

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _is_silent(connection: H11Protocol) -> bool:
    """Whether no request is under way on the connection; before the first one it has no cycle at all."""
    return bool(getattr(connection.cycle, "response_complete", True))


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, host: str, port: int) -> AsyncIterator[str]:
    """Serve `app` and yield its base URL, without a slash at the end; port 0 takes a free one.

    No access log is kept: paths hold the tokens of visits. On leaving, requests under way get five seconds.
    OSError when the address or port cannot be had.
    """
    loop = asyncio.get_running_loop()
    family, _, _, _, address = (
        await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    )[0]
    with socket.create_server(address[:2], family=family, backlog=512) as listening:
        server = _Server(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_DRAIN_SECONDS,
            )
        )
        running = asyncio.create_task(server.serve(sockets=[listening]))
        ready = asyncio.create_task(server.ready.wait())
        try:
            await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                await running
            shown = f"[{address[0]}]" if family == socket.AF_INET6 else address[0]
            yield f"http://{shown}:{listening.getsockname()[1]}"
        finally:
            ready.cancel()
            server.stopping.set()
            await asyncio.gather(ready, return_exceptions=True)
            await running
