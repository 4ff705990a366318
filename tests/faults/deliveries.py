"""What was sent: everything at least once, repeats only where they could not be helped, and then no more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import select

from sandbox.faults import Call
from schedules.delivery import AT_ONCE
from storage import contacts
from storage.database import Session
from storage.erasures.journal import Entry
from storage.tables import Contact, DeliveryStatus, Outbox
from tests.faults.ledger import Ledger, Life, Parting

_BLOCKED = 403
_SENDING = ("sendMessage", "editMessageText")
_A_MOMENT = timedelta(seconds=5)
_AROUND_A_STOP = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen outside: what everybody was told, every call by platform, and the lives they fall into.

    `chats` has the bot's words as they stand in each chat now, by platform and address; `words` those of each
    message in Slack, by its reference; `deeds` when what somebody did in Telegram was confirmed, by chat;
    `journal` what a restored database would have to be told. At most `at_once` messages may have been sent
    and not be written down yet when a life ends. `stops` has from when until when a server that several
    replicas share was down: what one of them had sent by then and not written down, another may send again.
    """

    ledger: Ledger
    calls: Mapping[str, Sequence[Call]]
    lives: Sequence[Life]
    chats: Mapping[str, Sequence[str]]
    words: Mapping[str, str] = field(default_factory=dict)
    deeds: Mapping[int, Sequence[datetime]] = field(default_factory=dict)
    journal: Sequence[Entry] = ()
    at_once: int = AT_ONCE
    stops: Sequence[tuple[datetime, datetime]] = ()

    def in_life(self, platform: str, life: Life) -> Sequence[Call]:
        """The calls to `platform` made in one life, in order."""
        span = life.telegram if platform == "telegram" else life.slack
        return [self.calls[platform][place] for place in span]

    def written_to(self, chat_id: int) -> Iterator[tuple[Call, Life]]:
        """The calls that write to a chat in Telegram, in order, and the life each was made in."""
        lives = {place: life for life in self.lives for place in life.telegram}
        for place, call in enumerate(self.calls["telegram"]):
            if call.chat_id == chat_id and call.method in _SENDING and place in lives:
                yield call, lives[place]

    def is_stopped(self, call: Call) -> bool:
        """Whether the call was made while the server was down, or just before or after."""
        return any(began - _AROUND_A_STOP < call.at < ended + _AROUND_A_STOP for began, ended in self.stops)


@dataclass(frozen=True, slots=True)
class Repeats:
    """Messages that stand in a chat and were sent again, and why that could not be helped."""

    unanswered: int = 0
    in_flight: int = 0
    at_stop: int = 0
    needless: tuple[str, ...] = ()


def deliveries(session: Session, seen: Seen) -> Iterator[str]:
    """Every message left, was where it is said to have been put, and was not repeated needlessly."""
    made = {call.made for calls in seen.calls.values() for call in calls if call.made is not None}
    places = {str(one) for one in made}
    for row, contact in session.exec(select(Outbox, Contact).join(Contact)):
        who = f"{contact.channel}:{contact.address}"
        match row.status:
            case DeliveryStatus.PENDING:
                yield f"a message to {who} was never delivered"
            case DeliveryStatus.UNDELIVERABLE if contact.blocked_at is None:
                yield f"a message to {who} was given up: {row.error}"
            case DeliveryStatus.CANCELLED if contact.withdrawn_at is None:
                yield f"a message to {who} was taken back, and they had not asked for that"
            case DeliveryStatus.SENT if row.reference not in places:
                yield f"a message to {who} is recorded as sent and is nowhere"
    yield from repeats(session, seen).needless


def repeats(session: Session, seen: Seen) -> Repeats:
    """Count what was sent and not recorded as sent: it was sent again, or was about to be.

    That cannot be helped where the platform gave no answer, nor for the last one to somebody before a kill,
    of as many as the bot sends at once, nor at a stop of a server that replicas share. A word aside in Slack,
    which no delivery stands behind, repeats nothing that was delivered.
    """
    recorded, known = set(), set()
    for row, contact in session.exec(select(Outbox, Contact).join(Contact)):
        recorded.add(row.reference)
        known.add((contact.channel, contact.address))
    delivered = {seen.words[one] for one in recorded if one is not None and one in seen.words}
    unanswered, in_flight, at_stop, needless = 0, 0, 0, []
    for life in seen.lives:
        free = seen.at_once
        for platform in seen.calls:
            posts = [
                call
                for call in seen.in_life(platform, life)
                if call.made is not None and seen.words.get(str(call.made)) in (None, *delivered)
            ]
            last = {call.chat_id: call for call in posts}
            for call in posts:
                if str(call.made) in recorded or (platform, str(call.chat_id)) not in known:
                    continue
                if call.answered != 200:
                    unanswered += 1
                elif free and last[call.chat_id] is call and _in_flight(call, seen.in_life(platform, life)):
                    in_flight += 1
                    free -= 1
                elif seen.is_stopped(call):
                    at_stop += 1
                else:
                    needless.append(f"a message to {platform}:{call.chat_id} was repeated needlessly")
    return Repeats(unanswered, in_flight, at_stop, tuple(needless))


def silence(session: Session, seen: Seen) -> Iterator[str]:
    """Who stopped, declined or blocked the bot hears no more of it."""
    for told in seen.ledger.patients:
        who = f"telegram:{told.chat_id}"
        match told.parting:
            case Parting.STOPPED | Parting.REFUSED:
                texts = list(seen.chats[who])
                first = next(number for number, text in enumerate(texts) if told.farewell in text)
                if not all(told.farewell in text for text in texts[first:]):
                    yield f"{who} was written to after the farewell"
            case Parting.BLOCKED:
                yield from _no_more(seen, told.chat_id)
                contact = contacts.find(session, "telegram", str(told.chat_id))
                if contact is not None and contact.blocked_at is None:
                    yield f"{who} has blocked the bot, and nobody took note"
            case Parting.THANKED | None:
                pass


def _no_more(seen: Seen, chat_id: int) -> Iterator[str]:
    """After a refusal nothing more is sent, but for one that a kill kept from being written down, and answers
    to what the person had done before and Telegram delivered later.
    """
    refusal, refused_in, more = None, None, 0
    for call, life in seen.written_to(chat_id):
        if refusal is not None and refused_in is not None and life is not refused_in:
            unwritten = _in_flight(refusal, seen.in_life("telegram", refused_in))
            if unwritten or seen.is_stopped(refusal):
                refusal, more = None, 0
        if refusal is None:
            refusal, refused_in = (call, life) if call.answered == _BLOCKED else (None, None)
            continue
        more += 1
        if more > sum(one >= refusal.at for one in seen.deeds.get(chat_id, ())):
            yield f"telegram:{chat_id} has blocked the bot and was written to again"
            return


def _in_flight(call: Call, calls: Sequence[Call]) -> bool:
    """Whether the life ended so soon after this call that it may not have come to write the outcome down."""
    return calls[-1].at - call.at < _A_MOMENT
