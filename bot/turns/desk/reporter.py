"""What a reporter does about a complaint that is in: answers, rates what was done, comes back by code."""

from uuid import UUID

from bot.complaints.lifecycle import Action
from bot.complaints.terms import OPEN, Rating, Status
from bot.dialog.message import Button, Message
from bot.turns.clocks import stop_waiting, wind
from bot.turns.desk import telling
from bot.turns.desk.card import show_card
from bot.turns.desk.steps import reopen
from bot.turns.lab import Transaction
from storage import complaints, history
from storage.contacts import Held
from storage.history import TELL
from storage.tables import Complaint

_TOLD_LINES = 5


def add_words(transaction: Transaction, contact: Held, complaint_id: str, words: str) -> None:
    """Put the reporter's words into the history and below the card; what waited for them goes on.

    What they say of somebody's safety is heard by those on call, and after the end by quality.
    """
    session, own = transaction.session, complaints.locked(transaction.session, UUID(complaint_id))
    if own is None:
        return
    complaint = complaints.lead(session, own)
    before, was_waiting = transaction.rooms_of(complaint), complaint.waiting_since is not None
    stop_waiting(transaction, complaint)
    alarms = not complaint.safety and transaction.lab.routing.is_about_safety(words)
    complaint.safety = complaint.safety or alarms
    session.flush()
    history.record(session, own, history.SAID, _actor(own, contact), transaction.now, words)
    wind(transaction, complaint)
    if was_waiting or alarms:
        show_card(transaction, complaint, replace=True, before=before)
    telling.tell_room(transaction, complaint, None, history.SAID, words)
    if complaint.status not in OPEN and complaint.status is not Status.RESOLVED:
        telling.tell_quality(transaction, complaint, "said_after", words)
    if alarms:
        said = transaction.catalog.say("safety.notice", contact.locale)
        transaction.leave(contact.id, Message(said))


def rate(transaction: Transaction, contact: Held, complaint_id: str, rating: Rating) -> bool:
    """Take the answer to whether it was put right; False when the question is not open.

    Unless it was, the complaint is opened again and the quality managers are told.
    """
    session, now = transaction.session, transaction.now
    own = complaints.locked(session, UUID(complaint_id))
    if own is None:
        return False
    complaint = complaints.lead(session, own)
    if not complaints.is_rateable(session, own):
        return False
    own.rating, own.rated_at = rating, now
    actor = _actor(own, contact)
    session.flush()
    history.record(session, own, history.RATED, actor, now, rating)
    if rating is not Rating.YES:
        reopen(complaint, transaction)
        session.flush()
        history.record(session, complaint, Action.REOPEN, actor, now)
        telling.tell_quality(transaction, complaint, "not_put_right", "")
    wind(transaction, complaint)
    show_card(transaction, complaint, replace=True)
    said = transaction.catalog.say(f"rating.{rating}", transaction.lab.locale)
    telling.tell_room(transaction, complaint, None, history.RATED, said)
    return True


def tell_relayed(transaction: Transaction, contact: Held, complaint_id: str) -> None:
    """Tell who came back with the code of a complaint where it stands and what the laboratory wrote."""
    complaint = complaints.locked(transaction.session, UUID(complaint_id))
    if complaint is None:
        return
    say, locale = transaction.catalog.say, contact.locale
    lead = complaints.lead(transaction.session, complaint)
    told = [
        line.note
        for line in history.lines(transaction.session, complaint.id)
        if line.action == TELL and line.note
    ]
    state = say(f"status.{lead.status}", locale)
    line = say("status.line", locale, number=complaint.number, state=state)
    rateable = complaints.is_rateable(transaction.session, complaint)
    following = say("rating.ask" if rateable else f"status.next.{lead.status}", locale)
    buttons: list[tuple[Button, ...]] = [(telling.answer_button(transaction, complaint, contact.id, locale),)]
    if rateable:
        buttons.insert(0, telling.rating_buttons(transaction, complaint, contact.id, locale))
    text = "\n\n".join(part for part in (line, following, say("relay.told", locale) if told else "") if part)
    transaction.leave(contact.id, Message(text, tuple(buttons), quotes=tuple(told[-_TOLD_LINES:])))


def _actor(complaint: Complaint, contact: Held) -> UUID | None:
    """Who the history names: nobody, where the reporter stayed anonymous."""
    return None if complaint.relay_hash is not None else contact.id
