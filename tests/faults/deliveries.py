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


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen outside: what everybody was told, every call by platform, and the lives they fall into.

    `chats` has the bot's words as they stand in each chat now, by platform and address; `words` those of each
    message in Slack, by its reference; `deeds` when what somebody did in Telegram was confirmed, by chat;
    `journal` what a restored database would have to be told. At most `at_once` messages may have been sent
    and not be written down yet when a life ends.
    """

    ledger: Ledger
    calls: Mapping[str, Sequence[Call]]
    lives: Sequence[Life]
    chats: Mapping[str, Sequence[str]]
    words: Mapping[str, str] = field(default_factory=dict)
    deeds: Mapping[int, Sequence[datetime]] = field(default_factory=dict)
    journal: Sequence[Entry] = ()
    at_once: int = AT_ONCE

    def in_life(self, platform: str, life: Life) -> Sequence[Call]:
        """The calls to `platform` made in one life, in order."""
        span = life.telegram if platform == "telegram" else life.slack
        return self.calls[platform][span.start : span.stop]


@dataclass(frozen=True, slots=True)
class Repeats:
    """Messages that stand in a chat and were sent again, and why that could not be helped."""

    unanswered: int = 0
    in_flight: int = 0
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
    of as many as the bot sends at once. A word aside in Slack, which no delivery stands behind, repeats
    nothing that was delivered.
    """
    recorded, known = set(), set()
    for row, contact in session.exec(select(Outbox, Contact).join(Contact)):
        recorded.add(row.reference)
        known.add((contact.channel, contact.address))
    delivered = {seen.words[one] for one in recorded if one is not None and one in seen.words}
    unanswered, in_flight, needless = 0, 0, []
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
                else:
                    needless.append(f"a message to {platform}:{call.chat_id} was repeated needlessly")
    return Repeats(unanswered, in_flight, tuple(needless))


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
    refusal: Call | None = None
    more = 0
    for life in seen.lives:
        calls = seen.in_life("telegram", life)
        known = refusal
        for call in calls:
            if call.chat_id != chat_id or call.method not in _SENDING:
                continue
            if refusal is not None:
                more += 1
            elif call.answered == _BLOCKED:
                refusal = call
        late = [one for one in seen.deeds.get(chat_id, ()) if refusal is not None and one >= refusal.at]
        if more > len(late):
            yield f"telegram:{chat_id} has blocked the bot and was written to again"
            return
        if refusal is not None and known is None and _in_flight(refusal, calls):
            refusal, more = None, 0


def _in_flight(call: Call, calls: Sequence[Call]) -> bool:
    """Whether the life ended so soon after this call that it may not have come to write the outcome down."""
    return calls[-1].at - call.at < _A_MOMENT
