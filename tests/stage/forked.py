"""`labvoice run` in a process that has imported everything already: to start and kill it costs a moment."""

import logging
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from unittest.mock import patch

from bot.cli import app
from bot.settings import Settings
from tests.stage.unpaced import Unpaced

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "bot.app",
        "handlers.slack",
        "handlers.telegram",
        "tests.faults.mutants",
        # what these import only once they are used
        "alembic.command",
        "encodings.idna",
        "segno",
        "slack_bolt.listener_matcher.async_builtins",
        "storage.backups",
        "uvicorn.lifespan.off",
    ]
)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    return {
        name.upper(): value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        for name, value in values.items()
        if value is not None
    }


def hurry() -> None:
    """Have the bot in this process not keep to Telegram's limits."""
    patch("handlers.telegram.Pace", Unpaced).start()


def forked(settings: Settings, folder: Path, rig: Callable[[], object] = bool) -> ForkServerProcess:
    """A process, not begun yet, that runs the bot in `folder`, where its warnings go to `labvoice.log`.

    `rig` is called before the bot starts; it has to be picklable.
    """
    return _FORKS.Process(target=_run, args=(environment(settings), folder, rig))


def _run(variables: Mapping[str, str], folder: Path, rig: Callable[[], object]) -> None:
    os.chdir(folder)
    os.environ.update(variables)
    logging.basicConfig(filename="labvoice.log", level=logging.WARNING)
    rig()
    sys.exit(app(["run"], prog_name="labvoice"))
