"""`labvoice run` and `labvoice demo`: the commands that stay."""

import asyncio
import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from bot.cli.console import clear_errors, fail


def run() -> None:
    """Run the bot until it is told to stop (Ctrl-C or SIGTERM).

    It brings the database up to date, then talks with Telegram and Slack, whichever is configured, and serves
    /healthz, /readyz, /metrics, /openapi.json, /enrol and /lis on HOST:PORT.
    """
    with clear_errors():
        from bot.settings import check_runnable, load_settings

        settings = load_settings()
        check_runnable(settings)
        import uvloop

        from bot import app

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        for noisy in ("apscheduler", "alembic"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        with (
            _listening(f"HOST, PORT: {settings.host}, port {settings.port}", "set PORT to a free one"),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,  # a third less per turn
        ):
            runner.run(app.run(settings))


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 8080,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Try everything on one page: a patient's phone, a Slack window and a laboratory, all on this machine.

    Nothing has to be configured and nothing leaves this machine.
    """
    with clear_errors():
        from sandbox.demo import run_demo

        with _listening(f"--port: port {port}", "choose another, or 0 for any free one"):
            asyncio.run(run_demo(port, open_browser=not no_browser))


@contextmanager
def _listening(place: str, way_out: str) -> Iterator[None]:
    """Say in words that the web server cannot listen at `place`."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                fail(f"{place} is used by another program already; {way_out}")
            case errno.EACCES if error.filename is None:
                fail(f"{place} needs more rights than this account has; {way_out}")
            case errno.EADDRNOTAVAIL:
                fail(f"{place}: this machine does not have that address; set HOST to one it has")
            case _:
                raise
