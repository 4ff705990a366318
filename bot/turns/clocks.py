"""The clocks of a complaint, kept where the register is read: which runs out next, and when to look at it."""

from datetime import timedelta

from bot.complaints import sla
from bot.complaints.lifecycle import Clock
from bot.complaints.severity import band
from bot.complaints.sla import Due, Moments
from bot.turns.lab import Lab, Transaction
from storage.tables import Complaint


def owed(lab: Lab, complaint: Complaint) -> Due | None:
    """The clock of the complaint that runs out first, by what the laboratory promises now."""
    severity = band(complaint.consequence, complaint.recurrence, safety=complaint.safety)
    moments = Moments(
        received_at=complaint.received_at,
        acknowledged_at=complaint.acknowledged_at,
        progressed_at=complaint.progressed_at,
        reopened_at=complaint.reopened_at,
        resolved_at=complaint.resolved_at,
        waiting_since=complaint.waiting_since,
        waited=timedelta(seconds=complaint.waited_seconds),
    )
    return sla.owed(complaint.status, moments, lab.promises[severity], lab.calendar)


def wind(transaction: Transaction, complaint: Complaint) -> None:
    """Set what is owed next by what has happened; doing it twice changes nothing.

    Nudges are counted for each clock anew. Waiting for the reporter has a clock of its own; the one that
    stood still meanwhile goes on where it stood, and nobody is reminded of it twice.
    """
    now, calendar = transaction.now, transaction.lab.calendar
    due = owed(transaction.lab, complaint)
    if due is None:
        complaint.clock, complaint.due_at, complaint.look_at, complaint.nudges = None, None, None, 0
    elif due.clock is not complaint.clock:
        before, complaint.clock, complaint.due_at = complaint.clock, due.clock, due.due_at
        complaint.nudges = sla.given_before(due, now) if before is Clock.WAIT else 0
        is_new = before is None
        complaint.look_at = (
            sla.first_look(due, now, calendar)
            if is_new
            else sla.look_at(due, complaint.nudges, now, calendar)
        )
    elif due.due_at != complaint.due_at:
        complaint.due_at = due.due_at
        complaint.nudges = sla.still_given(due, complaint.nudges, now)
        complaint.look_at = sla.look_at(due, complaint.nudges, now, calendar)


def stop_waiting(transaction: Transaction, complaint: Complaint) -> None:
    """The reporter has answered, or need not any more: the clock that stood still goes on."""
    if complaint.waiting_since is not None:
        waited = transaction.lab.calendar.between(complaint.waiting_since, transaction.now)
        complaint.waited_seconds += round(waited.total_seconds())
        complaint.waiting_since = None
