"""The files of deploy/, read as those who run them read them."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def variables(text: str) -> dict[str, str]:
    """The variables of a file as Compose and systemd read it, those that are still empty too."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def haproxy() -> str:
    """The real proxy."""
    found = shutil.which("haproxy") or shutil.which("/usr/sbin/haproxy")
    if found is None:
        words = "The proxy's configuration is tested in HAProxy, and there is none here."
        if os.environ.get("LABVOICE_TESTS_MUST_NOT_SKIP") == "1":
            pytest.fail(words)
        pytest.skip(words)
    return found
