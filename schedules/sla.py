"""Clocks of complaints that are to be looked at: colleagues are reminded, and then it is escalated."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from bot.catalog import Catalog
from bot.turns import Lab, nudges
from schedules.clock import Clock
from storage import complaints, investigations
from storage.complaints import ToLookAt
from storage.database import Database, DatabaseUnavailable, Session

BATCH = 200

_Look = Callable[[Session, Catalog, Lab, UUID, datetime], None]


async def look_after(database: Database, catalog: Catalog, lab: Lab, clock: Clock) -> int:
    """Look at every clock that is due and, in business hours, at every review that is; at how many.

    Each is looked at in a transaction of its own, which sees whether there still is something to say. One
    that fails stays due, and what it raised is raised once the others have been looked at; without the
    database nothing more is tried.
    """
    errors, looked_at = list[Exception](), 0

    async def each(found: Iterable[UUID], look: _Look) -> None:
        nonlocal looked_at
        for complaint_id in found:
            looked_at += 1
            try:
                await database.run(look, catalog, lab, complaint_id, clock())
            except DatabaseUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - raised below, once the others have been looked at
                errors.append(error)

    last: ToLookAt | None = None
    while due := await database.read(complaints.to_look_at, clock(), BATCH, last):
        await each((one.id for one in due), nudges.look)
        last = due[-1]
    if lab.calendar.is_open(clock()):
        await each(await database.read(investigations.to_review, clock(), lab.zone), nudges.remind_of_review)
    if errors:
        raise ExceptionGroup("complaints could not be looked at", errors)
    return looked_at
