"""`labvoice run` and `labvoice demo`: the commands that stay."""

import asyncio
import logging
from typing import Annotated

import typer

from bot.cli.console import clear_errors


def run() -> None:
    """Run the bot until it is told to stop (Ctrl-C or SIGTERM).

    It brings the database up to date, then talks with Telegram and Slack, whichever is configured, and serves
    /healthz, /readyz, /metrics, /enrol and /lis on HOST:PORT.
    """
    with clear_errors():
        from bot.settings import check_runnable, load_settings

        settings = load_settings()
        check_runnable(settings)
        from bot import app

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        for noisy in ("httpx", "httpcore", "apscheduler", "alembic"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        asyncio.run(app.run(settings))


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 8080,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Try everything on one page: a patient's phone, a Slack window and a laboratory, all on this machine.

    Nothing has to be configured and nothing leaves this machine.
    """
    with clear_errors():
        from sandbox.demo import run_demo

        asyncio.run(run_demo(port, open_browser=not no_browser))
