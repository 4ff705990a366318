"""The complaint desk: what staff do with a complaint, what the reporter is told, the card everyone sees."""

from dataclasses import dataclass
from typing import Literal, assert_never
from uuid import UUID

from bot.complaints import sla
from bot.complaints.lifecycle import Action, Refusal, open_actions, take
from bot.complaints.terms import Status
from bot.dialog.message import Button, Field, Message
from bot.turns.lab import SLACK, Transaction
from storage import complaints, contacts
from storage.contacts import Held
from storage.tables import Complaint, Contact

BUTTON = "complaint"
TELL = "tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffActed:
    """A member of staff took a step on a complaint: `words` for the reporter, `outcome` for the record."""

    event_id: str
    channel: str
    account: str
    complaint: str
    action: Action
    outcome: str = ""
    words: str = ""
    language: str | None = None
    kind: Literal["staff_acted"] = "staff_acted"


def act(transaction: Transaction, actor: Held, event: StaffActed) -> str:
    """Take the step if the actor's role, read now, and the complaint's state allow it.

    Returns what to tell the actor. A step taken is written to the history, shown on the card and told to
    the reporter.
    """
    say = transaction.catalog.say
    role = contacts.role_of(transaction.session, actor.id)
    if role is None:
        return say("desk.staff_only", actor.locale)
    complaint = _find(transaction, event.complaint)
    if complaint is None:
        return say("desk.unknown", actor.locale)
    status = take(event.action, complaint.status, role)
    match status:
        case Refusal.NOT_STAFF:
            return say("desk.staff_only", actor.locale)
        case Refusal.NOT_NOW:
            state = say(f"status.{complaint.status}", actor.locale)
            return say("desk.not_now", actor.locale, number=complaint.number, state=state)
        case Status():
            pass
        case _:
            assert_never(status)
    _apply(transaction, complaint, actor, event, status)
    show_card(transaction, complaint, replace=True)
    told = _tell_reporter(transaction, complaint, actor, event)
    done = say(f"desk.done.{event.action}", actor.locale, number=complaint.number)
    return f"{done} {say(f'desk.reporter.{told}', actor.locale)}"


def _find(transaction: Transaction, complaint: str) -> Complaint | None:
    try:
        complaint_id = UUID(complaint)
    except ValueError:
        return None
    return complaints.locked(transaction.session, complaint_id)


def _apply(
    transaction: Transaction, complaint: Complaint, actor: Held, event: StaffActed, status: Status
) -> None:
    now = transaction.now
    complaint.status = status
    complaint.acknowledged_at = complaint.acknowledged_at or now
    match event.action:
        case Action.ACKNOWLEDGE:
            note = None
        case Action.TAKE:
            complaint.assignee_id = actor.id
            note = None
        case Action.RESOLVE:
            complaint.resolved_at = now
            complaint.outcome = event.outcome
            note = event.outcome
        case _:
            assert_never(event.action)
    complaints.record(transaction.session, complaint, event.action, actor.id, now, note)


def _tell_reporter(
    transaction: Transaction, complaint: Complaint, actor: Held, event: StaffActed
) -> Literal["told", "no_contact", "unreachable"]:
    """Tell the reporter of a step, if they may and can be told; whether they are.

    Words of the actor's own that were told are a line of the history.
    """
    if not complaint.may_contact:
        return "no_contact"
    reporter = transaction.session.get(Contact, complaint.reporter_id) if complaint.reporter_id else None
    if reporter is None or reporter.blocked_at or _withdrew_since(reporter, complaint):
        return "unreachable"
    key = transaction.catalog.key_on(reporter.channel, f"told.{event.action}")
    words = transaction.catalog.say(key, reporter.locale, number=complaint.number)
    transaction.leave(reporter.id, Message(words, quotes=(event.words,) if event.words else ()))
    if event.words:
        complaints.record(transaction.session, complaint, TELL, actor.id, transaction.now, event.words)
    return "told"


def _withdrew_since(reporter: Contact, complaint: Complaint) -> bool:
    """Whether the reporter wants no messages; who complains after withdrawing wrote to us first."""
    return reporter.withdrawn_at is not None and reporter.withdrawn_at >= complaint.received_at


def show_card(transaction: Transaction, complaint: Complaint, *, replace: bool) -> None:
    """Show the complaint in the triage room as it stands, in place of its earlier card if it has one."""
    room = transaction.triage_room()
    if room is not None:
        room_id, locale = room
        transaction.leave(room_id, card(transaction, complaint, locale, replace=replace))


def card(transaction: Transaction, complaint: Complaint, locale: str, *, replace: bool) -> Message:
    """The essentials of a complaint at a glance, with the buttons of the steps open now."""
    say = transaction.catalog.say
    session = transaction.session
    reporter = contacts.place_of(session, complaint.reporter_id) if complaint.reporter_id else None
    assignee = contacts.place_of(session, complaint.assignee_id) if complaint.assignee_id else None
    due = sla.due_at(complaint.received_at, complaint.consequence, complaint.status)
    zone = transaction.lab.zone

    def field(name: str, value: str | None, person: str | None = None) -> tuple[Field, ...]:
        return (Field(say(f"card.{name}", locale), value or "", person),) if value or person else ()

    reported_on = say(f"channel.{complaint.channel}", locale)
    fields = (
        *field("status", say(f"status.{complaint.status}", locale)),
        *field("category", say(f"category.{complaint.category}", locale)),
        *field("consequence", say(f"consequence.{complaint.consequence}", locale)),
        *field("phase", say(f"phase.{complaint.phase}", locale)),
        *field("site", complaint.site),
        *field("order", complaint.order_masked),
        *field("reporter", reported_on, reporter.address if reporter and reporter.channel == SLACK else None),
        *field("contact", None if complaint.may_contact else say("card.no_contact", locale)),
        *field("phone", complaint.phone),
        *field("best_time", complaint.best_time and say(f"best_time.{complaint.best_time}", locale)),
        *field("need", complaint.need),
        *field("assignee", None, assignee.address if assignee else None),
        *field("due", f"{due.astimezone(zone):%Y-%m-%d %H:%M}" if due else None),
        *field("outcome", complaint.outcome),
    )
    actions = tuple(
        Button(
            say(f"action.{action}", locale),
            f"{BUTTON}.{action}.{complaint.id}",
            "primary" if action is Action.ACKNOWLEDGE else "plain",
        )
        for action in open_actions(complaint.status)
    )
    title = say("card.title", locale, number=complaint.number)
    return Message(
        say("card.fallback", locale, number=complaint.number),
        (actions,) if actions else (),
        title=title,
        fields=fields,
        quotes=(complaint.words,),
        slot=f"complaint:{complaint.id}",
        replace=replace,
    )
