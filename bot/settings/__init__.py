"""Every setting, read from the environment or a .env file and checked once at start-up."""

from bot.settings.errors import SettingsError
from bot.settings.loading import check_runnable, load_settings
from bot.settings.model import TELEGRAM, Settings

__all__ = ["TELEGRAM", "Settings", "SettingsError", "check_runnable", "load_settings"]
