"""The composition root: the core, what happens with time, and the beginning and end of it all."""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from starlette.applications import Starlette

from bot.catalog import Catalog, load, load_calendar, load_routing, spoken
from bot.channels import Channel
from bot.logs import keep_words_out_of_tracebacks
from bot.settings import Settings, SettingsError
from bot.turns import UNSEEN, Lab, Turns
from bot.wiring import Core, Wired
from handlers.web import Metrics, serve
from schedules import follow_ups, retention, sla
from schedules.clock import Clock, system_clock
from schedules.delivery import Delivery
from schedules.digests.compose import Composer
from schedules.digests.desk import DigestDesk
from schedules.digests.drawing import Apart
from schedules.digests.tallying import tally
from schedules.digests.tick import DigestTick
from schedules.leader import Leader
from schedules.ticker import Tick, Ticker
from schedules.watchdog import Watchdog
from storage import questionnaires, seal
from storage.database import Database, Session, erasures_file
from storage.schema import upgrade

log = logging.getLogger(__name__)

GRACE_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Running:
    """A running bot: its web server's address and application, and the parts a test may want to wait for."""

    url: str
    web: Starlette
    core: Core
    turns: Turns
    delivery: Delivery
    digests: DigestTick
    watchdog: Watchdog


async def open_core(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Core:
    """Bring the database up to date, open it, and load the catalogue with every version still in use."""
    url, keyring = settings.database_url.get_secret_value(), settings.keyring()
    _check_language(settings)
    await asyncio.to_thread(upgrade, url)
    database = await Database.open(url, keyring, erasures_file(url, settings.erasures_file))
    stack.push_async_callback(database.close)
    await database.run(seal.check)
    catalog = load(settings.surveys_dir, kept=await database.read(questionnaires.kept))
    routing = load_routing(settings.routing_file, catalog.locales)
    await database.run(_keep_questionnaires, catalog, clock)
    week, promises = load_calendar(settings.calendar_file)
    lab = Lab(
        settings.lab_name,
        settings.lab_timezone,
        settings.default_locale,
        week=week,
        promises=promises,
    )
    if settings.slack_bot_token:
        lab = replace(lab, triage_room=settings.slack_triage_room, routing=routing)
    else:
        lab = replace(lab, routing=routing.without_rooms())
    return Core(database, catalog, lab, clock)


def _check_language(settings: Settings) -> None:
    known = spoken()
    if settings.default_locale not in known:
        raise SettingsError(
            f"DEFAULT_LOCALE: {settings.default_locale!r} is not spoken here; use one of {', '.join(known)}"
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
        # What is there now stays: to look through it again and again stops everything for 0.1 s each time.
        gc.freeze()
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
    keep_words_out_of_tracebacks()
    core = await open_core(settings, clock, stack)
    channels: dict[str, Channel] = {}
    metrics = Metrics()
    delivery = Delivery(core.database, channels, clock, metrics.delivery)
    if core.lab.is_blind:
        log.warning("No SLACK_TRIAGE_ROOM: %s", UNSEEN)
    turns = Turns(core.database, core.catalog, core.lab, clock, delivery.hand_over, metrics.turn)
    composer = Composer(core.database, core.catalog, core.lab.name, Apart().draw)
    desk = DigestDesk(core.database, core.catalog, composer, core.lab, clock, delivery.hand_over)
    digests = DigestTick(core.database, composer, clock)

    ticker = Ticker(_ticks(core, turns, delivery, digests, channels))
    wired = Wired(settings, core, turns, desk, delivery, stack)
    if settings.telegram_bot_token:
        channels["telegram"] = wired.telegram(settings.telegram_bot_token.get_secret_value())
    if settings.slack_bot_token:
        channels["slack"] = wired.slack(settings.slack_bot_token.get_secret_value())
    stack.push_async_callback(delivery.close)
    stack.push_async_callback(ticker.close)
    ticker.start()
    watchdog = Watchdog({"delivery": delivery, "scheduler": ticker, **wired.watched}, metrics.lag)
    web = wired.web(ticker, watchdog, channels, metrics)
    url = wired.url = await stack.enter_async_context(serve(web, settings.host, settings.port))
    for source in wired.sources:
        stack.push_async_callback(source.close)
        source.start()
    stack.push_async_callback(watchdog.close)
    watchdog.start()
    return Running(url, web, core, turns, delivery, digests, watchdog)


def _ticks(
    core: Core, turns: Turns, delivery: Delivery, digests: DigestTick, channels: Mapping[str, Channel]
) -> list[Tick]:
    database, clock, leader = core.database, core.clock, Leader(core.database)
    return [
        Tick("delivery", 1, delivery.poll),
        Tick("leader", 1, leader.look),
        Tick("follow-ups", 1, leader.alone(partial(follow_ups.take_due, database, turns, clock, channels))),
        Tick("sla", 30, leader.alone(partial(sla.look_after, database, core.catalog, core.lab, clock))),
        Tick("digests", 5, leader.alone(digests.send_due_digests)),
        Tick("tallies", 60, leader.alone(partial(tally, database, core.catalog, clock))),
        Tick("kept events", 5, leader.alone(turns.retry_kept)),
        Tick("retention", 3600, leader.alone(partial(retention.prune, database, clock))),
    ]
