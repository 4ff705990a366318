"""The commands of `labvoice`. Modules here import next to nothing; each command imports what it needs."""

from bot.cli.main import app

__all__ = ["app"]
