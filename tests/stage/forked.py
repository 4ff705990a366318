"""The bot in a process that has imported everything already: to start and kill it costs a moment."""

import asyncio
import logging
import multiprocessing
from multiprocessing.context import ForkServerProcess

from bot.app import run
from bot.settings import Settings

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["bot.app", "handlers.slack", "handlers.telegram"])


def forked(settings: Settings, log: str | None = None) -> ForkServerProcess:
    """A process, not begun yet, that runs the bot; its warnings go to the file `log` where given."""
    return _FORKS.Process(target=_run, args=(settings, log))


def _run(settings: Settings, log: str | None) -> None:
    if log is not None:
        logging.basicConfig(filename=log, level=logging.WARNING)
    asyncio.run(run(settings))
