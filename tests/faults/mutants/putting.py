"""Putting a bug into this process."""

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

Anything = Callable[..., Any]

_tasks: set[asyncio.Task[object]] = set()


def put(place: object, name: str, instead: object) -> None:
    patch.object(place, name, instead).start()


def nothing(*_: object, **__: object) -> None:
    """Leave something undone."""


def later(work: Any) -> None:
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def slowly(work: Any) -> None:
    await asyncio.sleep(0.2)
    await work
