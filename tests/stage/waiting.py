"""Waiting for what does not announce itself."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until `condition()` holds, for things that do not announce themselves."""
    for _ in range(int(seconds / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


async def until_told(ask: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Ask again and again until the answer is yes."""
    async with asyncio.timeout(seconds):
        while not await ask():  # noqa: ASYNC110 - whoever is asked announces nothing
            await asyncio.sleep(0.01)
