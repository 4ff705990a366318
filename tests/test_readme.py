"""The README says what is true of the settings."""

from pathlib import Path

from bot.settings import Settings

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_configuration_table_is_that_of_the_settings() -> None:
    for name, field in Settings.model_fields.items():
        secret = getattr(field.default, "get_secret_value", None)
        default = secret() if secret else field.default
        shown = "" if default is None else f"`{default}`"
        assert f"| `{name.upper()}` | {shown} | {field.description} |" in README
