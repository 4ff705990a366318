"""The composition root: the one module that knows every part, and wires them by hand."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.catalog import Catalog, load
from bot.channels import Channel
from bot.settings import Settings, SettingsError
from bot.turns import Lab, Turns
from handlers.lis import lis_routes
from handlers.web import Check, Part, build_app, database_part, outbox_part, serve
from schedules import follow_ups, retention
from schedules.clock import Clock, system_clock
from schedules.delivery import Delivery
from schedules.digests.compose import Composer
from schedules.digests.desk import DigestDesk
from schedules.digests.tick import DigestTick
from schedules.ticker import Tick, Ticker
from storage import contacts, questionnaires, seal
from storage.database import Database, Session
from storage.schema import upgrade

log = logging.getLogger(__name__)

GRACE_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Core:
    """What every part is given: the laboratory, its words, its database, its clock."""

    database: Database
    catalog: Catalog
    lab: Lab
    clock: Clock


@dataclass(frozen=True, slots=True)
class Running:
    """A running bot: its web server's address and application, and the parts a test may want to wait for."""

    url: str
    web: Starlette
    core: Core
    turns: Turns
    delivery: Delivery
    digests: DigestTick


async def open_core(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Core:
    """Bring the database up to date, open it, and load the catalogue with every version still in use."""
    url, keyring = settings.database_url.get_secret_value(), settings.keyring()
    _check_language(settings, load(settings.surveys_dir))
    await asyncio.to_thread(upgrade, url)
    database = await Database.open(url, keyring)
    stack.push_async_callback(database.close)
    await database.run(seal.check)
    catalog = load(settings.surveys_dir, kept=await database.read(questionnaires.kept))
    await database.run(_keep_questionnaires, catalog, clock)
    triage_room = settings.slack_triage_room if settings.slack_bot_token else None
    lab = Lab(settings.lab_name, settings.lab_timezone, settings.default_locale, triage_room)
    return Core(database, catalog, lab, clock)


def _check_language(settings: Settings, catalog: Catalog) -> None:
    if settings.default_locale not in catalog.locales:
        known = ", ".join(catalog.locales)
        raise SettingsError(
            f"DEFAULT_LOCALE: {settings.default_locale!r} is not spoken here; use one of {known}"
        )


def _keep_questionnaires(session: Session, catalog: Catalog, clock: Clock) -> None:
    for one in catalog.questionnaires.values():
        questionnaires.keep(session, one.id, one.version, catalog.source(one.id), clock())


@asynccontextmanager
async def running(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Running]:
    """Run the bot until the block ends: then nothing new is heard, and what is under way is finished."""
    async with AsyncExitStack() as stack:
        yield await _start(settings, clock, stack)


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT, then finish what is under way, within ten seconds."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    stack = AsyncExitStack()
    try:
        bot = await _start(settings, system_clock, stack)
        log.info("Labvoice is running for %s at %s", settings.lab_name, bot.url)
        await stop.wait()
        log.info("Stopping: nothing new is taken, what is under way is finished")
    finally:
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await stack.aclose()
        except TimeoutError:
            log.warning("Some work was still under way after %s s; it goes on after a restart", GRACE_SECONDS)


async def _start(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Running:
    core = await open_core(settings, clock, stack)
    channels: dict[str, Channel] = {}
    delivery = Delivery(core.database, channels, clock)
    if core.lab.triage_room is None:
        log.warning("No SLACK_TRIAGE_ROOM: nobody is shown new complaints, see `labvoice export complaints`")
    turns = Turns(core.database, core.catalog, core.lab, clock, delivery.hand_over)
    composer = Composer(core.database, core.catalog, core.lab.name)
    desk = DigestDesk(core.database, core.catalog, composer, core.lab, clock, delivery.hand_over)
    digests = DigestTick(core.database, composer, clock, delivery.hand_over)

    ticker = Ticker(_ticks(core, turns, delivery, digests))
    wired = Wired(settings, core, turns, desk, delivery, stack)
    if settings.telegram_bot_token:
        channels["telegram"] = wired.telegram(settings.telegram_bot_token.get_secret_value())
    if settings.slack_bot_token:
        channels["slack"] = wired.slack(settings.slack_bot_token.get_secret_value())
    stack.push_async_callback(delivery.close)
    stack.push_async_callback(ticker.close)
    ticker.start()
    web = wired.web(ticker, channels)
    url = wired.url = await stack.enter_async_context(serve(web, settings.host, settings.port))
    for source in wired.sources:
        stack.push_async_callback(source.close)
        source.start()
    return Running(url, web, core, turns, delivery, digests)


def _ticks(core: Core, turns: Turns, delivery: Delivery, digests: DigestTick) -> list[Tick]:
    database, clock = core.database, core.clock
    return [
        Tick("delivery", 1, delivery.poll),
        Tick("follow-ups", 1, partial(follow_ups.take_due, database, turns, clock)),
        Tick("digests", 5, digests.send_due_digests),
        Tick("kept events", 5, turns.retry_kept),
        Tick("retention", 3600, partial(retention.prune, database, clock)),
    ]


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
    """The outside parties, joined to the core one by one."""

    settings: Settings
    core: Core
    turns: Turns
    desk: DigestDesk
    delivery: Delivery
    stack: AsyncExitStack
    sources: list[Source] = field(default_factory=list)
    routes: list[BaseRoute] = field(default_factory=list)
    parts: dict[str, Check] = field(default_factory=dict)
    username: Callable[[], str | None] = lambda: None
    url: str = ""

    def telegram(self, token: str) -> Channel:
        """Telegram by long polling, or by webhook when its address is set."""
        from handlers import telegram

        settings, core = self.settings, self.core
        bot = telegram.build_bot(token, settings.telegram_api_url)
        connection = telegram.Connection()
        setup = telegram.TelegramSetup(bot, core.catalog, core.lab.locale, connection)
        intake = telegram.TelegramIntake(bot, self.turns, self.desk, core.catalog, core.lab.locale)
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
            source = telegram.TelegramPolling(bot, intake.take, connection)
        self.sources.append(source)
        self.username = setup.username
        self._platform("telegram", lambda: (source.ready, connection.last_error))

        async def moved(old: str, new: str) -> None:
            await core.database.run(contacts.move, "telegram", old, new)

        return telegram.TelegramChannel(bot, moved)

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
            lab=core.lab,
            digests=self.desk,
            clock=core.clock,
        )
        self.stack.push_async_callback(handler.close)
        if settings.slack_app_token:
            socket = slack.SocketRunner(handler, settings.slack_app_token.get_secret_value())
            self.sources.append(socket)
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

    def web(self, ticker: Ticker, channels: Mapping[str, Channel]) -> Starlette:
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
            **self.parts,
        }
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
