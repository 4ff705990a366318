"""Who is told of what: the reporter on their own channel, the room in its thread, colleagues directly."""

from collections.abc import Iterator
from typing import Literal
from uuid import UUID

from bot.complaints import slots
from bot.complaints.lifecycle import Action
from bot.complaints.terms import Means, Rating
from bot.dialog.engine import button_data
from bot.dialog.message import Button, Field, Message
from bot.dialog.talking import Meaning, about_code
from bot.turns.lab import SLACK, Transaction
from storage import complaints, contacts, conversations, history, investigations
from storage.contacts import Held
from storage.tables import Complaint, Contact

Heard = Literal["told", "relay", "by_hand", "no_contact", "unreachable"]
"""How the reporter hears of a step: in their chat; when they come back with their code; only if somebody
calls or writes by other means; not at all, by their own wish; or not any more."""

REACHED: frozenset[Heard] = frozenset({"told", "relay"})
_ANSWERABLE = frozenset({Action.ASK, Action.REPLY, Action.PROGRESS, Action.RESOLVE, Action.DECLINE})


def tell_reporter(
    transaction: Transaction, complaint: Complaint, actor: Held, action: Action, words: str, *, noted: bool
) -> Heard:
    """Tell the reporter of a step, and each whose complaint was found to repeat it, by their own number.

    Words that reach somebody are a line of the history of their complaint. `noted` tells that somebody
    involved had to act, and why is on record.
    """
    heard: Heard = "unreachable"
    for one in (*complaints.merged_into(transaction.session, complaint.id), complaint):
        heard = _tell_one(transaction, one, f"{action}_noted" if noted else action, action, words)
        if words and heard in REACHED:
            history.record(transaction.session, one, history.TELL, actor.id, transaction.now, words)
    return heard


def _tell_one(transaction: Transaction, complaint: Complaint, told: str, action: Action, words: str) -> Heard:
    if not complaint.may_contact:
        return "no_contact"
    if complaint.relay_hash is not None:
        return "relay"
    if complaint.reporter_id is None:
        return "by_hand"
    reporter = reachable(transaction, complaint)
    if reporter is None:
        return "unreachable"
    key = transaction.catalog.key_on(reporter.channel, f"told.{told}")
    said = transaction.catalog.say(key, reporter.locale, number=complaint.number, lab=transaction.lab.name)
    buttons = tuple(_buttons(transaction, complaint, reporter, action))
    message = Message(said, buttons, quotes=(words,) if words else (), under=slots.slot(complaint.id))
    transaction.leave(reporter.id, message)
    return "told"


def reachable(transaction: Transaction, complaint: Complaint) -> Contact | None:
    """The reporter, if they may and can be written to now."""
    reporter = transaction.session.get(Contact, complaint.reporter_id) if complaint.reporter_id else None
    if reporter is None or reporter.blocked_at or _withdrew_since(reporter, complaint):
        return None
    return reporter


def _withdrew_since(reporter: Contact, complaint: Complaint) -> bool:
    """Whether the reporter wants no messages; who complains after withdrawing wrote to us first."""
    return reporter.withdrawn_at is not None and reporter.withdrawn_at >= complaint.received_at


def _buttons(
    transaction: Transaction, complaint: Complaint, reporter: Contact, action: Action
) -> Iterator[tuple[Button, ...]]:
    """What the reporter can do about what they are told: answer it, or say whether it was put right."""
    if action is Action.CLOSE:
        yield rating_buttons(transaction, complaint, reporter.id, reporter.locale)
    elif action in _ANSWERABLE:
        yield (answer_button(transaction, complaint, reporter.id, reporter.locale),)


def rating_buttons(
    transaction: Transaction, complaint: Complaint, contact_id: UUID, locale: str
) -> tuple[Button, ...]:
    """The answers to the question whether it was put right."""
    say = transaction.catalog.say
    return tuple(
        Button(say(f"button.rating.{rating}", locale), _data(transaction, complaint, contact_id, rating))
        for rating in Rating
    )


def answer_button(transaction: Transaction, complaint: Complaint, contact_id: UUID, locale: str) -> Button:
    """What lets the reporter write to the laboratory about this complaint."""
    return Button(
        transaction.catalog.say("button.answer", locale),
        _data(transaction, complaint, contact_id, "answer"),
    )


def _data(transaction: Transaction, complaint: Complaint, contact_id: UUID, meaning: Meaning) -> str:
    token = conversations.token_of(transaction.session, contact_id)
    return button_data(token, 0, about_code(meaning, str(complaint.id)))


def tell_room(
    transaction: Transaction, complaint: Complaint, actor: Held | None, action: str, words: str
) -> None:
    """Write below the complaint's card what was done and said; steps without words show on the card alone."""
    if not words:
        return
    say, session, assignee = transaction.catalog.say, transaction.session, complaint.assignee_id
    place = contacts.place_of(session, actor.id) if actor else None
    watching = contacts.place_of(session, assignee) if assignee and actor is None else None
    for room in transaction.rooms_of(complaint):
        who = place.address if place is not None and place.channel == SLACK else None
        people = (Field(say("thread.by", room.locale), "", who),) if who else ()
        if watching is not None and watching.channel == SLACK:
            people = (*people, Field(say("card.assignee", room.locale), "", watching.address))
        title = say(f"thread.{action}", room.locale, number=complaint.number)
        transaction.leave(
            room.id, Message(title, fields=people, quotes=(words,), under=slots.slot(complaint.id))
        )


def tell_successor(transaction: Transaction, complaint: Complaint, successor: Held | None, note: str) -> None:
    """Tell the colleague who goes on; a department sees the card in its room."""
    if successor is not None:
        _tell_colleague(transaction, complaint, successor.id, successor.locale, "handed_over", note)


def tell_quality(transaction: Transaction, complaint: Complaint, what: str, words: str) -> None:
    """Tell the quality managers, each directly."""
    for one in contacts.for_quality(transaction.session):
        _tell_colleague(transaction, complaint, one.id, one.locale, what, words)


def _tell_colleague(
    transaction: Transaction, complaint: Complaint, contact_id: UUID, locale: str, what: str, words: str
) -> None:
    said = transaction.catalog.say(f"colleague.{what}", locale, number=complaint.number)
    transaction.leave(contact_id, Message(said, quotes=(words,) if words else ()))


def note_communication(
    transaction: Transaction, complaint: Complaint, actor: Held, heard: Heard | None
) -> None:
    """Note in the record that the outcome is told, or why not."""
    investigation = investigations.of(transaction.session, complaint.id)
    if heard == "told":
        investigation.communicated_at = transaction.now
        investigation.communicated_by_id = actor.id
        investigation.communicated_how = Means.MESSAGE
        investigation.not_communicated_why = None
    elif investigation.communicated_at is None:
        why = transaction.catalog.say(f"desk.reporter.{heard}", transaction.lab.locale)
        investigation.not_communicated_why = why
