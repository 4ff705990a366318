"""What Slack hands over, read with care: a missing or odd member is an empty word, never an error."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.dialog.answer import clean
from handlers.slack.text import ACCOUNT

Body = dict[str, object]


@dataclass(frozen=True)
class Payload:
    """One request from Slack, or a part of one, as JSON was read: dictionaries and lists."""

    body: Mapping[str, object]

    def at(self, *path: str | int) -> object:
        """The member at `path`, or None."""
        found: object = self.body
        for step in path:
            if isinstance(step, str) and isinstance(found, dict):
                found = found.get(step)
            elif isinstance(step, int) and isinstance(found, list) and len(found) > step:
                found = found[step]
            else:
                return None
        return found

    def word(self, *path: str | int) -> str:
        """The text at `path` without characters that cannot be stored, or an empty one."""
        found = self.at(*path)
        return clean(found) if isinstance(found, str) else ""

    def part(self, *path: str | int) -> "Payload":
        """The object at `path`, or an empty one."""
        found = self.at(*path)
        return Payload(found if isinstance(found, dict) else {})

    @cached_property
    def account(self) -> str:
        """The id of the person who did this, whatever kind of request it is; empty if there is none.

        It is taken exactly as it came: what only looks like somebody's id once it is tidied is nobody's.
        """
        for path in (("user", "id"), ("user_id",), ("event", "user")):
            account = self.at(*path)
            if isinstance(account, str) and ACCOUNT.fullmatch(account):
                return account
        return ""

    @property
    def is_request(self) -> bool:
        """Whether this has what every request of Slack's has: an event, or somebody who did something."""
        if self.is_event:
            return bool(self.word("event", "type"))
        if self.is_press and not self.word("actions", 0, "action_id"):
            return False
        if self.is_submission and not self.word("view", "callback_id"):
            return False
        return bool(self.account) or self.word("type") == "url_verification" or "ssl_check" in self.body

    @property
    def is_event(self) -> bool:
        """Whether this is an event, which Slack repeats until it is acknowledged."""
        return self.word("type") == "event_callback"

    @property
    def is_submission(self) -> bool:
        """Whether this is a modal sent off."""
        return self.word("type") == "view_submission"

    @property
    def is_press(self) -> bool:
        """Whether this is a press of a button."""
        return self.word("type") == "block_actions"

    @property
    def is_command(self) -> bool:
        """Whether this is a slash command."""
        return bool(self.word("command"))

    @cached_property
    def event_id(self) -> str:
        """An id that is the same when Slack, or the person, sends the same thing again.

        A modal's carries a check sum of what was filled in: after an answer that never arrived, what was
        changed before the next try is not taken for a repeat. Neither its hash nor the labels of what was
        chosen are in it: those change when the modal is drawn anew, perhaps in another language.
        """
        if self.is_event:
            return f"slack:event:{self.word('event_id')}"
        if self.is_submission:
            view = self.part("view")
            filled = json.dumps(dict(self.filled), sort_keys=True)
            return f"slack:view:{view.word('id')}:{zlib.crc32(filled.encode()):08x}"
        return f"slack:{'command' if self.is_command else 'action'}:{self.word('trigger_id')}"

    @property
    def pressed_on(self) -> str | None:
        """The reference of the direct message a button was pressed on, as `SlackChannel` writes references.

        What a room holds, several people see: no press puts anything in its place.
        """
        room, ts = self.word("container", "channel_id"), self.word("container", "message_ts")
        return f"{room}:{ts}" if room.startswith("D") and ts else None

    @property
    def answers(self) -> str | None:
        """The reference of the message in whose thread these words were written, as `pressed_on` gives it."""
        room, thread = self.word("event", "channel"), self.word("event", "thread_ts")
        return f"{room}:{thread}" if room and thread and thread != self.word("event", "ts") else None

    @cached_property
    def filled(self) -> Mapping[str, str]:
        """What was put into a modal's inputs, by block id; empty inputs are left out."""
        values = self.at("view", "state", "values")
        found: dict[str, str] = {}
        for block_id, entries in values.items() if isinstance(values, dict) else ():
            for entry in entries.values() if isinstance(entries, dict) else ():
                one = Payload(entry if isinstance(entry, dict) else {})
                if text := one._entered:
                    found[str(block_id)] = text
        return found

    @property
    def _entered(self) -> str:
        """What one input holds; several choices, which are ids, have commas between."""
        options, people = self.at("selected_options"), self.at("selected_users")
        several = [self.word("selected_options", n, "value") for n in range(_length(options))]
        several += [self.word("selected_users", n) for n in range(_length(people))]
        one = (
            self.word("selected_option", "value") or self.word("selected_user") or self.word("selected_date")
        )
        return self.word("value") or one or ",".join(filter(None, several))

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The block ids of the modal's inputs, from top to bottom."""
        blocks = self.at("view", "blocks")
        parts = (
            Payload(one) for one in (blocks if isinstance(blocks, list) else ()) if isinstance(one, dict)
        )
        return tuple(one.word("block_id") for one in parts if one.word("type") == "input")

    @property
    def first_input(self) -> str:
        """The block id of the modal's first input, where words for the whole modal are shown."""
        return next(iter(self.inputs), "")


def _length(found: object) -> int:
    return len(found) if isinstance(found, list) else 0
