"""What an update means: pure, and never an exception whatever the update holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update

from bot.dialog.event import Attached, Chose, Command, Commanded, Event, Said, Started, Stopped
from handlers.telegram.reading import storable

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
    if update.message is not None:
        return _message(event_id, update.message)
    if update.callback_query is not None:
        return _pressed(event_id, update.callback_query)
    if update.my_chat_member is not None:
        return _membership(event_id, update.my_chat_member)
    return None


def chat_of(update: Update) -> str:
    """The key within which updates must keep their order."""
    if update.message is not None:
        chat = _chat_id(update.message.chat)
    elif update.callback_query is not None:
        return _query_place(update.callback_query)[0] or f"update {update.update_id}"
    elif update.my_chat_member is not None:
        chat = _chat_id(update.my_chat_member.chat)
    else:
        chat = None
    return chat or f"update {update.update_id}"


def _message(event_id: str, message: Message) -> Meaning | None:
    place = _chat_id(message.chat)
    if place is None:
        return None
    language = _language(message.from_user)
    text = _text(message.text)
    if _kind(message.chat) in _GROUPS:
        command = _COMMAND.fullmatch(text.strip())
        return _in_group(event_id, message, place, command, language) if command else None
    if _kind(message.chat) != "private":
        return None
    if text:
        return _written(event_id, place, text, language)
    for attribute, what in _KINDS.items():
        if getattr(message, attribute):
            # The pictures of an album come one by one; they are answered once.
            album = _text(message.media_group_id)
            event_id = f"{TELEGRAM}:album:{place}:{album}" if album else event_id
            return Attached(event_id=event_id, channel=TELEGRAM, account=place, language=language, what=what)
    return None


def words_beside(update: Update) -> Meaning | None:
    """What was written under a photo or file in a private chat: that counts as well as what is attached."""
    message = update.message
    if message is None or _kind(message.chat) != "private":
        return None
    place, words = _chat_id(message.chat), _text(message.caption)
    if place is None or not words:
        return None
    return _written(f"{TELEGRAM}:{update.update_id}:words", place, words, _language(message.from_user))


def _written(event_id: str, place: str, text: str, language: str | None) -> Meaning:
    command = _COMMAND.fullmatch(text.strip())
    if command is not None:
        return _commanded(event_id, place, command, language)
    return Said(event_id=event_id, channel=TELEGRAM, account=place, language=language, text=text)


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
    event_id: str, message: Message, place: str, command: re.Match[str], language: str | None
) -> Meaning | None:
    name, words = command[1].lower(), (command[3] or "").strip()
    asking = _id(message.from_user)
    if name == "digest" and asking is not None:
        return DigestWanted(event_id, asking, place, True, words, language)
    if name in ("start", "stop") or name in _COMMANDS:
        return SpokenInGroup(place, language)
    return None


def _pressed(event_id: str, query: CallbackQuery) -> Event | None:
    account, private = _query_place(query)
    if account is None or not private:
        return None
    return Chose(
        event_id=event_id,
        channel=TELEGRAM,
        account=account,
        language=_language(query.from_user),
        data=_text(query.data),
        on=_reference(query.message),
    )


def _reference(message: object) -> str | None:
    value = getattr(message, "message_id", None)
    return str(value) if type(value) is int else None


def _query_place(query: CallbackQuery) -> tuple[str | None, bool]:
    """The chat a button was pressed in and whether it is private; without one, the person's own."""
    if query.message is None:
        return _id(query.from_user), True
    return _chat_id(query.message.chat), _kind(query.message.chat) == "private"


def _membership(event_id: str, change: ChatMemberUpdated) -> Event | None:
    place = _chat_id(change.chat)
    status = getattr(change.new_chat_member, "status", None)
    if place is None or _kind(change.chat) != "private" or status != "kicked":
        return None
    return Stopped(
        event_id=event_id,
        channel=TELEGRAM,
        account=place,
        language=_language(change.from_user),
        blocked=True,
    )


# python-telegram-bot checks no types: whatever was in the JSON is in its objects.


def _text(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _id(holder: object) -> str | None:
    value = getattr(holder, "id", None)
    return str(value) if type(value) is int else None


def _chat_id(chat: Chat | None) -> str | None:
    return _id(chat)


def _kind(chat: object) -> str:
    return _text(getattr(chat, "type", None))


def _language(user: object) -> str | None:
    return _text(getattr(user, "language_code", None))[:_LANGUAGE_LENGTH] or None
