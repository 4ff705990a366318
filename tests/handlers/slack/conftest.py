"""A Slack workspace on a loopback port with the real app in it, over Socket Mode or signed events."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from slack_bolt import BoltResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.catalog import Catalog, load, load_replies
from bot.complaints.routing import Routing
from bot.complaints.terms import Department, Role
from bot.turns import Lab, SayAloud, Turns
from handlers.slack import SlackEndpoint, SlackHandler, SocketRunner, build
from sandbox.serve import serve
from sandbox.slack import Room, RoomMessage, SlackPerson, SlackSandbox, Timings, View
from sandbox.slack.elements import Value
from schedules.delivery import Delivery
from storage import complaints, contacts, history
from storage.database import Database, DatabaseUnavailable, Session
from storage.encryption import Keyring
from storage.tables import Complaint, ComplaintEvent, ContactKind, Staff
from tests.stage.waiting import until

BOT_TOKEN = "xoxb-test"
APP_TOKEN = "xapp-test"
SECRET = "signing-secret"
ROUTING = Routing(
    rooms={Department.REGISTRATION: "C0REGISTRATION"},
    on_call="U0ONCALL",
    kudos="C0KUDOS",
    kudos_at={"North": "C0NORTH"},
)
LAB = Lab("City Laboratory", ZoneInfo("UTC"), "en", "C0TRIAGE", ROUTING)

ISSUE = {
    "category": "turnaround",
    "phase": "post_examination",
    "severity": "moderate",
    "order": "LAB-001234",
    "happened": "The potassium result took six hours.",
    "need": "A call when it is ready.",
}


@dataclass(slots=True)
class Clock:
    """Stands still at Monday 09:00 until moved."""

    time: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, **span: float) -> None:
        self.time += timedelta(**span)


@dataclass
class DigestDeskDouble:
    """Answers wishes for a digest when told to."""

    asked: list[dict[str, object]] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    answer: str = "The digest is on its way."

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
        self.asked.append(
            {"account": account, "place": place, "place_is_room": place_is_room, "words": words}
        )
        assert channel == "slack"
        assert event_id
        await self.may_answer.wait()
        return self.answer


@dataclass(slots=True)
class Stage:
    """The workspace and everything behind the app in it."""

    slack: SlackSandbox
    handler: SlackHandler
    turns: Turns
    database: Database
    delivery: Delivery
    digests: DigestDeskDouble
    clock: Clock
    house: SlackPerson
    nurse: SlackPerson
    triage: Room
    events_url: str
    socket: SocketRunner | None = None

    async def appoint(
        self, account: str, role: Role = Role.STAFF, department: Department | None = None
    ) -> None:
        await self.database.run(_appoint, account, role, self.clock.now(), department)

    async def dismiss(self, account: str) -> None:
        await self.database.run(_dismiss, account)

    async def dispatch(self, body: dict[str, object]) -> BoltResponse:
        """Have the app take a request that no view or message of ours would cause."""
        return await self.handler.dispatch(body)

    async def until_asked(self) -> None:
        """Wait until somebody asked for a digest."""
        await until(lambda: bool(self.digests.asked))

    async def complaints(self) -> list[Complaint]:
        return await self.database.read(_reported, "U0HOUSE")

    async def complaint(self) -> Complaint:
        (only,) = await self.complaints()
        return only

    async def history(self) -> list[ComplaintEvent]:
        return list(await self.database.read(history.lines, (await self.complaint()).id))

    async def report(self, **values: str) -> dict[str, str] | None:
        """Report an issue by slash command; the errors shown, if any."""
        if self.house.modal is not None:
            self.house.close()
        await self.house.command(self.triage, "/lab-issue")
        await self.house.wait_for(lambda house: house.modal is not None)
        self.house.fill(ISSUE | values)
        return await self.house.submit()

    async def card(self) -> RoomMessage:
        """The card in the triage room, once everything waiting is delivered."""
        await self.delivery.settle()
        (card,) = [one for one in self.triage.messages if one.thread_ts is None]
        return card

    async def thread(self) -> list[str]:
        """What stands below the card."""
        await self.delivery.settle()
        return [words(one) for one in self.triage.messages if one.thread_ts is not None]

    async def begins(self, person: SlackPerson, label: str) -> View:
        """Press a button of the card; the modal that comes."""
        await person.click(await self.card(), label)
        await person.wait_for(lambda one: one.modal is not None and one.modal.submit is not None)
        assert person.modal is not None
        return person.modal

    async def does(self, person: SlackPerson, label: str, **values: Value) -> dict[str, str] | None:
        """Take a step by its form; the errors shown, if any."""
        await self.begins(person, label)
        person.fill(values)
        return await person.submit()

    async def changes(self, **values: object) -> None:
        """Let the only complaint be otherwise than it came in."""
        complaint = await self.complaint()
        await self.database.run(_change, complaint.id, values)

    async def told(self, person: SlackPerson) -> list[str]:
        """What the person was told in their direct messages."""
        await self.delivery.settle()
        return [words(message) for message in person.direct.messages if message.bot]


def words(message: RoomMessage) -> str:
    """Everything a person reads in a message's blocks, or its text when there are none."""
    return "\n".join(_texts(message.blocks)) or message.text


