"""Looks at the database from outside, as nobody of the bot: after a death, and while it is finishing."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text, union
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, func, select

from schedules.clock import system_clock
from storage.database import parse_url
from storage.tables import (
    DeliveryStatus,
    DigestRun,
    FollowUp,
    FollowUpStatus,
    Inbox,
    KeptEvent,
    Outbox,
    Subscription,
)
from tests.stage.world import World

_STARTING_SECONDS = 30.0


def look(around: World) -> list[str]:
    """What a death must not do: damage the file, or lose what Telegram or Slack has been told was taken.

    Of a file a copy is looked at: to set it right again is up to the bot. A server may be starting just now.
    """
    until = time.monotonic() + _STARTING_SECONDS
    while True:
        try:
            return _looked(around)
        except OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.1)


def _looked(around: World) -> list[str]:
    confirmed = {
        f"telegram:{one.update_id}"
        for one in around.telegram.forgotten
        if one.kind in ("message", "callback_query")
    } | {
        f"slack:event:{one['event_id']}"
        for one in around.slack.events_acked
        if one["event"].get("channel_type") == "im"
    }
    broken = []
    url = _url(around)
    is_file = url.get_backend_name() == "sqlite"
    with (
        tempfile.TemporaryDirectory(prefix="labvoice-aftermath-") as folder,
        _session(
            url.set(database=str(_copied(Path(url.database or ""), Path(folder)))) if is_file else url
        ) as session,
    ):
        if is_file:
            (found,) = session.connection().execute(text("PRAGMA quick_check")).scalars()
            if found != "ok":
                broken.append(f"the database file is damaged: {found}")
        claimed = set(
            session.connection().execute(union(select(Inbox.event_id), select(KeptEvent.event_id))).scalars()
        )
    lost = sorted(confirmed - claimed)
    return [*broken, *(f"{one} was confirmed and is not known" for one in lost[:3])]


async def left_to_do(around: World, seconds: float) -> None:
    """Return once every message has left, and everything due has been done; TimeoutError if it is not."""
    async with asyncio.timeout(seconds):
        while await asyncio.to_thread(_left, around):
            await around.next_change()


def _left(around: World) -> int:
    pending = select(func.count()).where(col(Outbox.status) == DeliveryStatus.PENDING)
    due = select(func.count()).where(
        col(FollowUp.status) == FollowUpStatus.PENDING, col(FollowUp.due_at) <= system_clock()
    )
    with _session(_url(around)) as session:
        subscribed = session.exec(select(func.count()).select_from(Subscription)).one()
        served = session.exec(select(func.count()).select_from(DigestRun)).one()
        return session.exec(pending).one() + session.exec(due).one() + subscribed - served


def _url(around: World) -> URL:
    return parse_url(around.settings.database_url.get_secret_value())


@contextmanager
def _session(url: URL) -> Iterator[Session]:
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        yield session
    engine.dispose()


def _copied(file: Path, folder: Path) -> Path:
    """The log first: whoever else looks may be folding it into the file just now, which then has it all."""
    for part in (file.with_name(f"{file.name}-wal"), file):
        with suppress(FileNotFoundError):
            shutil.copy(part, folder)
    return folder / file.name
