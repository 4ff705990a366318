"""The demo comes up on any machine."""

import pytest

from sandbox.demo import demo


async def test_what_this_machine_is_configured_for_does_not_touch_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TELEGRAM_WEBHOOK_URL", "https://voice.example/updates")
    monkeypatch.setenv("TELEGRAM_WEBHOOK_SECRET", "not one, for its spaces")
    monkeypatch.setenv("DEFAULT_LOCALE", "xx")
    async with demo(0) as url:
        assert url.startswith("http://127.0.0.1:")
