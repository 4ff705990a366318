"""Follow-ups whose time has come: each becomes an event and takes the same way as any other."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from bot.dialog.event import FollowUpDue
from bot.turns import Turns
from schedules.clock import Clock
from storage import follow_ups, outbox
from storage.database import Database, DatabaseUnavailable
from storage.follow_ups import DueFollowUp

BATCH = 500
AT_ONCE = 32
# More come with the next tick: one that takes minutes looks as if it hung.
MOST = 10_000
# Half a minute of what Telegram takes. What is due beyond that stays due, and may be put off until morning.
AHEAD = 1_000


async def take_due(
    database: Database, turns: Turns, clock: Clock, channels: Collection[str] = (), most: int = MOST
) -> int:
    """Take the follow-ups that are due, what ends first, then the earliest; how many.

    Those of different people are taken side by side, those of one person one after the other. None is taken
    while AHEAD people on `channels` have messages due, nor many more than `most` of them at a time. One that
    fails stays due, and what it raised is raised once the others read with it have been taken; without the
    database nothing more is tried.
    """
    taken, last = 0, None
    while taken < most and (due := await database.read(follow_ups.due, clock(), BATCH, last)):
        if await _is_crowded(database, clock(), channels):
            break
        await _take_all(turns, due)
        taken += len(due)
        last = due[-1]
    return taken


async def _is_crowded(database: Database, now: datetime, channels: Collection[str]) -> bool:
    if not channels:
        return False
    return len(await database.read(outbox.waiting_contacts, now, tuple(channels), AHEAD)) >= AHEAD


async def _take_all(turns: Turns, due: Sequence[DueFollowUp]) -> None:
    people: dict[tuple[str, str], list[DueFollowUp]] = defaultdict(list)
    for one in due:
        people[one.channel, one.address].append(one)
    waiting, errors = iter(people.values()), list[Exception]()

    async def take_some() -> None:
        for theirs in waiting:
            try:
                for one in theirs:
                    await turns.take(_event(one))
            except DatabaseUnavailable as error:
                errors.insert(0, error)
                deque(waiting, maxlen=0)  # the others' could not be taken either
            except Exception as error:  # noqa: BLE001 - raised below, once the others' are taken
                errors.append(error)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(take_some())
    if errors and isinstance(errors[0], DatabaseUnavailable):
        raise errors[0]
    if errors:
        raise ExceptionGroup("follow-ups could not be taken", errors)


def _event(due: DueFollowUp) -> FollowUpDue:
    return FollowUpDue(
        event_id=f"follow-up:{due.id}:{due.due_at:%Y%m%dT%H%M%S%f}",
        channel=due.channel,
        account=due.address,
        follow_up=str(due.id),
        due=due.due,
        questionnaire=due.questionnaire,
        visit=str(due.visit_id),
        response=_text(due.response_id),
    )


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
