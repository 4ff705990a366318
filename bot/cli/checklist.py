"""`labvoice check`: whether everything `run` needs is there, as a checklist."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.console import Line

if TYPE_CHECKING:
    from bot.complaints.routing import Routing
    from bot.settings import Settings


def check() -> None:
    """Check settings, questionnaires, who hears of what, the database, and that Telegram and Slack can be
    reached.

    Nothing is changed. Exit code 1 when something has to be mended before `run` can work.
    """
    failed = asyncio.run(_show())
    if failed:
        typer.echo(f"\n{failed} to be mended.", err=True)
        raise typer.Exit(1)


async def _show() -> int:
    """Write each line as soon as it is known; how many things failed."""
    failed = 0
    async for line in _lines():
        failed += line.state == "FAILED"
        typer.echo(f"{line.state:<7} {line.subject:<14} {line.words}")
    return failed


async def _lines() -> AsyncIterator[Line]:
    from bot.cli import routes
    from bot.settings import SettingsError, check_runnable, load_settings

    try:
        settings = load_settings()
    except SettingsError as error:
        for words in error.lines:
            yield Line("FAILED", "settings", words)
        return
    try:
        check_runnable(settings)
    except SettingsError as error:
        for words in error.lines:
            yield Line("FAILED", "settings", words)
    else:
        yield Line("ok", "settings", f"{settings.lab_name}, {settings.lab_timezone}")
    routing, routed = routes.read(settings)
    files = (*_questionnaires(settings), *_calendar(settings), *_replies(settings))
    for line in (*files, *routed):
        yield line
    async for line in _outside(settings, routing):
        yield line


async def _outside(settings: "Settings", routing: "Routing | None") -> AsyncIterator[Line]:
    """What only the database, Telegram and Slack can tell."""
    from bot.cli import routes

    database = await _database(settings)
    yield database
    if routing and database.state == "ok" and not _new_file(settings.database_url.get_secret_value()):
        async for line in routes.heads(settings, routing):
            yield line
    yield await _telegram(settings)
    slack = await _slack(settings, is_complete=routing is not None and routing.is_complete)
    yield slack
    if settings.slack_bot_token and slack.state == "ok":
        for line in await routes.rooms(settings, settings.slack_bot_token.get_secret_value(), routing):
            yield line


def _questionnaires(settings: "Settings") -> list[Line]:
    from bot.catalog import DefinitionError, load

    try:
        catalog = load(settings.surveys_dir)
    except DefinitionError as error:
        return [Line("FAILED", "questionnaires", problem) for problem in error.problems]
    known = ", ".join(catalog.locales)
    if settings.default_locale not in catalog.locales:
        words = f"DEFAULT_LOCALE: {settings.default_locale!r} is not spoken here; use one of {known}"
        return [Line("FAILED", "questionnaires", words)]
    return [Line("ok", "questionnaires", f"{len(catalog.questionnaires)}, in {known}")]


def _calendar(settings: "Settings") -> list[Line]:
    from bot.catalog import DefinitionError, load_calendar

    try:
        week, _ = load_calendar(settings.calendar_file)
    except DefinitionError as error:
        return [Line("FAILED", "calendar", problem) for problem in error.problems]
    return [Line("ok", "calendar", f"open {len(week.hours)} days a week, {len(week.holidays)} holidays")]


def _replies(settings: "Settings") -> list[Line]:
    """What is wrong with the laboratory's own reply templates; nothing is said of ours."""
    from bot.catalog import DefinitionError, load_replies, spoken

    if settings.replies_file is None:
        return []
    try:
        replies = load_replies(settings.replies_file, spoken())
    except DefinitionError as error:
        return [Line("FAILED", "replies", problem) for problem in error.problems]
    return [Line("ok", "replies", f"{len(replies)} templates")]


def _new_file(url: str) -> Line | None:
    """What to say of a SQLite file that is not there yet: opening it would create it."""
    from storage.database import parse_url

    parsed = parse_url(url)
    file = Path(parsed.database or "").absolute()
    if parsed.get_backend_name() != "sqlite" or file.exists():
        return None
    if not file.parent.is_dir():
        return Line("FAILED", "database", f"DATABASE_URL: {file.parent} is not a folder")
    return Line("ok", "database", f"{file} does not exist yet; run creates it")


async def _database(settings: "Settings") -> Line:
    from storage import seal
    from storage.database import Database, DatabaseUnavailable
    from storage.encryption import Keyring, generate_key
    from storage.schema import current_revision, newest_revision

    url = settings.database_url.get_secret_value()
    if (new := _new_file(url)) is not None:
        return new
    keyring = settings.keyring() if settings.data_keys else Keyring([generate_key()])
    try:
        database = await Database.open(url, keyring)
        try:
            current = await database.read(current_revision)
            if settings.data_keys and current == newest_revision():
                await database.read(seal.is_known)
        finally:
            await database.close()
    except (DatabaseUnavailable, seal.WrongKeys) as error:
        return Line("FAILED", "database", str(error))
    if current == newest_revision():
        return Line("ok", "database", f"{database.dialect}, at the newest migration ({current})")
    stands = f"at migration {current}" if current else "empty"
    return Line("ok", "database", f"{database.dialect}, {stands}; run brings it to {newest_revision()}")


async def _telegram(settings: "Settings") -> Line:
    if settings.telegram_bot_token is None:
        return Line("--", "telegram", "not set up (TELEGRAM_BOT_TOKEN)")
    from handlers.telegram.inquiry import TelegramUnreachable, ask_name

    try:
        name = await ask_name(settings.telegram_bot_token.get_secret_value(), settings.telegram_api_url)
    except TelegramUnreachable as error:
        return Line("FAILED", "telegram", str(error))
    how = "webhook" if settings.telegram_webhook_url else "long polling"
    return Line("ok", "telegram", f"reached as @{name}, {how}")


async def _slack(settings: "Settings", *, is_complete: bool) -> Line:
    """Whether Slack can be reached; `is_complete` tells that every department has a room."""
    from bot.turns import UNSEEN

    if settings.slack_bot_token is None:
        return Line("--", "slack", f"not set up (SLACK_BOT_TOKEN); {UNSEEN}")
    from handlers.slack.inquiry import SlackUnreachable, ask_team

    app_token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else None
    try:
        team = await ask_team(settings.slack_bot_token.get_secret_value(), app_token, settings.slack_api_url)
    except SlackUnreachable as error:
        return Line("FAILED", "slack", str(error))
    how = "Socket Mode" if app_token else "events by HTTP"
    room = "" if settings.slack_triage_room or is_complete else f"; no SLACK_TRIAGE_ROOM: {UNSEEN}"
    return Line("ok", "slack", f"reached in {team}, {how}{room}")
