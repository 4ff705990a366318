"""What stands at the head of a file for people: whose register it is, and what is in it."""

from dataclasses import dataclass
from datetime import datetime

from bot.cli.register.selection import Selection
from bot.cli.register.speech import Speech


@dataclass(frozen=True, slots=True)
class Cover:
    """The title, what is said below it line by line, and how the laboratory treats those who complain."""

    title: str
    laboratory: str
    lines: tuple[str, ...]
    fairness: str


def of_register(
    speech: Speech, laboratory: str, selection: Selection, count: int, now: datetime, *, identities: bool
) -> Cover:
    """The cover of the register."""
    chosen = (selection.in_words(speech), speech.say("register.count", count=count))
    return _cover(speech, speech.say("register.title"), laboratory, chosen, now, identities=identities)


def of_dossier(speech: Speech, laboratory: str, number: str, now: datetime, *, identities: bool) -> Cover:
    """The cover of one complaint's dossier."""
    title = speech.say("register.dossier", number=number)
    return _cover(speech, title, laboratory, (), now, identities=identities)


def _cover(
    speech: Speech, title: str, laboratory: str, lines: tuple[str, ...], now: datetime, *, identities: bool
) -> Cover:
    made = speech.say("register.made", at=speech.at(now), zone=str(speech.zone))
    said = speech.say("register.identities.shown" if identities else "register.identities.left_out")
    return Cover(title, laboratory, (*lines, made, said), speech.say("register.fairness", lab=laboratory))
