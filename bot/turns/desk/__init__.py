"""The complaint desk: what staff and reporter do with a complaint, and what everybody is told and shown."""

from bot.turns.desk.card import BUTTON, show_card
from bot.turns.desk.intake import Came, open_complaint
from bot.turns.desk.reporter import add_words, rate, tell_relayed
from bot.turns.desk.steps import Acted, StaffActed, act

__all__ = [
    "BUTTON",
    "Acted",
    "Came",
    "StaffActed",
    "act",
    "add_words",
    "open_complaint",
    "rate",
    "show_card",
    "tell_relayed",
]
