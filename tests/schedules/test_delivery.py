"""Delivery: in order, once, with patience, and never to somebody who is gone."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest.mock import AsyncMock
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary, text, type_coerce
from sqlmodel import col, select, update

from bot.channels import DeliveryOutcome, RetryAfter, Sent, Undeliverable
from bot.dialog.message import Message
from schedules.delivery import Delivery
from storage import contacts, outbox
from storage.database import Database, DatabaseUnavailable, Session
from storage.database.holds import _number
from storage.documents import UnreadableDocument
from storage.encryption import Keyring
from storage.tables import Contact, ContactKind, DeliveryStatus, Outbox
from tests.stage.waiting import until

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass(slots=True)
class Postcards:
    """A channel that accepts everything, unless told otherwise for its next messages."""

    name: str = "postcards"
    next: list[DeliveryOutcome | Exception] = field(default_factory=list)
    sent: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    edited: list[tuple[str | None, str | None]] = field(default_factory=list)
    below: list[str | None] = field(default_factory=list)
    gate: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    times: int = 0
    tried: list[str] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)

    async def send(
        self,
        address: str,
        message: Message,
        *,
        image: bytes | None,
        replaces: str | None,
        supersedes: str | None,
        under: str | None,
        urgent: bool,
    ) -> DeliveryOutcome:
        self.asked.set()
        self.times += 1
        self.tried.append(address)
        if urgent:
            self.urgent.append(address)
        if self.gate:
            await self.gate.wait()
        if self.next:
            outcome = self.next.pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome
        self.sent[address].append(message.text)
        self.edited.append((replaces, supersedes))
        self.below.append(under)
        return Sent(f"{address}:{len(self.sent[address])}")


@dataclass(slots=True)
class Post:
    """A database, one channel, and the delivery between them."""

    database: Database
    channel: Postcards = field(default_factory=Postcards)
    now: datetime = START
    delivery: Delivery = field(init=False)

    def __post_init__(self) -> None:
        self.delivery = Delivery(self.database, {"postcards": self.channel}, self.clock)

    def clock(self) -> datetime:
        """A moment later whenever it is looked at, as clocks are."""
        self.now += timedelta(microseconds=1)
        return self.now

    async def write(
        self, address: str, *texts: str, slot: str = "", replace: bool = False, under: str = ""
    ) -> UUID:
        return await self.database.run(_write, address, texts, slot, replace, self.now, under=under)

    async def status(self) -> list[DeliveryStatus]:
        return await self.database.read(_status)

    async def deliver(self, *contact_ids: UUID) -> None:
        self.delivery.hand_over(contact_ids)
        await self.delivery.settle()

    async def poll(self) -> None:
        await self.delivery.poll()
        await self.delivery.settle()


def _write(
    session: Session,
    address: str,
    texts: tuple[str, ...],
    slot: str,
    replace: bool,
    now: datetime,
    channel: str = "postcards",
    under: str = "",
) -> UUID:
    contact = contacts.find_or_add(session, channel, address, ContactKind.PERSON, "en", now)
    for words in texts:
        outbox.enqueue(session, contact.id, Message(words, slot=slot, replace=replace, under=under), now)
    return contact.id


def _status(session: Session) -> list[DeliveryStatus]:
    rows = session.exec(select(Outbox).order_by(col(Outbox.id))).all()
    return [row.status for row in rows]


@pytest.fixture
async def post(database: Database) -> AsyncIterator[Post]:
    made = Post(database)
    yield made
    await made.delivery.close()


async def test_messages_of_one_contact_keep_their_order(post: Post) -> None:
    contact = await post.write("ana", *(str(n) for n in range(20)))
    await post.deliver(contact)
    assert post.channel.sent["ana"] == [str(n) for n in range(20)]


async def test_words_are_dropped_once_they_are_delivered(post: Post) -> None:
    await post.deliver(await post.write("ana", "hello"))
    row = await post.database.read(lambda session: session.exec(select(Outbox)).one())
    assert (row.status, row.body, row.reference) == (DeliveryStatus.SENT, None, "ana:1")


async def test_a_message_written_while_another_leaves_is_delivered_too(post: Post) -> None:
    post.channel.gate = asyncio.Event()
    contact = await post.write("ana", "one")
    post.delivery.hand_over([contact])
    await post.write("ana", "two")
    post.delivery.hand_over([contact])
    post.channel.gate.set()
    await post.delivery.settle()
    assert post.channel.sent["ana"] == ["one", "two"]


async def test_handing_over_twice_delivers_once(post: Post) -> None:
    contact = await post.write("ana", "one")
    post.delivery.hand_over([contact, contact])
    await post.deliver(contact)
    assert post.channel.sent["ana"] == ["one"]


async def test_what_was_never_handed_over_is_found_by_polling(post: Post) -> None:
    await post.write("ana", "one")
    await post.write("ben", "two")
    await post.poll()
    assert post.channel.sent == {"ana": ["one"], "ben": ["two"]}


async def test_a_limit_holds_back_one_contact_alone(post: Post) -> None:
    post.channel.next = [RetryAfter("too many", 30.0)]
    await post.deliver(await post.write("ana", "one", "two"))
    await post.deliver(await post.write("ben", "three"))
    assert post.channel.sent == {"ben": ["three"]}
    post.now += timedelta(seconds=29)
    await post.poll()
    assert "ana" not in post.channel.sent
    post.now += timedelta(seconds=2)
    await post.poll()
    assert post.channel.sent["ana"] == ["one", "two"]


async def test_an_outage_holds_back_the_whole_channel_and_is_logged_once(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    down = RetryAfter("connection refused", whole_channel=True)
    post.channel.next = [down, down]
    await post.deliver(await post.write("ana", "one"))
    await post.deliver(await post.write("ben", "two"))
    assert post.channel.next == [down]
    post.now += timedelta(seconds=2)
    await post.poll()
    post.now += timedelta(seconds=10)
    await post.poll()
    assert post.channel.sent == {"ana": ["one"], "ben": ["two"]}
    messages = [record.message for record in caplog.records]
    assert messages == [
        "postcards cannot be reached, messages wait: connection refused",
        "postcards can be reached again",
    ]


async def test_someone_who_is_gone_gets_nothing_more(post: Post) -> None:
    post.channel.next = [Undeliverable("blocked", gone=True)]
    await post.deliver(await post.write("ana", "one", "two"))
    assert post.channel.sent == {}
    assert await post.status() == [DeliveryStatus.UNDELIVERABLE] * 2
    contact = await post.database.read(lambda session: session.exec(select(Contact)).one())
    assert contact.blocked_at is not None


async def test_a_refused_message_does_not_stop_the_next(post: Post) -> None:
    post.channel.next = [Undeliverable("too long")]
    await post.deliver(await post.write("ana", "one", "two"))
    assert post.channel.sent["ana"] == ["two"]


async def test_a_defect_in_one_message_gives_up_after_some_tries(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    post.channel.next = [ValueError("defect")] * 8
    await post.write("ana", "one", "two")
    for _ in range(8):
        await post.poll()
        post.now += timedelta(minutes=10)
    assert post.channel.sent["ana"] == ["two"]


async def test_the_newest_message_of_a_slot_is_replaced(post: Post) -> None:
    await post.deliver(await post.write("ana", "one", slot="question"))
    await post.deliver(await post.write("ana", "two", slot="question"))
    await post.deliver(await post.write("ana", "three", slot="question", replace=True))
    assert post.channel.edited == [(None, None), (None, "ana:1"), ("ana:2", None)]


async def test_what_belongs_below_a_message_follows_it_there(post: Post) -> None:
    contact = await post.write("ana", "card", slot="card")
    await post.write("ana", "words", under="card")
    await post.deliver(contact)
    await post.deliver(await post.write("ana", "card, edited", slot="card", replace=True))
    await post.deliver(await post.write("ana", "more words", under="card"))
    assert post.channel.below == [None, "ana:1", None, "ana:3"]


async def test_one_persons_many_messages_keep_nobody_out(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schedules.delivery.BATCH", 1)
    post.channel.next = [RetryAfter("not yet", seconds=3600)]
    await post.deliver(await post.write("ana", *(str(n) for n in range(5))))
    await post.write("ben", "hello")
    await post.poll()
    assert dict(post.channel.sent) == {"ben": ["hello"]}


async def test_a_message_at_hand_is_sent_once_and_what_follows_it_too(post: Post) -> None:
    contact = await post.write("ana", "one", "two")
    found = await post.database.read(outbox.next_for, contact)
    assert found
    post.delivery.hand_over([contact], [found])
    post.delivery.hand_over([contact], [found])
    await post.delivery.settle()
    assert post.channel.sent["ana"] == ["one", "two"]


async def test_a_message_at_hand_that_is_taken_back_while_it_waits_for_a_place_is_not_sent(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post.delivery, "_at_once", asyncio.Semaphore(1))
    post.channel.gate = asyncio.Event()
    ana, ben = await post.write("ana", "one"), await post.write("ben", "two")
    found = await post.database.read(outbox.next_for, ben)
    assert found
    post.delivery.hand_over([ana])
    await post.channel.asked.wait()
    post.delivery.hand_over([ben], [found])
    await post.database.run(outbox.cancel_for, ben)
    post.channel.gate.set()
    await post.delivery.settle()
    assert "ben" not in post.channel.sent


async def test_closing_waits_for_the_message_on_its_way(post: Post) -> None:
    post.channel.gate = asyncio.Event()
    post.delivery.hand_over([await post.write("ana", "one", "two")])
    await post.channel.asked.wait()
    closing = asyncio.create_task(post.delivery.close())
    post.channel.gate.set()
    await closing
    assert (await post.status())[1] is DeliveryStatus.PENDING


async def test_a_message_for_a_channel_not_connected_waits(post: Post) -> None:
    other = Delivery(post.database, {}, lambda: post.now)
    contact = await post.write("ana", "one")
    other.hand_over([contact])
    await other.settle()
    assert await post.status() == [DeliveryStatus.PENDING]
    await other.close()


async def test_a_send_that_hangs_is_given_up_alone_and_made_again(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.channel.gate = asyncio.Event()
    ana, ben = await post.write("ana", "one", "two"), await post.write("ben", "three")
    post.delivery.pulse.time = lambda: 0.0
    post.delivery.hand_over([ana])
    await until(lambda: len(post.delivery._sending) == 1)
    post.delivery.pulse.time = lambda: 100.0
    post.delivery.hand_over([ben])
    await until(lambda: len(post.delivery._sending) == 2)
    post.delivery.pulse.time = lambda: 181.0
    assert list(post.delivery.pulse.silent()) == [ana]
    await post.delivery.restart()
    post.channel.gate.set()
    await post.delivery.settle()
    assert not post.delivery.pulse.silent()
    assert post.channel.sent == {"ben": ["three"]}
    post.now += timedelta(seconds=2)
    await post.poll()
    assert post.channel.sent["ana"] == ["one", "two"]
    assert "it may have arrived" in caplog.text


async def test_work_that_dies_is_told_once_and_taken_up_again(
    post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await post.write("ana", "one")
    with monkeypatch.context() as broken:
        broken.setattr("storage.outbox.message_of", _unreadable)
        for _ in range(3):
            await post.poll()
    await post.poll()
    assert post.channel.sent == {"ana": ["one"]}
    assert caplog.text.count("cannot be delivered and are tried again") == 1


async def test_a_message_that_arrives_shows_that_somebody_who_blocked_is_back(post: Post) -> None:
    contact_id = await post.write("ana", "one")
    await post.database.run(contacts.mark_blocked, contact_id, START)
    await post.deliver(contact_id)
    assert (await post.database.read(lambda session: session.get_one(Contact, contact_id))).blocked_at is None


async def test_a_message_that_left_before_somebody_blocked_shows_nothing(post: Post) -> None:
    post.channel.gate = asyncio.Event()
    contact_id = await post.write("ana", "one")
    post.delivery.hand_over([contact_id])
    await post.channel.asked.wait()
    await post.database.run(contacts.mark_blocked, contact_id, START)
    post.channel.gate.set()
    await post.delivery.settle()
    assert (
        await post.database.read(lambda session: session.get_one(Contact, contact_id))
    ).blocked_at == START


async def test_a_message_that_cannot_be_read_does_not_undo_the_record_of_the_one_before(post: Post) -> None:
    contact_id = await post.write("ana", "one", "two")
    await post.database.run(_damage_the_last)
    await post.deliver(contact_id)
    await post.poll()
    found = await post.database.read(lambda session: session.exec(select(Outbox.status, Outbox.id)).all())
    assert [status for status, _ in sorted(found, key=lambda one: one[1])] == [
        DeliveryStatus.SENT,
        DeliveryStatus.PENDING,
    ]
    assert post.channel.times == 1


def _damage_the_last(session: Session) -> None:
    last = max(session.exec(select(Outbox.id)).all())
    damaged = update(Outbox).where(col(Outbox.id) == last).values(body=type_coerce(b"damaged", LargeBinary))
    session.exec(damaged)


async def test_a_refusal_written_down_twice_does_not_cut_off_who_came_back(post: Post) -> None:
    contact_id = await post.write("ana", "one")
    post.channel.next = [Undeliverable("blocked", gone=True)]
    await post.deliver(contact_id)
    (first,) = await post.database.read(lambda session: session.exec(select(Outbox.id)).all())
    await post.database.run(contacts.mark_reachable, contact_id, START)
    await post.write("ana", "two")
    await post.database.run(outbox.record_gone, first, contact_id, "blocked", START)
    assert await post.status() == [DeliveryStatus.UNDELIVERABLE, DeliveryStatus.PENDING]


async def test_a_message_that_arrives_lifts_no_newer_mark(post: Post) -> None:
    contact_id = await post.write("ana", "one")
    (first,) = await post.database.read(lambda session: session.exec(select(Outbox.id)).all())
    later = START + timedelta(minutes=1)
    await post.database.run(contacts.mark_blocked, contact_id, later)
    await post.database.run(outbox.record_sent, first, "ana:1", START, blocked_at=START)
    assert (
        await post.database.read(lambda session: session.get_one(Contact, contact_id))
    ).blocked_at == later


def _unreadable(_: bytes) -> Message:
    raise UnreadableDocument("kept in another form than this version's: text")


async def test_what_became_of_each_send_is_told(post: Post) -> None:
    told: list[tuple[str, str]] = []
    delivery = Delivery(
        post.database, {"postcards": post.channel}, lambda: post.now, lambda *send: told.append(send)
    )
    post.channel.next = [Undeliverable("too long"), RetryAfter("too many", 1.0)]
    await post.write("ana", "one", "two", "three")
    for _ in range(2):
        await delivery.poll()
        await delivery.settle()
        post.now += timedelta(seconds=2)
    post.channel.next = [Undeliverable("blocked", gone=True)]
    await post.write("ben", "four")
    await delivery.poll()
    await delivery.settle()
    assert [send for _, send in told] == ["refused", "put_off", "sent", "sent", "gone"]
    assert {channel for channel, _ in told} == {"postcards"}
    await delivery.close()


@pytest.mark.parametrize(
    ("outcome", "record", "status"),
    [
        (Sent("ana:1"), "record_sent", DeliveryStatus.SENT),
        (Undeliverable("too long"), "record_undeliverable", DeliveryStatus.UNDELIVERABLE),
        (Undeliverable("blocked", gone=True), "record_gone", DeliveryStatus.UNDELIVERABLE),
        (RetryAfter("too many", 60.0), "record_retry", DeliveryStatus.PENDING),
    ],
)
async def test_what_cannot_be_written_down_is_written_later_and_not_sent_again(
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
    outcome: DeliveryOutcome,
    record: str,
    status: DeliveryStatus,
) -> None:
    post.channel.next = [outcome]
    await post.write("ana", "one")
    with monkeypatch.context() as full:
        full.setattr(outbox, record, _no_room)
        for _ in range(3):
            await post.poll()
            post.now += timedelta(seconds=1)
        assert await post.status() == [DeliveryStatus.PENDING]
    for _ in range(3):
        await post.poll()
    assert (post.channel.times, await post.status()) == (1, [status])
    assert not post.delivery._unrecorded


async def test_a_message_taken_back_before_its_outcome_was_written_counts_as_sent(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = await post.write("ana", "one")
    with monkeypatch.context() as full:
        full.setattr(outbox, "record_sent", _no_room)
        await post.poll()
    await post.database.run(outbox.cancel_for, contact)
    await post.poll()
    assert not post.delivery._unrecorded
    assert (post.channel.times, await post.status()) == (1, [DeliveryStatus.SENT])


async def test_closing_writes_down_what_could_not_be_written_before(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.write("ana", "one", "two")
    with monkeypatch.context() as full:
        full.setattr(outbox, "record_sent", _no_room)
        await post.poll()
    await post.delivery.close()
    assert await post.status() == [DeliveryStatus.SENT, DeliveryStatus.PENDING]


def _no_room(*_: object, **__: object) -> None:
    raise DatabaseUnavailable("the disk is full")


@pytest.mark.parametrize("step", ["take", "read", "run", "let_go"])
async def test_work_that_hangs_at_the_database_is_begun_anew_and_nothing_sent_twice(
    post: Post, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    hangs = asyncio.Event()

    async def hang(*_: object) -> None:
        hangs.set()
        await asyncio.Event().wait()

    contact = await post.write("ana", "one", "two")
    post.delivery.pulse.time = lambda: 0.0
    with monkeypatch.context() as stuck:
        stuck.setattr(post.database._backend, step, hang)
        post.delivery.hand_over([contact])
        await hangs.wait()
        post.delivery.pulse.time = lambda: 181.0
        assert list(post.delivery.pulse.silent()) == [contact]
        await post.delivery.restart()
        assert not post.delivery._working
    assert not post.delivery.pulse.silent()
    await post.poll()
    assert post.channel.sent["ana"] == ["one", "two"]


async def test_waiting_for_ones_turn_is_no_silence(post: Post) -> None:
    post.channel.gate = asyncio.Event()
    post.delivery._at_once = asyncio.Semaphore(1)
    ana, ben = await post.write("ana", "one"), await post.write("ben", "two")
    post.delivery.pulse.time = lambda: 0.0
    post.delivery.hand_over([ana, ben])
    await post.channel.asked.wait()
    post.delivery.pulse.time = lambda: 181.0
    assert list(post.delivery.pulse.silent()) == [ana]
    post.channel.gate.set()
    await post.delivery.settle()
    assert post.channel.sent == {"ana": ["one"], "ben": ["two"]}


async def test_what_another_replica_wrote_down_meanwhile_stands(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.channel.next = [Undeliverable("too long")]
    await post.write("ana", "one")
    with monkeypatch.context() as full:
        full.setattr(outbox, "record_undeliverable", _no_room)
        await post.poll()
    other = Post(post.database)
    await other.poll()
    await post.poll()
    assert (other.channel.times, await post.status()) == (1, [DeliveryStatus.SENT])
    assert not post.delivery._unrecorded


async def test_what_is_handed_over_is_urgent_and_what_is_polled_is_not(post: Post) -> None:
    await post.write("ana", "one")
    await post.poll()
    await post.deliver(await post.write("ben", "two"))
    await post.write("ben", "three")
    await post.poll()
    assert post.channel.sent == {"ana": ["one"], "ben": ["two", "three"]}
    assert post.channel.urgent == ["ben"]


async def test_an_answer_does_not_wait_for_room_among_what_is_sent_to_many(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.delivery.AT_ONCE", 2)
    post.channel.gate = asyncio.Event()
    for number in range(10):
        await post.write(f"many {number}", "one")
    await post.delivery.poll()
    await until(lambda: post.channel.times == 2)
    post.delivery.hand_over([await post.write("ana", "one")])
    await until(lambda: post.channel.times == 3)
    assert post.channel.urgent == ["ana"]
    post.channel.gate.set()
    await post.delivery.settle()
    assert len(post.channel.sent) == 11


async def test_what_waits_among_many_becomes_urgent_once_somebody_waits_for_it(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.delivery.AT_ONCE", 1)
    post.channel.gate = asyncio.Event()
    await post.write("many", "one")
    contact = await post.write("ana", "one")
    await post.delivery.poll()
    await until(lambda: post.channel.times == 1)
    await post.write("ana", "two")
    post.delivery.hand_over([contact])
    await until(lambda: post.channel.times == 2)
    assert post.channel.urgent == ["ana"]
    post.channel.gate.set()
    await post.delivery.settle()
    assert post.channel.sent["ana"] == ["one", "two"]


async def test_an_answer_behind_a_message_to_many_that_is_on_its_way_is_urgent(post: Post) -> None:
    post.channel.gate = asyncio.Event()
    contact = await post.write("ana", "one")
    await post.delivery.poll()
    await post.channel.asked.wait()
    await post.write("ana", "two")
    post.delivery.hand_over([contact])
    post.channel.gate.set()
    await post.delivery.settle()
    assert post.channel.sent["ana"] == ["one", "two"]
    assert post.channel.urgent == ["ana"]


@pytest.mark.parametrize(
    "refusal", [RetryAfter("too many", 5.0), RetryAfter("too many", 5.0, whole_channel=True)]
)
async def test_an_answer_put_off_is_still_urgent_when_its_time_comes(post: Post, refusal: RetryAfter) -> None:
    post.channel.next = [refusal]
    await post.deliver(await post.write("ana", "one"))
    for _ in range(2):
        post.now += timedelta(seconds=4)
        await post.poll()
    assert (post.channel.sent, post.channel.urgent) == ({"ana": ["one"]}, ["ana", "ana"])
    await post.write("ana", "two")
    await post.poll()
    assert (post.channel.sent["ana"], post.channel.urgent) == (["one", "two"], ["ana", "ana"])


async def test_an_answer_written_during_a_pause_is_urgent_after_it(post: Post) -> None:
    post.channel.next = [RetryAfter("down", whole_channel=True)]
    await post.deliver(await post.write("ana", "one"))
    await post.deliver(await post.write("ben", "two"))
    post.now += timedelta(seconds=2)
    await post.poll()
    assert post.channel.sent == {"ana": ["one"], "ben": ["two"]}
    assert sorted(post.channel.urgent) == ["ana", "ana", "ben"]


async def test_an_answer_that_could_not_be_looked_up_is_still_urgent(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "next_for", _no_room)
        await post.deliver(await post.write("ana", "one"))
    await post.poll()
    assert post.channel.urgent == ["ana"]


async def test_who_has_much_to_be_told_goes_behind_the_others_after_each(post: Post) -> None:
    post.delivery._at_once = asyncio.Semaphore(1)
    ana = await post.write("ana", *(str(n) for n in range(5)))
    ben = await post.write("ben", "one")
    await post.deliver(ana, ben)
    assert post.channel.tried == ["ana", "ben", "ana", "ana", "ana", "ana"]
    assert post.channel.sent["ana"] == [str(n) for n in range(5)]


async def test_a_platform_that_asks_for_a_pause_gets_it(post: Post) -> None:
    post.channel.next = [RetryAfter("slow down", 60.0, whole_channel=True)]
    await post.deliver(await post.write("ana", "one"))
    await post.write("ben", "two")
    post.now += timedelta(seconds=59)
    await post.poll()
    assert post.channel.times == 1
    post.now += timedelta(seconds=2)
    await post.poll()
    assert post.channel.sent == {"ana": ["one"], "ben": ["two"]}


async def test_much_that_is_due_on_one_channel_keeps_nobody_waiting_on_another(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.delivery.BATCH", 3)
    monkeypatch.setattr("schedules.delivery.AT_ONCE", 2)
    letters = Postcards("letters")
    delivery = Delivery(post.database, {"postcards": post.channel, "letters": letters}, lambda: post.now)
    post.channel.gate = asyncio.Event()
    for number in range(10):
        await post.write(f"many {number}", "one")
    await post.database.run(_write, "zoe", ("one",), "", False, post.now, "letters")
    await delivery.poll()
    await until(lambda: "zoe" in letters.sent)
    post.channel.gate.set()
    await delivery.close()


async def test_a_replica_that_does_not_lead_sends_what_somebody_waits_for_and_nothing_else(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post.database, "leads", AsyncMock(return_value=False))
    ana, _ben = await post.write("ana", "one"), await post.write("ben", "two")
    await post.poll()
    await post.deliver(ana)
    assert dict(post.channel.sent) == {"ana": ["one"]}


@pytest.fixture
async def dying(database_url: str, keyring: Keyring) -> AsyncIterator[Post]:
    """Another replica, whose channel does not answer before all is over."""
    made = Post(await Database.open(database_url, keyring))
    made.channel.gate = asyncio.Event()
    yield made
    made.channel.gate.set()
    await made.delivery.close()
    await made.database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_what_waits_for_a_contact_is_taken_over_from_a_replica_that_dies(
    post: Post, dying: Post
) -> None:
    contact = await dying.write("ana", "one", "two")
    dying.delivery.hand_over([contact])
    await dying.channel.asked.wait()
    await post.poll()
    assert not post.channel.sent
    await post.database.run(_hang_up_on_whoever_writes_to, contact)
    await post.poll()
    assert post.channel.sent["ana"] == ["one", "two"]


def _hang_up_on_whoever_writes_to(session: Session, contact_id: UUID) -> None:
    """What a server does when a process dies."""
    session.connection().execute(
        text(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
            " AND (classid::bigint << 32 | objid::bigint) = :number"
        ),
        {"number": _number(contact_id)},
    )
