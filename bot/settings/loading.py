"""Reading the settings, and checking what only makes sense together."""

from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from bot.settings.errors import SettingsError
from bot.settings.model import NO_KEYS, TELEGRAM, Settings


def load_settings(env_file: Path | str | None = ".env") -> Settings:
    """Read the environment and, for what it does not say, `env_file` if there is one.

    SettingsError has a line for everything that is malformed or needs something else to be set as well.
    """
    try:
        # A keyword of BaseSettings, unseen by mypy, which derives the constructor from the fields alone.
        settings = Settings(_env_file=env_file)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError(
            *(_line(one["loc"], one["msg"]) for one in error.errors(include_input=False))
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file}: the file is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{env_file}: the file cannot be read: {error.strerror}") from None
    lines = [line for check in _TOGETHER if (line := check(settings))]
    if lines:
        raise SettingsError(*lines)
    return settings


def check_runnable(settings: Settings) -> None:
    """SettingsError when `run` has too little to start: no data keys, or no channel at all."""
    lines = []
    if settings.telegram_bot_token is None and settings.slack_bot_token is None:
        lines.append(
            "TELEGRAM_BOT_TOKEN, SLACK_BOT_TOKEN: neither is set, so there is nobody to talk with; "
            "set one of them, or try `labvoice demo`"
        )
    if settings.data_keys is None:
        lines.append(NO_KEYS)
    if lines:
        raise SettingsError(*lines)


def _line(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]).upper() if location else "settings"
    return f"{name}: {message.removeprefix('Value error, ')}"


def _webhook_has_secret(settings: Settings) -> str | None:
    if settings.telegram_webhook_url and settings.telegram_webhook_secret is None:
        return "TELEGRAM_WEBHOOK_SECRET: not set; without it anybody could pretend to be Telegram"
    return None


def _webhook_is_safe(settings: Settings) -> str | None:
    url = settings.telegram_webhook_url
    if url and settings.telegram_api_url == TELEGRAM and not url.startswith("https://"):
        return "TELEGRAM_WEBHOOK_URL: Telegram delivers to https:// addresses only"
    return None


def _slack_hears(settings: Settings) -> str | None:
    hears = settings.slack_app_token or settings.slack_signing_secret
    if settings.slack_bot_token and not hears:
        return "SLACK_APP_TOKEN: not set; set it (Socket Mode), or SLACK_SIGNING_SECRET (events by HTTP)"
    if hears and not settings.slack_bot_token:
        return "SLACK_BOT_TOKEN: not set, though other settings of Slack are"
    return None


def _links_lead_somewhere(settings: Settings) -> str | None:
    if settings.lis_token is None:
        return None
    return settings.unknown_address


_TOGETHER: tuple[Callable[[Settings], str | None], ...] = (
    _webhook_has_secret,
    _webhook_is_safe,
    _slack_hears,
    _links_lead_somewhere,
)
