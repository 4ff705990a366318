"""The clocks of a complaint, kept where the register is read: which runs out next, and when to look at it."""

from datetime import timedelta

from bot.turns.lab import Transaction
from storage.tables import Complaint


def wind(transaction: Transaction, complaint: Complaint) -> None:
    """Set what is owed next by what has happened; doing it twice changes nothing."""


def stop_waiting(transaction: Transaction, complaint: Complaint) -> None:
    """The reporter has answered, or need not any more: the clock that stood still goes on."""
    if complaint.waiting_since is not None:
        waited = max(transaction.now - complaint.waiting_since, timedelta())
        complaint.waited_seconds += int(waited.total_seconds())
        complaint.waiting_since = None
