"""Settings for a bot beside the stand-ins: this machine's own are for the real one."""

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from typing_extensions import override

from bot.settings import Settings


class GivenSettings(Settings):
    """Settings that are given one by one: neither the environment nor a file is asked for the others."""

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, and defaults."""
        return (init_settings,)
