"""A small laboratory without channels: turns on a real database, messages read from the outbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from bot.catalog import Catalog, load
from bot.complaints.lifecycle import Action
from bot.complaints.routing import Routing
from bot.complaints.terms import Department, Role
from bot.dialog.event import Attached, Chose, Command, Commanded, FormSubmitted, Said, Started, Stopped
from bot.dialog.message import Message
from bot.turns import Lab, Outcome, StaffActed, Turns, report_results
from schedules import follow_ups
from storage import contacts, history, outbox, visits
from storage.database import Database, Session
from storage.outbox import Parcel
from storage.tables import Complaint, ContactKind, Outbox, ResultStatus, Table

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PATIENT, PHYSICIAN, NURSE, ROOM = "1001", "U0PHYSICIAN", "U0NURSE", "C0TRIAGE"


@dataclass(slots=True)
class Laboratory:
    """Everything a test does to the laboratory and sees of it."""

    database: Database
    catalog: Catalog
    now: datetime = START
    routing: Routing = field(default_factory=Routing)
    handed_over: list[UUID] = field(default_factory=list)
    turns: Turns = field(init=False)
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.turns = self._turns()

    def _turns(self) -> Turns:
        def handed_over(ids: Sequence[UUID], _: object) -> None:
            self.handed_over.extend(ids)

        return Turns(self.database, self.catalog, self.lab, self.clock, handed_over)

    def route(self, routing: Routing) -> None:
        """Let the laboratory's routing be this from now on."""
        self.routing = routing
        self.turns = self._turns()

    @property
    def lab(self) -> Lab:
        return Lab("City Laboratory", ZoneInfo("UTC"), "en", ROOM, routing=self.routing)

    def clock(self) -> datetime:
        return self.now

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)

    def fresh(self) -> str:
        return f"event-{next(self._numbers)}"

    async def visit(self, order: str = "LAB-001234", at: datetime | None = None) -> str:
        """Collect a sample; the token of the visit."""
        enrolment = await self.database.run(visits.add, order, "North", at or self.now, self.now)
        return enrolment.token

    async def results(
        self,
        status: ResultStatus = ResultStatus.FINAL,
        at: datetime | None = None,
        order: str = "LAB-001234",
    ) -> None:
        await self.database.run(
            report_results, self.catalog, self.lab, order, status, at or self.now, self.now
        )

    async def start(self, token: str | None, who: str = PATIENT) -> Outcome:
        return await self.turns.take(
            Started(event_id=self.fresh(), channel="telegram", account=who, token=token)
        )

    async def say(self, text: str, who: str = PATIENT) -> Outcome:
        return await self.turns.take(Said(event_id=self.fresh(), channel="telegram", account=who, text=text))

    async def command(self, command: Command, who: str = PATIENT) -> Outcome:
        return await self.turns.take(
            Commanded(event_id=self.fresh(), channel="telegram", account=who, command=command)
        )

    async def stop(self, *, blocked: bool = False) -> Outcome:
        return await self.turns.take(
            Stopped(event_id=self.fresh(), channel="telegram", account=PATIENT, blocked=blocked)
        )

    async def photo(self) -> Outcome:
        return await self.turns.take(
            Attached(event_id=self.fresh(), channel="telegram", account=PATIENT, what="photo")
        )

    async def press(
        self, data: str, who: str = PATIENT, event_id: str | None = None, on: str | None = None
    ) -> Outcome:
        return await self.turns.take(
            Chose(event_id=event_id or self.fresh(), channel="telegram", account=who, data=data, on=on)
        )

    async def tap(self, label: str, who: str = PATIENT) -> str:
        """Press a button of the newest message that has it; what the button carried."""
        data = await self.button(label, who)
        await self.press(data, who)
        return data

    async def button(self, label: str, who: str = PATIENT) -> str:
        for message in reversed(await self.messages(who)):
            for row in message.buttons:
                for button in row:
                    if button.label == label:
                        return button.data
        raise AssertionError(f"no button {label!r}")

    async def enrol(self) -> None:
        await self.start(await self.visit())
        await self.tap("Yes")

    async def form(
        self,
        who: str = PHYSICIAN,
        event_id: str | None = None,
        questionnaire: str = "lab_issue",
        **values: str,
    ) -> Outcome:
        form = self.catalog.newest(questionnaire)
        return await self.turns.take(
            FormSubmitted(
                event_id=event_id or self.fresh(),
                channel="slack",
                account=who,
                questionnaire=form.id,
                version=form.version,
                values=values,
            )
        )

    async def appoint(self, who: str, role: Role, department: Department | None = None) -> None:
        await self.database.run(_appoint, who, role, department, self.now)

    async def staff_acts(
        self, action: Action, complaint: str, who: str = NURSE, words: str = "", outcome: str = ""
    ) -> str:
        return (await self.step(action, complaint, who, words=words, note=outcome or words)).notice

    async def step(
        self,
        action: Action,
        complaint: str,
        who: str = NURSE,
        *,
        words: str = "",
        note: str = "",
        to: str = "",
        original: str = "",
        values: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Take a step as a member of staff."""
        event = StaffActed(
            event_id=self.fresh(),
            channel="slack",
            account=who,
            complaint=complaint,
            action=action,
            note=note,
            words=words,
            to=to,
            original=original,
            values=values or {},
        )
        return await self.turns.take(event)

    async def complain(self, words: str = "It hurt", contact: str = "Yes", who: str = PATIENT) -> str:
        """A patient's complaint in a chat, to a laboratory with a nurse; its id."""
        await self.command(Command.COMPLAINT, who)
        await self.say(words, who)
        await self.tap("Something else", who)
        await self.tap("It is serious", who)
        await self.tap(contact, who)
        await self.appoint(NURSE, Role.STAFF)
        return str((await self.complaints())[-1].id)

    async def complaints(self) -> list[Complaint]:
        """The register, oldest first."""
        rows = [one for one in await self.rows(Complaint) if isinstance(one, Complaint)]
        return sorted(rows, key=lambda one: one.id)

    async def history(self, complaint: str) -> list[tuple[str, str | None]]:
        """Every line of a complaint's history: what was done, and the words to it."""
        found = await self.database.read(history.lines, UUID(complaint))
        return [(one.action, one.note) for one in found]

    async def follow_ups(self) -> int:
        return await follow_ups.take_due(self.database, self.turns, self.clock)

    async def messages(self, who: str, channel: str = "telegram") -> list[Message]:
        """What waits in the outbox for this account, oldest first."""
        return await self.database.read(_waiting, channel, who)

    async def heard(self, who: str = PATIENT) -> str:
        """The newest message to this account."""
        return (await self.messages(who))[-1].text

    async def deliver(self) -> list[Parcel]:
        """Let every waiting message be accepted."""
        return await self.database.run(_deliver, self.now)

    async def rows(self, table: type[Table]) -> Sequence[Table]:
        return await self.database.read(_rows, table)


def _appoint(session: Session, who: str, role: Role, department: Department | None, now: datetime) -> None:
    contact = contacts.find_or_add(session, "slack", who, ContactKind.PERSON, "en", now)
    contacts.appoint(session, contact.id, role, now, department)


def _waiting(session: Session, channel: str, who: str) -> list[Message]:
    contact = contacts.find(session, channel, who)
    if contact is None:
        return []
    rows = session.exec(select(Outbox).where(Outbox.contact_id == contact.id).order_by(col(Outbox.id))).all()
    return [outbox.message_of(row.body) for row in rows if row.body]


def _deliver(session: Session, now: datetime) -> list[Parcel]:
    parcels: list[Parcel] = []
    for number in count(1):
        waiting = outbox.waiting_contacts(session, now, ["telegram", "slack"], 1)
        parcel = outbox.next_for(session, waiting[0]) if waiting else None
        if parcel is None:
            return parcels
        outbox.record_sent(session, parcel.id, str(number), now)
        parcels.append(parcel)
    raise AssertionError


def _rows(session: Session, table: type[Table]) -> Sequence[Table]:
    return session.exec(select(table)).all()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load()


@pytest.fixture
def laboratory(database: Database, catalog: Catalog) -> Laboratory:
    return Laboratory(database, catalog)


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make every step of the dialog fail until the returned function is called."""
    from bot.dialog import engine

    whole = engine.step

    def broken(*_: object, **__: object) -> engine.Turn:
        raise RuntimeError("a defect")

    monkeypatch.setattr(engine, "step", broken)
    return lambda: monkeypatch.setattr(engine, "step", whole)
