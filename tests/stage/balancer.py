"""Several bots behind one port, as a load balancer would have it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle

from typing_extensions import override


@asynccontextmanager
async def balanced(port: int, ports: Sequence[int]) -> AsyncIterator[None]:
    """Pass connections to `port` of this machine on to `ports`, by turns, but not to where nobody listens."""
    turns, tasks = cycle(ports), set[asyncio.Task[None]]()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Arrived(turns, len(ports), tasks), "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _End(asyncio.Protocol):
    """One end of a connection that is passed on: what comes in here goes out at the other."""

    transport: asyncio.Transport

    def __init__(self, other: "_End | None" = None) -> None:
        self.other = other

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None:
            self.other.transport.close()


class _Arrived(_End):
    """A caller's end, on which nothing is read before there is another."""

    def __init__(self, turns: Iterator[int], most: int, tasks: set[asyncio.Task[None]]) -> None:
        super().__init__()
        self._turns = turns
        self._most = most
        self._tasks = tasks

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()
        task = asyncio.get_running_loop().create_task(self._pass_on())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self._most):
            try:
                _, self.other = await loop.create_connection(
                    lambda: _End(self), "127.0.0.1", next(self._turns)
                )
            except ConnectionError:
                continue
            if self.transport.is_closing():
                self.other.transport.close()
            else:
                self.transport.resume_reading()
            return
        self.transport.abort()
