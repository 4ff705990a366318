"""One event in, one transaction, its effects out."""

from bot.turns.desk import StaffActed
from bot.turns.digests import DigestDesk, SayAloud
from bot.turns.entering import Entered, NotStaff, enter
from bot.turns.lab import UNSEEN, Lab
from bot.turns.outcome import Outcome
from bot.turns.results import UnknownOrder, report_results
from bot.turns.turn import Turns

__all__ = [
    "UNSEEN",
    "DigestDesk",
    "Entered",
    "Lab",
    "NotStaff",
    "Outcome",
    "SayAloud",
    "StaffActed",
    "Turns",
    "UnknownOrder",
    "enter",
    "report_results",
]
