"""What starting the bot imports: a module it has no use for yet costs memory for as long as it runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from storage.encryption import generate_key
from storage.schema import upgrade

START = """
import asyncio, os, sys
import bot.cli
from bot import app
from bot.settings import load_settings

async def start() -> None:
    async with app.running(load_settings(None)):
        print(*sys.modules, flush=True)
        os._exit(0)  # how it ends is tested elsewhere

asyncio.run(start())
"""
NOBODY = "http://127.0.0.1:9"
TELEGRAM = {
    "TELEGRAM_BOT_TOKEN": "7000000001:test-token",
    "TELEGRAM_API_URL": NOBODY,
    "TELEGRAM_WEBHOOK_URL": f"{NOBODY}/telegram",
    "TELEGRAM_WEBHOOK_SECRET": "secret-of-the-webhook",
}
SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-test",
    "SLACK_SIGNING_SECRET": "signing-secret",
    "SLACK_API_URL": f"{NOBODY}/api/",
}


def imported(folder: Path, *platforms: dict[str, str]) -> set[str]:
    """What a bot on these platforms, with a database that is up to date, has imported once it runs."""
    url = f"sqlite:///{folder / 'labvoice.db'}"
    upgrade(url)
    variables = {"DATABASE_URL": url, "DATA_KEYS": generate_key(), "PORT": "0"}
    for platform in platforms:
        variables |= platform
    done = subprocess.run(
        [sys.executable, "-c", START],
        env={"PYTHONPATH": ":".join(sys.path), **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_what_the_bot_has_no_use_for_yet_is_not_imported(tmp_path: Path) -> None:
    later = {"alembic", "mako", "matplotlib", "numpy", "psycopg", "sandbox", "segno", "telegram.ext"}
    assert later & imported(tmp_path, TELEGRAM, SLACK) == set()


@pytest.mark.parametrize(
    ("platform", "other"), [(TELEGRAM, {"slack_bolt", "slack_sdk"}), (SLACK, {"telegram", "httpx"})]
)
def test_a_platform_that_is_not_configured_is_not_imported(
    tmp_path: Path, platform: dict[str, str], other: set[str]
) -> None:
    assert other & imported(tmp_path, platform) == set()
