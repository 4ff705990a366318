"""The outside parties, joined to the core: the one module that knows them all."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Protocol

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.catalog import Catalog, load_replies
from bot.channels import Channel
from bot.settings import Settings
from bot.turns import Lab, Turns
from handlers.lis import lis_routes
from handlers.web import (
    Check,
    Metrics,
    MetricsPage,
    Part,
    build_app,
    database_part,
    looking_at,
    outbox_part,
)
from schedules.clock import Clock
from schedules.delivery import Delivery
from schedules.digests.desk import DigestDesk
from schedules.ticker import Ticker
from schedules.watchdog import Watchdog, Watched
from storage import backlog, contacts
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Core:
    """What every part is given: the laboratory, its words, its database, its clock."""

    database: Database
    catalog: Catalog
    lab: Lab
    clock: Clock


class Source(Protocol):
    """Something events come from: begun last, ended first."""

    def start(self) -> None:
        """Begin, in the background."""
        ...

    async def close(self) -> None:
        """Hear nothing new; what was heard is finished."""
        ...


@dataclass(slots=True)
class Wired:
    """The outside parties, joined one by one."""

    settings: Settings
    core: Core
    turns: Turns
    desk: DigestDesk
    delivery: Delivery
    stack: AsyncExitStack
    sources: list[Source] = field(default_factory=list)
    routes: list[BaseRoute] = field(default_factory=list)
    parts: dict[str, Check] = field(default_factory=dict)
    watched: dict[str, Watched] = field(default_factory=dict)
    username: Callable[[], str | None] = lambda: None
    url: str = ""

    def telegram(self, token: str) -> Channel:
        """Telegram by long polling, or by webhook when its address is set."""
        from handlers import telegram

        settings, core = self.settings, self.core
        bot = telegram.build_bot(token, settings.telegram_api_url)
        pace = telegram.Pace(asyncio.get_running_loop())
        connection = telegram.Connection()
        setup = telegram.TelegramSetup(bot, core.catalog, core.lab.locale, connection)
        intake = telegram.TelegramIntake(bot, pace, self.turns, self.desk, core.catalog, core.lab.locale)
        self.stack.push_async_callback(setup.close)
        self.stack.push_async_callback(intake.close)
        setup.start()
        source: telegram.TelegramPolling | telegram.TelegramWebhook
        if settings.telegram_webhook_url and settings.telegram_webhook_secret:
            source = webhook = telegram.TelegramWebhook(
                bot,
                intake.take,
                url=settings.telegram_webhook_url,
                secret=settings.telegram_webhook_secret.get_secret_value(),
                connection=connection,
            )
            self.routes.append(webhook.route())
        else:
            source = polling = telegram.TelegramPolling(bot, intake.take, connection)
            self.watched["telegram"] = polling
        self.sources.append(source)
        self.username = setup.username
        self._platform("telegram", lambda: (source.ready, connection.last_error))

        async def moved(old: str, new: str) -> None:
            await core.database.run(contacts.move, "telegram", old, new)

        return telegram.TelegramChannel(bot, pace, moved)

    def slack(self, token: str) -> Channel:
        """Slack by Socket Mode when there is an app token, else by signed events over HTTP."""
        from handlers import slack

        settings, core = self.settings, self.core
        handler = slack.build(
            token=token,
            base_url=settings.slack_api_url,
            turns=self.turns,
            database=core.database,
            catalog=core.catalog,
            replies=load_replies(settings.replies_file, core.catalog.locales),
            lab=core.lab,
            digests=self.desk,
            clock=core.clock,
        )
        self.stack.push_async_callback(handler.close)
        if settings.slack_app_token:
            socket = slack.SocketRunner(handler, settings.slack_app_token.get_secret_value())
            self.sources.append(socket)
            self.watched["slack"] = socket
            self._platform("slack", lambda: (socket.ready, socket.last_error))
        elif settings.slack_signing_secret:
            secret = settings.slack_signing_secret.get_secret_value()
            handler.start(watch=True)
            endpoint = slack.SlackEndpoint(handler, secret, core.clock)
            self.routes.append(endpoint.route())
            self._platform("slack", lambda: (handler.ready, handler.last_error))
        return handler.channel

    def _platform(self, name: str, incoming: Callable[[], tuple[bool, str | None]]) -> None:
        """A platform is ready while events come in and messages go out."""

        def state() -> tuple[bool, str | None]:
            ready, trouble = incoming()
            if ready and not self.delivery.reaches(name):
                return False, "It takes no messages now."
            return ready, trouble

        self.parts[name] = _part(state)

    def web(
        self, ticker: Ticker, watchdog: Watchdog, channels: Mapping[str, Channel], metrics: Metrics
    ) -> Starlette:
        """The web server's application: health, enrolment, the laboratory system, and what was joined."""
        settings, core = self.settings, self.core
        lis = lis_routes(
            database=core.database,
            catalog=core.catalog,
            lab=core.lab,
            clock=core.clock,
            token=settings.lis_token.get_secret_value() if settings.lis_token else None,
            telegram_username=self.username,
            public_root=lambda: settings.public_url or self.url,
        )
        parts = {
            "database": database_part(core.database),
            "outbox": outbox_part(core.database, channels, core.clock),
            "scheduler": _part(lambda: (ticker.is_on_time(), None)),
            "watchdog": _part(watchdog.standing),
            **self.parts,
        }
        if settings.metrics_token:
            page = MetricsPage(
                metrics,
                settings.metrics_token.get_secret_value(),
                looking_at(parts),
                lambda: core.database.read(backlog.count, tuple(channels), core.clock()),
                watchdog.restarts,
            )
            self.routes.append(page.route)
        return build_app(
            catalog=core.catalog,
            lab=core.lab,
            telegram_username=self.username,
            parts=parts,
            routes=[*lis, *self.routes],
        )


def _part(state: Callable[[], tuple[bool, str | None]]) -> Check:
    async def check() -> Part:
        ready, trouble = state()
        return Part(ready, trouble or "")

    return check
