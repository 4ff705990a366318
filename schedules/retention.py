"""Letting go of what is no longer needed."""

from datetime import timedelta

from schedules.clock import Clock
from storage import contacts, inbox, outbox
from storage.database import Database

# Telegram repeats an update for 24 hours, Slack an event for about one; a week is well past both.
INBOX_KEPT = timedelta(days=7)
# A message older than this is not edited in place any more (Telegram refuses after 48 hours, too). What is
# about a complaint is kept until that has ended.
OUTBOX_KEPT = timedelta(days=30)
# Somebody who opened the chat and left: a link is good for as long.
STRANGERS_KEPT = timedelta(days=30)
BATCH = 500


async def prune(database: Database, clock: Clock) -> bool:
    """Drop event ids no platform repeats any more, messages nobody edits any more, and people who opened the
    chat, agreed to nothing, reported nothing and have not been back. Whether there may be more of them.
    """
    for drop, kept in ((inbox.prune, INBOX_KEPT), (outbox.prune, OUTBOX_KEPT)):
        while await database.run(drop, clock() - kept, BATCH) == BATCH:
            pass  # turns are taken in between
    before = clock() - STRANGERS_KEPT
    # Looked for among everybody: a SQLite file takes no turns while that is done in writing.
    found = await database.read(contacts.strangers, before, BATCH)
    return bool(found) and await database.run(contacts.forget_strangers, found, before) == BATCH
