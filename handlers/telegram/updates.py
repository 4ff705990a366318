"""What an update means: pure, and never an exception whatever the update holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from bot.dialog.event import Attached, Chose, Command, Commanded, Event, Said, Started, Stopped
from handlers.telegram.reading import Update, storable, within

TELEGRAM = "telegram"
WANTED = ("message", "callback_query", "my_chat_member")
"""The kinds of update the bot asks Telegram for."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)
_COMMANDS: Mapping[str, Command] = MappingProxyType({str(command): command for command in Command})
_KINDS: Mapping[str, Literal["photo", "voice", "other"]] = MappingProxyType(
    {
        "photo": "photo",
        "voice": "voice",
        "audio": "voice",
        "video_note": "voice",
        "animation": "other",
        "checklist": "other",
        "contact": "other",
        "dice": "other",
        "document": "other",
        "game": "other",
        "location": "other",
        "paid_media": "other",
        "poll": "other",
        "sticker": "other",
        "story": "other",
        "venue": "other",
        "video": "other",
    }
)
_GROUPS = ("group", "supergroup")
_LANGUAGE_LENGTH = 35


@dataclass(frozen=True, slots=True)
class DigestWanted:
    """Somebody asked for a digest with `/digest words`, in private or in a group.

    `account` is the person asking, `place` the chat the digest is meant for.
    """

    event_id: str
    account: str
    place: str
    place_is_room: bool
    words: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SpokenInGroup:
    """Somebody tried to talk with the bot in a group, where others would read along."""

    place: str
    language: str | None = None


Meaning = Event | DigestWanted | SpokenInGroup


def event_of(update: Update) -> Meaning | None:
    """What happened, or None where nothing follows.

    People converse in private chats only. In a group the bot hears `/digest` and, so as not to be rude, the
    commands by which people would begin to talk. Edited messages, channel posts and service messages are
    passed over: an answer is changed with the Back button.
    """
    event_id = f"{TELEGRAM}:{update.update_id}"
    content = update.content
    if "message" in content:
        return _message(event_id, within(content["message"]))
    if "callback_query" in content:
        return _pressed(event_id, within(content["callback_query"]))
    if "my_chat_member" in content:
        return _membership(event_id, within(content["my_chat_member"]))
    return None


def chat_of(update: Update) -> str:
    """The key within which updates must keep their order."""
    content = update.content
    if "callback_query" in content and "message" not in content:
        place, _ = _query_place(within(content["callback_query"]))
    else:
        place = _id(within(content.get("message", content.get("my_chat_member"))).get("chat"))
    return place or f"update {update.update_id}"


def query_of(update: Update) -> str | None:
    """The id by which the press of a button is answered, if the update is one."""
    return _text(within(update.content.get("callback_query")).get("id")) or None


def _message(event_id: str, message: Mapping[str, object]) -> Meaning | None:
    chat = message.get("chat")
    place = _id(chat)
    if place is None:
        return None
    language = _language(message.get("from"))
    text = _text(message.get("text"))
    if _kind(chat) in _GROUPS:
        command = _COMMAND.fullmatch(text.strip())
        return _in_group(event_id, message, place, command, language) if command else None
    if _kind(chat) != "private":
        return None
    if text:
        return _written(event_id, place, text, language, _reference(message.get("reply_to_message")))
    for name, what in _KINDS.items():
        if message.get(name):
            # The pictures of an album come one by one; they are answered once.
            album = _text(message.get("media_group_id"))
            event_id = f"{TELEGRAM}:album:{place}:{album}" if album else event_id
            return Attached(event_id=event_id, channel=TELEGRAM, account=place, language=language, what=what)
    return None


def words_beside(update: Update) -> Meaning | None:
    """What was written under a photo or file in a private chat: that counts as well as what is attached."""
    message = within(update.content.get("message"))
    chat, words = message.get("chat"), _text(message.get("caption"))
    place = _id(chat)
    if place is None or not words or _kind(chat) != "private":
        return None
    event_id, language = f"{TELEGRAM}:{update.update_id}:words", _language(message.get("from"))
    return _written(event_id, place, words, language, _reference(message.get("reply_to_message")))


def _written(event_id: str, place: str, text: str, language: str | None, on: str | None) -> Meaning:
    command = _COMMAND.fullmatch(text.strip())
    if command is not None:
        return _commanded(event_id, place, command, language)
    return Said(event_id=event_id, channel=TELEGRAM, account=place, language=language, text=text, on=on)


def _commanded(event_id: str, place: str, command: re.Match[str], language: str | None) -> Meaning:
    name, words = command[1].lower(), (command[3] or "").strip()
    if name == "start":
        token = words.split()[0] if words else None
        return Started(event_id=event_id, channel=TELEGRAM, account=place, language=language, token=token)
    if name == "stop":
        return Stopped(event_id=event_id, channel=TELEGRAM, account=place, language=language)
    if name == "digest":
        return DigestWanted(event_id, place, place, False, words, language)
    return Commanded(
        event_id=event_id,
        channel=TELEGRAM,
        account=place,
        language=language,
        command=_COMMANDS.get(name, Command.HELP),
    )


def _in_group(
    event_id: str,
    message: Mapping[str, object],
    place: str,
    command: re.Match[str],
    language: str | None,
) -> Meaning | None:
    name, words = command[1].lower(), (command[3] or "").strip()
    asking = _id(message.get("from"))
    if name == "digest" and asking is not None:
        return DigestWanted(event_id, asking, place, True, words, language)
    if name in ("start", "stop") or name in _COMMANDS:
        return SpokenInGroup(place, language)
    return None


def _pressed(event_id: str, query: Mapping[str, object]) -> Event | None:
    account, private = _query_place(query)
    if account is None or not private:
        return None
    return Chose(
        event_id=event_id,
        channel=TELEGRAM,
        account=account,
        language=_language(query.get("from")),
        data=_text(query.get("data")),
        on=_reference(query.get("message")),
    )


def _query_place(query: Mapping[str, object]) -> tuple[str | None, bool]:
    """The chat a button was pressed in and whether it is private; without one, the person's own."""
    if "message" not in query:
        return _id(query.get("from")), True
    chat = within(query["message"]).get("chat")
    return _id(chat), _kind(chat) == "private"


def _membership(event_id: str, change: Mapping[str, object]) -> Event | None:
    chat = change.get("chat")
    place = _id(chat)
    status = within(change.get("new_chat_member")).get("status")
    if place is None or _kind(chat) != "private" or status != "kicked":
        return None
    return Stopped(
        event_id=event_id,
        channel=TELEGRAM,
        account=place,
        language=_language(change.get("from")),
        blocked=True,
    )


def _text(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _reference(message: object) -> str | None:
    """What a message is known by within its chat, as `TelegramChannel` writes references."""
    value = within(message).get("message_id")
    return str(value) if type(value) is int else None


def _id(holder: object) -> str | None:
    value = within(holder).get("id")
    return str(value) if type(value) is int else None


def _kind(chat: object) -> str:
    return _text(within(chat).get("type"))


def _language(user: object) -> str | None:
    return _text(within(user).get("language_code"))[:_LANGUAGE_LENGTH] or None
