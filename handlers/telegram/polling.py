"""Long polling that acknowledges updates only once they are committed."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from telegram import Bot
from telegram.error import TelegramError

from bot.pulse import Pulse
from handlers.telegram.calls import call
from handlers.telegram.connection import USUAL, Backoff, Connection
from handlers.telegram.reading import Update, read_update
from handlers.telegram.updates import WANTED, chat_of
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

_POLL_SECONDS = 25
_CLOSE_SECONDS = 8.0
_HOPELESS_AFTER = 5
_SILENT_SECONDS = 90.0

T = TypeVar("T")


class TelegramPolling:
    """Fetches updates and hands them to `take`, one chat's in order and chats side by side.

    The offset moves past a batch when all of it is taken, so whatever a crash interrupts is fetched again;
    `take` must make nothing of an update it has taken before. Each answer of Telegram, each update taken and
    each wait begun is a sign of life.
    """

    def __init__(
        self,
        bot: Bot,
        take: Callable[[Update], Awaitable[None]],
        connection: Connection,
        backoff: Backoff = USUAL,
    ) -> None:
        self.pulse = Pulse(_SILENT_SECONDS)
        self._bot = bot
        self._take = take
        self._connection = connection
        self._backoff = backoff
        self._offset: int | None = None
        self._failures: Counter[int] = Counter()
        self._passed_over: set[int] = set()
        self._holding = False
        self._taking = False
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to poll; whether Telegram can be reached now does not matter."""
        self.pulse.beat()
        self._task = asyncio.create_task(self._run(), name="telegram polling")
        self._task.add_done_callback(_report)

    async def restart(self) -> None:
        """Give up the poll or batch that hangs; once it has ended, fetch again what was not moved past."""
        await self._end()
        self.start()

    async def close(self) -> None:
        """End a waiting poll at once, or let the batch under way be committed; then stop."""
        self._closing = True
        if self._task is not None and self._taking:
            await asyncio.wait({self._task}, timeout=_CLOSE_SECONDS)
        await self._end()

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def ready(self) -> bool:
        """Whether updates are coming in and being kept."""
        running = self._task is not None and not self._task.done()
        return running and self._connection.ready and not self._holding and not self.pulse.silent()

    async def _run(self) -> None:
        failures = 0
        while await self._answer(self._bot.delete_webhook(), failures) is None:
            failures += 1
        failures = 0
        while not self._closing:
            poll = call(
                self._bot,
                "getUpdates",
                wait=_POLL_SECONDS,
                offset=self._offset,
                timeout=_POLL_SECONDS,
                allowed_updates=WANTED,
            )
            found = await self._answer(poll, failures)
            updates = _updates(found)
            if found is None:
                failures += 1
            elif (updates or not found) and await self._take_all(updates):
                failures = 0
            else:
                failures += 1
                await self._rest(self._backoff.after(failures))

    async def _answer(self, call: Awaitable[T], failures: int) -> T | None:
        """What Telegram answers; None if it fails, after the wait that is due then."""
        try:
            answer = await call
        except TelegramError as error:
            self._connection.failed(error)
            await self._rest(self._backoff.after(failures + 1, error))
            return None
        self.pulse.beat()
        self._connection.worked()
        return answer

    async def _rest(self, seconds: float) -> None:
        self.pulse.beat(rest=seconds)
        await asyncio.sleep(seconds)

    async def _take_all(self, updates: Sequence[Update]) -> bool:
        """Take a batch and move past it; False when part of it has to be fetched again."""
        if not updates:
            return True
        by_chat: dict[str, list[Update]] = {}
        for update in updates:
            by_chat.setdefault(chat_of(update), []).append(update)
        self._taking = True
        try:
            ends = await asyncio.gather(*(self._take_chat(chat) for chat in by_chat.values()))
        finally:
            self._taking = False
        held = [update_id for update_id in ends if update_id is not None]
        if held:
            self._hold(held, others_were_taken=len(held) < len(ends))
            return False
        if self._holding:
            log.info("Updates are being kept again.")
        self._holding = False
        self._failures.clear()
        self._passed_over.clear()
        self._offset = max(update.update_id for update in updates) + 1
        return True

    async def _take_chat(self, updates: Sequence[Update]) -> int | None:
        """Take one chat's updates up to the first that cannot be; the id of that one."""
        for update in updates:
            update_id = update.update_id
            if update_id in self._passed_over:
                continue
            (error,) = await asyncio.gather(self._take(update), return_exceptions=True)
            self.pulse.beat()
            if error is None:
                continue
            if not isinstance(error, DatabaseUnavailable):
                self._failures[update_id] += 1
                if self._failures[update_id] == 1:
                    log.error("update %d could not be taken and is tried again", update_id, exc_info=error)
            return update_id
        return None

    def _hold(self, held: Sequence[int], *, others_were_taken: bool) -> None:
        """Let the offset stand, unless one update alone keeps failing where others do not."""
        if not self._holding:
            log.warning("Updates cannot be kept now; they stay with Telegram until they can.")
        self._holding = True
        hopeless = [one for one in held if self._failures[one] >= _HOPELESS_AFTER]
        if others_were_taken and hopeless:
            self._passed_over.update(hopeless)
            log.critical("updates %s fail again and again and are passed over", hopeless)


def _updates(found: object) -> list[Update]:
    each = map(read_update, found if isinstance(found, list) else ())
    return [update for update in each if update is not None]


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("polling has ended by a fault of its own", exc_info=error)
