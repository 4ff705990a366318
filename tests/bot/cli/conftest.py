"""A laboratory's own folder with a database and a key, and the commands typed in it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import Settings
from storage.database import Database, Session
from storage.encryption import Keyring, generate_key


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal in the laboratory's folder."""

    folder: Path
    key: str
    setenv: Callable[[str, str], None]

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'labvoice.db'}"

    def type(self, *words: str, answers: str = "") -> Said:
        """Run `labvoice` with these words."""
        result = CliRunner().invoke(app, list(words), input=answers, prog_name="labvoice")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    key = generate_key()
    monkeypatch.setenv("DATA_KEYS", key)
    return Terminal(tmp_path, key, monkeypatch.setenv)


def within(terminal: Terminal, work: Callable[[Session], None]) -> None:
    """Do something in the laboratory's database."""

    async def opened() -> None:
        database = await Database.open(terminal.database, Keyring.parse(terminal.key))
        await database.run(work)
        await database.close()

    assert terminal.type("db", "upgrade").code == 0
    asyncio.run(opened())
