"""The core of a laboratory in Madrid, to order files from."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.catalog import Catalog, load
from bot.turns import Lab
from bot.wiring import Core
from storage.database import Database

NOW = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
MADRID = ZoneInfo("Europe/Madrid")
WICKED = (
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "&amp;<b>",
    '"><img src=x>',
    '#panic("run")',
    '] #panic("run") [',
    '"); #panic("run") //',
    '#{ panic("run") }',
    "$x$ @missing <label> *bold* _it_ `raw` ```",
    "/* // \\u{41} \\",
    "{number} {0} %s",
    "العينة ضاعت",
    "検体が紛失した",
    "검체 🙂 ไทย",
    "\u202etfel ot thgir",
    "bell \x07 escape \x1b[31m null \x00",
    "W" * 400,
    "ñ" * 400,
)
"""Words that some file could mistake for something else."""


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'labvoice.db')}"


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load()


@pytest.fixture
def core(database: Database, catalog: Catalog) -> Core:
    return Core(database, catalog, Lab("Núñez & Hijos", MADRID, "en"), lambda: NOW)
