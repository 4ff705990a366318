"""The demo comes up on any machine."""

from pathlib import Path

import pytest
import yaml

from sandbox.demo import demo
from sandbox.demo.cast import EVENTS

MANIFEST = Path(__file__).parents[3] / "slack-manifest.yaml"


def test_the_bot_is_told_of_what_its_manifest_asks_for() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert list(EVENTS) == manifest["settings"]["event_subscriptions"]["bot_events"]


async def test_what_this_machine_is_configured_for_does_not_touch_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TELEGRAM_WEBHOOK_URL", "https://voice.example/updates")
    monkeypatch.setenv("TELEGRAM_WEBHOOK_SECRET", "not one, for its spaces")
    monkeypatch.setenv("DEFAULT_LOCALE", "xx")
    async with demo(0) as url:
        assert url.startswith("http://127.0.0.1:")
