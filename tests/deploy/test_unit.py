"""The systemd unit: it starts what is there, with settings the bot knows."""

import re
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from bot import app
from bot.cli import app as commands
from bot.settings import check_runnable, load_settings
from storage.encryption import generate_key
from tests.deploy.conftest import DEPLOY, ROOT, variables

LINES = [line for line in (DEPLOY / "labvoice.service").read_text().splitlines() if not line.startswith("#")]


def of(name: str) -> list[str]:
    """The values of a setting, which may be repeated."""
    return [line.partition("=")[2] for line in LINES if line.startswith(f"{name}=")]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in of("Environment"))


def test_it_runs_a_command_that_is_there() -> None:
    (line,) = of("ExecStart")
    program, command = line.split()
    (script,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert Path(program).name == script
    assert command in getattr(get_command(commands), "commands")  # noqa: B009 - click's type does not tell


def test_the_bot_starts_with_these_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.sub("^#(?=[A-Z])", "", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    filled = {"DATA_KEYS": generate_key(), "TELEGRAM_BOT_TOKEN": "123456:ABC-def"}
    for name, value in {**variables(example), **environment(), **filled}.items():
        monkeypatch.setenv(name, value)
    check_runnable(load_settings(None))


def test_secrets_come_from_a_file_of_the_machine() -> None:
    assert of("EnvironmentFile") == ["/etc/labvoice/labvoice.env"]


def test_what_it_writes_lies_where_it_may_write() -> None:
    (state,), (cache,) = of("StateDirectory"), of("CacheDirectory")
    assert of("WorkingDirectory") == [f"/var/lib/{state}"]
    assert environment() == {"MPLCONFIGDIR": f"/var/cache/{cache}"}


def test_it_comes_back_after_a_failure_and_has_time_to_finish() -> None:
    assert of("Restart") == ["on-failure"]
    assert int(of("TimeoutStopSec")[0]) > app.GRACE_SECONDS


@pytest.mark.parametrize("name", ["DynamicUser", "NoNewPrivileges", "PrivateTmp", "PrivateDevices"])
def test_it_may_do_little(name: str) -> None:
    assert of(name) == ["yes"]
    assert of("ProtectSystem") == ["strict"]
    assert of("CapabilityBoundingSet") == [""]
