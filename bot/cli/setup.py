"""`labvoice keygen` and `labvoice db upgrade`."""

import typer

from bot.cli.console import clear_errors


def keygen() -> None:
    """Print a fresh key for DATA_KEYS.

    To rotate, put the new key in front of those in use, with a comma between. Keep every key ever used: what
    was encrypted with a lost key cannot be read again, and without the first one nobody is recognised.
    """
    from storage.encryption import generate_key

    typer.echo(generate_key())


def upgrade_database() -> None:
    """Bring the database of DATABASE_URL to the newest migration, as `run` does when it starts."""
    with clear_errors():
        from bot.settings import load_settings
        from storage.schema import newest_revision, upgrade

        changed = upgrade(load_settings().database_url.get_secret_value())
        state = "is now" if changed else "already was"
        typer.echo(f"The database {state} at the newest migration ({newest_revision()}).")
