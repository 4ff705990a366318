"""Threads: below what a message stands, and what one with answers tells of them."""

from sandbox.slack.rooms import Posted, Room
from sandbox.wire import Json


def in_thread(room: Room, ts: str | None, *, broadcast: bool = False) -> Json:
    """What makes a message stand in the thread of the one with this ts, and if `broadcast` in the room too.

    Nothing where there is no such message: Slack does not refuse then, it says the words in the room.
    """
    answered = room.find(ts) if ts else None
    if answered is None:
        return {}
    thread_ts = answered.thread_ts or answered.ts
    return {"thread_ts": thread_ts, **({"subtype": "thread_broadcast"} if broadcast else {})}


def message_wire(room: Room, posted: Posted, *, with_metadata: bool = False) -> Json:
    """The message object as histories give it: with its answers counted, or with whose message it answers."""
    wire = dict(posted.wire)
    if posted.metadata is not None and with_metadata:
        wire["metadata"] = posted.metadata
    answers = [one for one in room.posted if one.is_reply and one.thread_ts == posted.ts]
    if answers:
        users = list(dict.fromkeys(one.wire["user"] for one in answers))
        wire |= {
            "thread_ts": posted.ts,
            "reply_count": len(answers),
            "reply_users_count": len(users),
            "reply_users": users,
            "latest_reply": answers[-1].ts,
        }
    elif posted.is_reply and (parent := parent_of(room, posted)):
        wire["parent_user_id"] = parent.wire["user"]
    return wire


def parent_of(room: Room, posted: Posted) -> Posted | None:
    """The message in whose thread this one stands."""
    return room.find(posted.thread_ts) if posted.is_reply and posted.thread_ts else None


def take_out(room: Room, posted: Posted) -> None:
    """Delete the message; in place of one with answers a note stays, and its thread with it."""
    if any(one.is_reply and one.thread_ts == posted.ts for one in room.posted):
        posted.wire = {
            "type": "message",
            "subtype": "tombstone",
            "user": "USLACKBOT",
            "text": "This message was deleted.",
            "hidden": True,
            "ts": posted.ts,
        }
        posted.bot = False
    else:
        room.posted.remove(posted)
