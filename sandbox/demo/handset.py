"""What the phone on the page shows, as JSON."""

import hashlib
from collections.abc import Sequence
from datetime import tzinfo

from sandbox.demo.cast import Errand, Patient
from sandbox.telegram import ChatMessage, Person, TelegramSandbox
from sandbox.wire import Json

_SHOWN = 120


def phone(
    telegram: TelegramSandbox, patient: Patient, person: Person, errands: Sequence[Errand], zone: tzinfo
) -> Json:
    """One person's phone: the newest messages, the commands, and the invitations not yet opened."""
    return {
        "id": patient.chat_id,
        "name": patient.name,
        "languageCode": patient.language_code,
        "about": patient.about,
        "blocked": person.blocked,
        "doing": person.doing,
        "keyboard": person.keyboard,
        "notices": person.notices,
        "commands": [
            {"name": name, "about": about} for name, about in telegram.commands(patient.language_code)
        ],
        "offers": [
            errand.seen() for errand in errands if errand.patient == patient.chat_id and not errand.opened
        ],
        "messages": [_message(patient.chat_id, message, zone) for message in person.chat[-_SHOWN:]],
    }


def _message(chat_id: int, message: ChatMessage, zone: tzinfo) -> Json:
    shown: Json = {
        "id": message.message_id,
        "by": message.by,
        "text": message.text,
        "entities": message.entities,
        "edited": message.edited,
        "at": message.at.astimezone(zone).isoformat(timespec="seconds"),
        "buttons": [
            [{"label": button.label, "data": button.data, "url": button.url} for button in row]
            for row in message.buttons
        ],
    }
    if message.photo is not None:
        digest = hashlib.sha256(message.photo).hexdigest()[:12]
        shown["photo"] = f"/demo/media/telegram/{chat_id}/{message.message_id}?v={digest}"
    if message.document is not None:
        name, data = message.document
        shown["document"] = {"name": name, "size": len(data), "voice": name == "voice.oga"}
    return shown
