"""What colleagues are told when a clock runs out: in their room or each directly, and in the history."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, assert_never
from uuid import UUID

from bot.catalog import Catalog
from bot.complaints import sla
from bot.complaints.lifecycle import Action, Clock
from bot.complaints.sla import Due, Hears, Nudge
from bot.dialog.message import Button, Field, Message
from bot.turns.clocks import owed, wind
from bot.turns.desk import BUTTON
from bot.turns.lab import SLACK, Lab, Transaction
from storage import complaints, contacts, history, investigations
from storage.database import Session
from storage.tables import Complaint, Contact, ContactKind

REMIND = "remind"
ESCALATE = "escalate"
_MINUTE = timedelta(minutes=1)


class _Listener(NamedTuple):
    """Somebody to be told: what they hear it as, and where they read it."""

    hears: Hears
    id: UUID
    locale: str
    channel: str


def look(session: Session, catalog: Catalog, lab: Lab, complaint_id: UUID, now: datetime) -> None:
    """Look at a complaint's clock and say what there is to say; nothing if it is not time to, or no longer.

    A complaint without a clock, from before there were any, is given one, and nobody is told.
    """
    transaction = Transaction(session, catalog, lab, now)
    complaint = complaints.locked(session, complaint_id)
    if complaint is None or not _is_time(complaint, now):
        return
    is_new = complaint.clock is None
    wind(transaction, complaint)
    due = owed(lab, complaint)
    if is_new or due is None or not _is_time(complaint, now):
        return
    given = sla.give(due, complaint.nudges, now, lab.calendar)
    if given is None:
        complaint.look_at = lab.calendar.next_open(now)
        return
    rung, complaint.nudges = given
    complaint.look_at = sla.look_at(due, complaint.nudges, now, lab.calendar)
    for listener in _listeners(transaction, complaint, rung.hears):
        transaction.leave(listener.id, _message(transaction, complaint, due, listener))
    action = REMIND if rung.nudge is Nudge.REMIND else ESCALATE
    history.record(session, complaint, action, None, now, rung.nudge)


def remind_of_review(session: Session, catalog: Catalog, lab: Lab, complaint_id: UUID, now: datetime) -> None:
    """Tell the quality managers that it is time to review what was done, once for each date set for it."""
    transaction = Transaction(session, catalog, lab, now)
    complaint = complaints.locked(session, complaint_id)
    review_on = investigations.to_review(session, now, lab.zone).get(complaint_id)
    if complaint is None or review_on is None:
        return
    for listener in _listeners(transaction, complaint, {Hears.QUALITY}):
        category = catalog.say(f"category.{complaint.category}", listener.locale)
        words = catalog.say(
            "nudge.review",
            listener.locale,
            number=complaint.number,
            category=category,
            date=f"{review_on:%Y-%m-%d}",
        )
        transaction.leave(listener.id, Message(words))
    history.record(session, complaint, investigations.REVIEW, None, now)


def _is_time(complaint: Complaint, now: datetime) -> bool:
    return complaint.look_at is not None and complaint.look_at <= now


def _listeners(
    transaction: Transaction, complaint: Complaint, hears: Collection[Hears]
) -> Collection[_Listener]:
    """Everybody who is to be told, each once; the department's room where that would be nobody."""
    every = [one for who in Hears if who in hears for one in _who(transaction, complaint, who)]
    found = {one.id: one for one in reversed(every)}
    return list(found.values()) or [*_who(transaction, complaint, Hears.ROOM)]


def _who(transaction: Transaction, complaint: Complaint, hears: Hears) -> Iterator[_Listener]:
    session, lab, routing = transaction.session, transaction.lab, transaction.lab.routing
    room = routing.rooms.get(complaint.department, lab.triage_room)
    match hears:
        case Hears.ROOM | Hears.ON_CALL:
            address = routing.on_call if hears is Hears.ON_CALL and routing.on_call else room
            if address is not None:
                yield _Listener(hears, *transaction.room(address), SLACK)
        case Hears.ASSIGNEE:
            assignee = session.get(Contact, complaint.assignee_id) if complaint.assignee_id else None
            if assignee is not None and contacts.role_of(session, assignee.id) is not None:
                yield _Listener(hears, assignee.id, assignee.locale, assignee.channel)
        case Hears.HEAD:
            if address := routing.heads.get(complaint.department):
                head = contacts.find_or_add(
                    session, SLACK, address, ContactKind.PERSON, lab.locale, transaction.now
                )
                yield _Listener(hears, head.id, head.locale, head.channel)
        case Hears.QUALITY:
            for one in contacts.for_quality(session):
                yield _Listener(hears, one.id, one.locale, one.channel)
        case _:
            assert_never(hears)


def _message(transaction: Transaction, complaint: Complaint, due: Due, listener: _Listener) -> Message:
    """What is owed and since when, who has it, and what to do about it now."""
    catalog, lab, now, locale = transaction.catalog, transaction.lab, transaction.now, listener.locale
    say = catalog.say
    state = "soon" if now < due.due_at else "late"
    what = "urgent" if due.promise.round_the_clock else due.clock.value
    words = say(
        f"nudge.{state}.{what}",
        locale,
        number=complaint.number,
        category=say(f"category.{complaint.category}", locale),
        since=_shown(complaint.received_at, lab),
        due=_shown(due.due_at, lab),
        time=_span(lab.calendar.between(min(now, due.due_at), max(now, due.due_at))),
    )
    # These help those who are to act; nobody but the quality managers can close a complaint.
    helps = listener.hears is Hears.HEAD or (listener.hears is Hears.QUALITY and due.clock is not Clock.CLOSE)
    todo = say("nudge.help" if helps else f"nudge.do.{due.clock}", locale)
    session, assignee_id = transaction.session, complaint.assignee_id
    assignee = contacts.place_of(session, assignee_id) if assignee_id else None
    nobody = "" if assignee else say("nudge.nobody", locale)
    in_charge = Field(say("card.assignee", locale), nobody, assignee.address if assignee else None)
    action = Action.REPLY if due.clock is Clock.WAIT else Action(due.clock)
    step = Button(say(f"action.{action}", locale), f"{BUTTON}.{action}.{complaint.id}", "primary")
    can_act = listener.channel == SLACK and not helps
    return Message(f"{words} {todo}", ((step,),) if can_act else (), fields=(in_charge,))


def _shown(at: datetime, lab: Lab) -> str:
    return f"{at.astimezone(lab.zone):%Y-%m-%d %H:%M}"


def _span(time: timedelta) -> str:
    """A length of time as everybody reads it, to the minute begun: 45 min, 3 h, 3 h 5 min."""
    hours, minutes = divmod(max(-(-time // _MINUTE), 1), 60)
    return " ".join(f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min")) if count)
