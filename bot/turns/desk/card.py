"""The card of a complaint: the essentials at a glance, with the buttons of the steps open now."""

from collections.abc import Sequence

from bot.complaints import slots
from bot.complaints.lifecycle import Action, open_actions
from bot.complaints.severity import factor, severity
from bot.complaints.terms import Status
from bot.dialog.message import Button, Field, Message
from bot.turns.lab import SLACK, Room, Transaction
from storage import contacts
from storage.tables import Complaint

BUTTON = "complaint"
_IN_A_ROW = 5


def show_card(
    transaction: Transaction, complaint: Complaint, *, replace: bool, before: Sequence[Room] = ()
) -> None:
    """Show the complaint in its rooms as it stands, in place of its earlier card there if it has one.

    In rooms it was in `before` and is not any more, the card says where it went, and offers nothing.
    """
    rooms = transaction.rooms_of(complaint)
    for room in rooms:
        transaction.leave(room.id, card(transaction, complaint, room.locale, replace=replace))
    for room in before:
        if room not in rooms:
            transaction.leave(room.id, _gone(transaction, complaint, room.locale))


def _gone(transaction: Transaction, complaint: Complaint, locale: str) -> Message:
    say = transaction.catalog.say
    where = say(f"department.{complaint.department}", locale)
    said = say("card.gone", locale, number=complaint.number, department=where)
    return Message(said, slot=slots.slot(complaint.id), replace=True)


def card(transaction: Transaction, complaint: Complaint, locale: str, *, replace: bool) -> Message:
    """The complaint at a glance, without the name of a reporter who asked for that."""
    say, session = transaction.catalog.say, transaction.session
    reporter = contacts.place_of(session, complaint.reporter_id) if complaint.reporter_id else None
    assignee = contacts.place_of(session, complaint.assignee_id) if complaint.assignee_id else None
    in_slack = reporter is not None and reporter.channel == SLACK and not complaint.confidential
    due, zone = complaint.due_at, transaction.lab.zone
    waiting = complaint.waiting_since is not None and complaint.status is not Status.RESOLVED

    def field(name: str, value: str | None, person: str | None = None) -> tuple[Field, ...]:
        return (Field(say(f"card.{name}", locale), value or "", person),) if value or person else ()

    fields = (
        *field("status", say("card.waiting" if waiting else f"status.{complaint.status}", locale)),
        *field("severity", severity_in_words(transaction, complaint, locale)),
        *field("due", f"{due.astimezone(zone):%Y-%m-%d %H:%M}" if due else None),
        *field("department", say(f"department.{complaint.department}", locale)),
        *field("assignee", None, assignee.address if assignee else None),
        *field("phase", say(f"phase.{complaint.phase}", locale)),
        *field("site", complaint.site),
        *field("order", complaint.order_masked),
        *field(
            "reporter",
            _reporter(transaction, complaint, locale),
            reporter.address if reporter and in_slack else None,
        ),
        *field("contact", None if complaint.may_contact else say("card.no_contact", locale)),
        *field("phone", complaint.phone),
        *field("best_time", complaint.best_time and say(f"best_time.{complaint.best_time}", locale)),
        *field("need", complaint.need),
        *field("outcome", complaint.outcome),
        *field("rating", complaint.rating and say(f"rating.{complaint.rating}", locale)),
    )
    category = say(f"category.{complaint.category}", locale)
    title = say(
        "card.title.safety" if complaint.safety else "card.title",
        locale,
        number=complaint.number,
        category=category,
    )
    return Message(
        title,
        _buttons(transaction, complaint, locale),
        title=title,
        fields=fields,
        quotes=(complaint.words,),
        slot=slots.slot(complaint.id),
        replace=replace,
    )


def severity_in_words(transaction: Transaction, complaint: Complaint, locale: str) -> str:
    """The severity together with the rule it comes from."""
    say = transaction.catalog.say
    return say(
        "card.severity.rule",
        locale,
        severity=severity(complaint.consequence, complaint.recurrence),
        consequence=say(f"consequence.{complaint.consequence}", locale),
        by_consequence=factor(complaint.consequence),
        recurrence=say(f"recurrence.{complaint.recurrence}", locale),
        by_recurrence=factor(complaint.recurrence),
    )


def _reporter(transaction: Transaction, complaint: Complaint, locale: str) -> str:
    """Who reported it and how, as far as everybody may see."""
    say = transaction.catalog.say
    who = say(f"complainant.{complaint.complainant}", locale)
    if complaint.relay_hash is not None:
        who = say("card.anonymous", locale)
    elif complaint.confidential:
        who = say("card.confidential", locale, who=who)
    return say("card.reported", locale, who=who, channel=say(f"channel.{complaint.channel}", locale))


def _buttons(transaction: Transaction, complaint: Complaint, locale: str) -> tuple[tuple[Button, ...], ...]:
    buttons = [
        Button(
            transaction.catalog.say(f"action.{action}", locale),
            f"{BUTTON}.{action}.{complaint.id}",
            "primary" if action in (Action.ACKNOWLEDGE, Action.CLOSE) else "plain",
        )
        for action in open_actions(complaint.status)
    ]
    return tuple(tuple(buttons[i : i + _IN_A_ROW]) for i in range(0, len(buttons), _IN_A_ROW))