def _texts(found: Any) -> list[str]:
    match found:
        case {"type": "plain_text" | "mrkdwn", "text": str(text)}:
            return [text]
        case dict():
            return [text for part in found.values() for text in _texts(part)]
        case list() | tuple():
            return [text for part in found for text in _texts(part)]
        case _:
            return []


def _change(session: Session, complaint_id: UUID, values: Mapping[str, object]) -> None:
    complaint = session.get_one(Complaint, complaint_id)
    for name, value in values.items():
        setattr(complaint, name, value)


def _appoint(
    session: Session, account: str, role: Role, now: datetime, department: Department | None
) -> None:
    contact = contacts.find_or_add(session, "slack", account, ContactKind.PERSON, "en", now)
    contacts.appoint(session, contact.id, role, now, department)


def _dismiss(session: Session, account: str) -> None:
    contact = contacts.find(session, "slack", account)
    assert contact is not None
    session.delete(session.get_one(Staff, contact.id))


def _reported(session: Session, account: str) -> list[Complaint]:
    contact = contacts.find(session, "slack", account)
    return list(complaints.reported_by(session, contact.id, 10)) if contact else []


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(sqlite_template: Path, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Database]:
    copy = shutil.copy(sqlite_template, tmp_path / "labvoice.db")
    opened = await Database.open(f"sqlite:///{copy}", keyring)
    yield opened
    await opened.close()


@asynccontextmanager
async def staged(database: Database, catalog: Catalog, clock: Clock, mode: str) -> AsyncIterator[Stage]:
    """The whole stage; `mode` is `socket` or `http`."""
    endpoints: list[SlackEndpoint] = []

    async def events(request: Request) -> Response:
        return await endpoints[0].handle(request)

    async with AsyncExitStack() as stack:
        web = Starlette(routes=[Route("/slack/events", events, methods=["POST"])])
        events_url = f"{await stack.enter_async_context(serve(web))}/slack/events"
        slack = SlackSandbox(
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            signing_secret=SECRET,
            now=clock.now,
            events_url=events_url if mode == "http" else None,
            timings=Timings(retries=(0.0, 0.0, 0.0)),
        )
        slack.url = slack_url = await stack.enter_async_context(serve(slack.app))
        stack.push_async_callback(slack.aclose)
        channels: dict[str, Any] = {}
        delivery = Delivery(database, channels, clock.now)
        turns = Turns(database, catalog, LAB, clock.now, delivery.hand_over)
        digests = DigestDeskDouble()
        handler = build(
            token=BOT_TOKEN,
            base_url=f"{slack_url}/api/",
            turns=turns,
            database=database,
            catalog=catalog,
            replies=load_replies(None, catalog.locales),
            lab=LAB,
            digests=digests,
            clock=clock.now,
        )
        stack.push_async_callback(handler.close)
        channels["slack"] = handler.channel
        stack.push_async_callback(delivery.close)
        handler.start()
        endpoints.append(SlackEndpoint(handler, SECRET, clock.now))
        stage = Stage(
            slack=slack,
            handler=handler,
            turns=turns,
            database=database,
            delivery=delivery,
            digests=digests,
            clock=clock,
            house=slack.person("U0HOUSE", name="Dr House"),
            nurse=slack.person("U0NURSE", name="Nurse Joy"),
            triage=slack.room("C0TRIAGE", name="lab-triage"),
            events_url=events_url,
        )
        digests.may_answer.set()
        if mode == "socket":
            stage.socket = SocketRunner(handler, APP_TOKEN)
            stack.push_async_callback(stage.socket.close)
            stage.socket.start()
            await until(lambda: stage.socket is not None and stage.socket.ready)
        yield stage


@pytest.fixture
def no_database(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Nothing can be kept or read until the returned function is called."""

    async def unavailable(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    with_database = stage.database.run, stage.database.read
    monkeypatch.setattr(stage.database, "run", unavailable)
    monkeypatch.setattr(stage.database, "read", unavailable)

    def back() -> None:
        monkeypatch.setattr(stage.database, "run", with_database[0])
        monkeypatch.setattr(stage.database, "read", with_database[1])

    return back


@pytest.fixture(params=["socket", "http"])
async def either(
    request: pytest.FixtureRequest, database: Database, catalog: Catalog, clock: Clock
) -> AsyncIterator[Stage]:
    """The stage over Socket Mode, and over signed events."""
    async with staged(database, catalog, clock, request.param) as stage:
        yield stage


@pytest.fixture
async def stage(database: Database, catalog: Catalog, clock: Clock) -> AsyncIterator[Stage]:
    """The stage over signed events."""
    async with staged(database, catalog, clock, "http") as stage:
        yield stage


@pytest.fixture
async def socketed(database: Database, catalog: Catalog, clock: Clock) -> AsyncIterator[Stage]:
    """The stage over Socket Mode."""
    async with staged(database, catalog, clock, "socket") as stage:
        yield stage
