"""What the Slack window on the page shows, as JSON."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from typing import TypeAlias

from sandbox.demo.cast import COMMANDS, Colleague
from sandbox.slack import Room, RoomMessage, SlackPerson, SlackSandbox, View
from sandbox.wire import Json

Place: TypeAlias = RoomMessage | View
"""Where a button stands."""

_SHOWN = 80


def workspace(slack: SlackSandbox, colleagues: Sequence[tuple[Colleague, SlackPerson]], zone: tzinfo) -> Json:
    """The rooms, and for each colleague what only they see."""
    return {
        "rooms": [_room(room, zone) for room in slack.rooms if room.kind == "channel"],
        "people": [_colleague(colleague, person, zone) for colleague, person in colleagues],
        "names": {person.user_id: person.name for person in slack.people},
        "commands": [asdict(command) for command in COMMANDS],
    }


def find_room(slack: SlackSandbox, person: SlackPerson, room_id: str) -> Room:
    """The room with this id that the person can write in.

    Raises:
        LookupError: there is none.
    """
    for room in (person.direct, *slack.rooms):
        if room.id == room_id and (room.kind == "channel" or room.id == person.direct.id):
            return room
    raise LookupError("There is no such room.")


def find_message(slack: SlackSandbox, person: SlackPerson, room_id: str, ts: str) -> RoomMessage:
    """The message with this ts that the person can see in this room.

    Raises:
        LookupError: there is none.
    """
    rooms = [room for room in (*slack.rooms, person.direct) if room.id == room_id]
    public = [message for room in rooms if room.kind == "channel" for message in room.messages]
    own = [message for message in (*person.direct.messages, *person.private) if message.room == room_id]
    for message in (*public, *own):
        if message.ts == ts:
            return message
    raise LookupError("That message is no longer there.")


def _colleague(colleague: Colleague, person: SlackPerson, zone: tzinfo) -> Json:
    return {
        "id": colleague.user_id,
        "name": colleague.name,
        "duty": colleague.duty,
        "about": colleague.about,
        "direct": _room(person.direct, zone),
        "private": [_message(message, zone) for message in person.private[-_SHOWN:]],
        "home": _view(person.home),
        "modal": _view(person.modal),
        "notices": person.notices,
    }


def _room(room: Room, zone: tzinfo) -> Json:
    return {
        "id": room.id,
        "name": room.name,
        "kind": room.kind,
        "messages": [_message(message, zone) for message in room.messages[-_SHOWN:]],
    }


def _message(message: RoomMessage, zone: tzinfo) -> Json:
    at = datetime.fromtimestamp(float(message.ts), UTC).astimezone(zone)
    files = [
        {"name": name, "url": f"/demo/media/slack/{message.room}/{message.ts}/{number}?v={_digest(data)}"}
        for number, (name, data) in enumerate(message.files)
    ]
    return {
        "room": message.room,
        "ts": message.ts,
        "at": at.isoformat(timespec="seconds"),
        "user": message.user,
        "bot": message.bot,
        "text": message.text,
        "blocks": message.blocks,
        "thread": message.thread_ts if message.thread_ts != message.ts else None,
        "edited": message.edited,
        "files": files,
        "reactions": message.reactions,
        "private": message.private,
    }


def _view(view: View | None) -> Json | None:
    if view is None:
        return None
    return {
        "id": view.view_id,
        "title": view.title,
        "submit": view.submit,
        "blocks": view.blocks,
        "values": view.values,
        "errors": view.errors,
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
