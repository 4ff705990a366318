"""What a reporter does about a complaint that is in: answers, rates what was done, comes back by code."""

from uuid import UUID

from bot.complaints.lifecycle import Action, Refusal, reopened
from bot.complaints.terms import Rating, Status
from bot.dialog.message import Button, Message
from bot.turns.clocks import stop_waiting, wind
from bot.turns.desk import telling
from bot.turns.desk.card import show_card
from bot.turns.desk.steps import reopen
from bot.turns.lab import Transaction
from storage import complaints, history
from storage.contacts import Held
from storage.history import RATED, SAID, TELL
from storage.tables import Complaint

_TOLD_LINES = 5


def add_words(transaction: Transaction, contact: Held, complaint_id: str, words: str) -> None:
    """Put the reporter's words into the history and below the card; what waited for them goes on."""
    complaint = complaints.locked(transaction.session, UUID(complaint_id))
    if complaint is None:
        return
    was_waiting = complaint.waiting_since is not None
    stop_waiting(transaction, complaint)
    transaction.session.flush()
    history.record(transaction.session, complaint, SAID, _actor(complaint, contact), transaction.now, words)
    wind(transaction, complaint)
    telling.tell_room(transaction, complaint, None, SAID, words)
    if was_waiting:
        show_card(transaction, complaint, replace=True)


def rate(transaction: Transaction, contact: Held, complaint_id: str, rating: Rating) -> bool:
    """Take the answer to whether it was put right; False when the question is not open.

    Unless it was, the complaint is opened again and the quality managers are told.
    """
    complaint = complaints.locked(transaction.session, UUID(complaint_id))
    if complaint is None or complaint.status is not Status.CLOSED or complaint.rating is not None:
        return False
    complaint.rating, complaint.rated_at = rating, transaction.now
    actor, session, now = _actor(complaint, contact), transaction.session, transaction.now
    session.flush()
    history.record(session, complaint, RATED, actor, now, rating)
    if rating is not Rating.YES and not isinstance(reopened(complaint.status), Refusal):
        reopen(complaint, transaction)
        session.flush()
        history.record(session, complaint, Action.REOPEN, actor, now)
        telling.tell_quality(transaction, complaint, "not_put_right", "")
    wind(transaction, complaint)
    show_card(transaction, complaint, replace=True)
    said = transaction.catalog.say(f"rating.{rating}", transaction.lab.locale)
    telling.tell_room(transaction, complaint, None, RATED, said)
    return True


def tell_relayed(transaction: Transaction, contact: Held, complaint_id: str) -> None:
    """Tell who came back with the code of a complaint where it stands and what the laboratory wrote."""
    complaint = complaints.locked(transaction.session, UUID(complaint_id))
    if complaint is None:
        return
    say, locale = transaction.catalog.say, contact.locale
    told = [
        line.note
        for line in history.lines(transaction.session, complaint.id)
        if line.action == TELL and line.note
    ]
    state = say(f"status.{complaint.status}", locale)
    line = say("status.line", locale, number=complaint.number, state=state)
    rateable = complaint.status is Status.CLOSED and complaint.rating is None
    following = say("rating.ask" if rateable else f"status.next.{complaint.status}", locale)
    buttons: list[tuple[Button, ...]] = [(telling.answer_button(transaction, complaint, contact.id, locale),)]
    if rateable:
        buttons.insert(0, telling.rating_buttons(transaction, complaint, contact.id, locale))
    text = "\n\n".join(part for part in (line, following, say("relay.told", locale) if told else "") if part)
    transaction.leave(contact.id, Message(text, tuple(buttons), quotes=tuple(told[-_TOLD_LINES:])))


def _actor(complaint: Complaint, contact: Held) -> UUID | None:
    """Who the history names: nobody, where the reporter stayed anonymous."""
    return None if complaint.relay_hash is not None else contact.id
