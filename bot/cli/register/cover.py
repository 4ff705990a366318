"""What stands at the head of a file for people: whose register it is, and what is in it."""

from dataclasses import dataclass
from datetime import datetime

from bot.cli.register.speech import Speech


@dataclass(frozen=True, slots=True)
class Cover:
    """The title, what is said below it line by line, and how the laboratory treats those who complain."""

    title: str
    laboratory: str
    lines: tuple[str, ...]
    fairness: str


def cover(
    speech: Speech, title: str, laboratory: str, lines: tuple[str, ...], now: datetime, *, identities: bool
) -> Cover:
    """The cover of a file made now; it tells whether the file shows who reported."""
    made = speech.say("register.made", at=speech.at(now), zone=str(speech.zone))
    said = speech.say("register.identities.shown" if identities else "register.identities.left_out")
    return Cover(title, laboratory, (*lines, made, said), speech.say("register.fairness", lab=laboratory))
