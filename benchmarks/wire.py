"""Just enough HTTP for the bots measured: bodies with a Content-Length, connections that stay open."""

import asyncio
from collections.abc import Awaitable, Callable

from typing_extensions import override

Answers = Callable[[str, bytes], Awaitable[tuple[int, bytes]]]
"""The status and JSON that is answered to a call, by the last part of its path and its body."""


class Connection(asyncio.Protocol):
    """One connection, once it is made."""

    transport: asyncio.Transport

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport


class Served(Connection):
    """One connection of the bot's to a stand-in: requests one after the other."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._read = b""
        self._tasks: set[asyncio.Task[None]] = set()

    @override
    def data_received(self, data: bytes) -> None:
        self._read += data
        while (message := split(self._read)) is not None:
            head, body, self._read = message
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            method = path.rpartition(b"/")[2].decode()
            task = asyncio.create_task(self._respond(method, body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _respond(self, method: str, body: bytes) -> None:
        status, answer = await self._answers(method, body)
        if not self.transport.is_closing():
            head = b"HTTP/1.1 %d Answered\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self.transport.write(head % (status, len(answer)) + answer)


def split(read: bytes) -> tuple[bytes, bytes, bytes] | None:
    """The head and the body of the first message in what was read, and the rest; None until it is whole."""
    head, end, rest = read.partition(b"\r\n\r\n")
    length = _length(head)
    if not end or len(rest) < length:
        return None
    return head, rest[:length], rest[length:]


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0
