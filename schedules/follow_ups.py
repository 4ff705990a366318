"""Follow-ups whose time has come: each becomes an event and takes the same way as any other."""

from uuid import UUID

from bot.dialog.event import FollowUpDue
from bot.turns import Turns
from schedules.clock import Clock
from storage import follow_ups
from storage.database import Database

BATCH = 200


async def take_due(database: Database, turns: Turns, clock: Clock) -> int:
    """Take every follow-up that is due, earliest first; how many."""
    taken = 0
    while due := await database.read(follow_ups.due, clock(), BATCH):
        for one in due:
            await turns.take(
                FollowUpDue(
                    event_id=f"follow-up:{one.id}:{one.due_at:%Y%m%dT%H%M%S%f}",
                    channel=one.channel,
                    account=one.address,
                    follow_up=str(one.id),
                    due=one.due,
                    questionnaire=one.questionnaire,
                    visit=str(one.visit_id),
                    response=_text(one.response_id),
                )
            )
        taken += len(due)
        if len(due) < BATCH:
            break
    return taken


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
