"""The digest desk: managers ask for the digest, subscribe to it and end it, in their own words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.catalog import Catalog
from bot.turns import Lab, SayAloud
from bot.turns.lab import SLACK
from schedules.digests.compose import Composed, Composer
from schedules.digests.recurrence import Recurrence, next_instant
from schedules.digests.wording import Wording
from schedules.digests.words import End, ShowNow, Subscribe, Unclear, understand
from storage import contacts, inbox, outbox, subscriptions
from storage.database import Database, Session
from storage.subscriptions import Terms
from storage.tables import Contact, ContactKind, Period

# Telegram's commands have no hyphen.
_COMMANDS = {SLACK: "/lab-digest"}
_COMMAND = "/digest"

Done = Literal["sent", "subscribed", "ended", "not_subscribed", "managers_only"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asked, and where the digest is to go."""

    event_id: str
    channel: str
    account: str
    place: str
    kind: ContactKind
    locale: str
    now: datetime


@dataclass(frozen=True, slots=True)
class _Change:
    """What a place is subscribed to now, and what it was before."""

    made: Terms
    before: Terms | None


class DigestDesk:
    """Answers /lab-digest. `hand_over` is told the contacts that have messages waiting."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        composer: Composer,
        lab: Lab,
        clock: Callable[[], datetime],
        hand_over: Callable[[Sequence[UUID]], None],
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._composer = composer
        self._lab = lab
        self._clock = clock
        self._hand_over = hand_over

    async def handle(
        self,
        *,
        event_id: str,
        channel: str,
        account: str,
        place: str,
        place_is_room: bool,
        words: str,
        aloud: SayAloud | None = None,
    ) -> str:
        """Do what `words` ask for and return the reply, in the asker's language and for the asker alone.

        With `aloud` a subscription is confirmed in the place instead, and taken back where nothing can be
        said: the digest could not be shown there either.

        `place` is where the digest goes: a room, or the asker's own address. Only managers and quality
        managers are served. A repeated event changes nothing and gets the same reply. A digest takes up to
        two seconds to draw: acknowledge the command before calling.
        """
        locale, may_read = await self._database.read(_asker, channel, account)
        locale = locale or self._lab.locale
        wording = Wording(self._catalog, locale)
        if not may_read:
            return wording.say("managers_only")
        kind = ContactKind.ROOM if place_is_room else ContactKind.PERSON
        asked = _Asked(event_id, channel, account, place, kind, locale, self._clock())
        wish = understand(words, self._catalog, locale)
        match wish:
            case ShowNow():
                composed = await self._composer.up_to_now(Period.WEEK, self._lab.zone, locale, asked.now)
                done, contact_id = await self._database.run(_send, asked, composed)
                if contact_id is not None:
                    self._hand_over([contact_id])
            case Subscribe(zone=zone):
                recurrence = Recurrence(
                    wish.period, wish.weekday, wish.at, ZoneInfo(zone) if zone else self._lab.zone
                )
                confirmation = _subscribed(recurrence, asked, wording)
                done, change = await self._database.run(_subscribe, asked, recurrence)
                if done == "subscribed" and aloud is None:
                    return confirmation
                if done == "subscribed" and aloud is not None:
                    told = change is None or await self._tell_room(aloud, confirmation, asked, change)
                    return "" if told else wording.say("not_in_room")
            case End():
                done = await self._database.run(_end, asked)
            case Unclear():
                return wording.say("usage", command=_command(channel))
            case _:
                assert_never(wish)
        return wording.say(done, command=_command(channel))

    async def _tell_room(self, aloud: SayAloud, words: str, asked: _Asked, change: _Change) -> bool:
        """Say in the room what was committed; where that cannot be said, take it back."""
        told = False
        try:
            told = await aloud(words)
        finally:
            if not told:
                await self._database.run(_take_back, asked, change)
        return told


def _subscribed(recurrence: Recurrence, asked: _Asked, wording: Wording) -> str:
    first = next_instant(recurrence, asked.now).astimezone(recurrence.zone)
    return wording.say(
        f"subscribed.{asked.kind.value}.{recurrence.period.value}",
        time=f"{recurrence.at:%H:%M}",
        weekday=wording.weekday(first),
        zone=recurrence.zone.key,
        first=wording.moment(first),
        command=_command(asked.channel),
    )


def _command(channel: str) -> str:
    return _COMMANDS.get(channel, _COMMAND)


def _asker(session: Session, channel: str, account: str) -> tuple[str | None, bool]:
    """The asker's language, if known, and whether they may read digests."""
    contact = contacts.find(session, channel, account)
    if contact is None:
        return None, False
    return contact.locale, contacts.role_of(session, contact.id) in subscriptions.READERS


def _send(session: Session, asked: _Asked, composed: Composed) -> tuple[Done, UUID | None]:
    if not _asker(session, asked.channel, asked.account)[1]:
        return "managers_only", None
    if not inbox.claim(session, asked.event_id, asked.now):
        return "sent", None
    place = _place(session, asked)
    outbox.enqueue(session, place.id, composed.message, asked.now, composed.image)
    return "sent", place.id


def _subscribe(session: Session, asked: _Asked, recurrence: Recurrence) -> tuple[Done, _Change | None]:
    """Subscribe the place; without a change if the event was taken before."""
    if not _asker(session, asked.channel, asked.account)[1]:
        return "managers_only", None
    if not inbox.claim(session, asked.event_id, asked.now):
        return "subscribed", None
    terms = Terms(
        period=recurrence.period,
        weekday=recurrence.weekday,
        at=f"{recurrence.at:%H:%M}",
        timezone=recurrence.zone.key,
        locale=asked.locale,
    )
    place = _place(session, asked)
    change = _Change(terms, subscriptions.terms_of(session, place.id))
    subscriptions.subscribe(session, place.id, **terms, now=asked.now)
    return "subscribed", change


def _take_back(session: Session, asked: _Asked, change: _Change) -> None:
    """Undo a change, unless there was another since."""
    inbox.release(session, asked.event_id)
    place = _place(session, asked)
    if subscriptions.terms_of(session, place.id) != change.made:
        return
    if change.before is None:
        subscriptions.unsubscribe(session, place.id)
    else:
        subscriptions.subscribe(session, place.id, **change.before, now=asked.now)


def _end(session: Session, asked: _Asked) -> Done:
    if not _asker(session, asked.channel, asked.account)[1]:
        return "managers_only"
    if not inbox.claim(session, asked.event_id, asked.now):
        return "ended"
    return "ended" if subscriptions.unsubscribe(session, _place(session, asked).id) else "not_subscribed"


def _place(session: Session, asked: _Asked) -> Contact:
    """Where the digest goes. Somebody asks from there, so it takes messages, whatever was noted earlier."""
    place = contacts.find_or_add(session, asked.channel, asked.place, asked.kind, asked.locale, asked.now)
    contacts.welcome_back(session, place, asked.now)
    return place
