"""One attack: everybody does what they do while the bot is killed and the platforms fail."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import aiohttp

from bot.complaints.terms import Role
from bot.settings import Settings
from sandbox.telegram import Person
from schedules.clock import system_clock
from storage import contacts, subscriptions, visits
from storage.database import Database, Session
from storage.schema import upgrade
from storage.tables import ContactKind, Period, ResultStatus
from tests.faults import edge
from tests.faults.aftermath import left_to_do, look
from tests.faults.fleet import Fleet, fleet
from tests.faults.killer import Killer, deaths
from tests.faults.ledger import Ledger, Life, Parting, Told
from tests.faults.people import Patient
from tests.faults.staff import Nurse, Physician
from tests.stage.world import NURSE, World

AT_ONCE = 60
_ZONES = ("UTC", "America/Lima", "Asia/Kolkata", "Pacific/Auckland")
_SETTLING_SECONDS = 60.0
_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is to happen. `patience` is how many seconds anybody waits before they give up."""

    seed: int
    kills: int
    joining: int
    returning: int
    issues: int
    managers: int = 8
    patience: float = 180.0


@dataclass(slots=True)
class Attack:
    """One attack on a bot whose database is empty, or on several `replicas` of it.

    `lives`, `broken` and `folders`, where each replica runs, are filled while it goes on.
    """

    around: World
    folder: Path
    plan: Plan
    trouble: Callable[[Random], Coroutine[None, None, None]] | None = None
    mutant: str | None = None
    replicas: int = 1
    ledger: Ledger = field(default_factory=Ledger)
    lives: list[Life] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    async def run(self) -> None:
        """Until everybody is done and everything left has been sent; what goes wrong is noted, not raised."""
        rng = Random(self.plan.seed)
        await self._set_up()
        edge.spoil(self.around, Random(rng.random()))
        async with _meanwhile(_tell_time(self.around)), self._killers(rng) as killer:
            people = asyncio.create_task(self._everybody(Random(rng.random())))
            disturbed = [edge.disturb(self.around, Random(rng.random()))]
            if self.trouble is not None:
                disturbed.append(self.trouble(Random(rng.random())))
            async with _meanwhile(*disturbed):
                dying = asyncio.create_task(killer.kill(deaths(self.plan.kills, Random(rng.random()))))
                await asyncio.wait((dying, people), return_when=asyncio.FIRST_COMPLETED)
                if not self.broken:
                    await dying
                await _stopped(dying)
            edge.mend(self.around)
            if not self.broken:
                await killer.start()
                await people
                try:
                    await self._nurse(rng).works_off(self.ledger, self.plan.patience)
                    everybody = (self._physician(number, rng) for number in range(self.plan.issues))
                    await asyncio.gather(*(one.looks(self.ledger) for one in everybody))
                    await left_to_do(self.around, _SETTLING_SECONDS)
                except TimeoutError:
                    self.broken.append("what is due is never done, or never written down as done")
                await killer.end()
            await _stopped(people)

    def _killers(self, rng: Random) -> AbstractAsyncContextManager[Killer | Fleet]:
        """Who starts and kills the bot, or each of its replicas."""
        if self.replicas == 1:
            return nullcontext(self._killer(self.around.settings))
        return fleet(self.around, self.replicas, self._killer, Random(rng.random()))

    def _killer(self, settings: Settings, name: str = "") -> Killer:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        self.folders.append(folder)
        return Killer(
            self.around,
            settings,
            folder,
            self.mutant,
            lambda: look(self.around),
            may_end=self.trouble is not None,
            lives=self.lives,
            broken=self.broken,
            name=name,
        )

    async def _set_up(self) -> None:
        """What was there before: staff, managers whose digest is due, patients who agreed a day ago."""
        url, keyring = self.around.settings.database_url.get_secret_value(), self.around.settings.keyring()
        await asyncio.to_thread(upgrade, url)
        database = await Database.open(url, keyring)
        try:
            await database.run(_appoint, NURSE, Role.STAFF)
            for number in range(self.plan.managers):
                user = f"U0MANAGER{number}"
                self.around.slack.person(user, name="Dr Mensah")
                await database.run(_subscribe, user, _ZONES[number % len(_ZONES)])
                self.ledger.managers.append(user)
            for number in range(self.plan.returning):
                visit = await database.run(_agreed, number)
                self.ledger.patients.append(Told(_returning(number), visit))
        finally:
            await database.close()

    async def _everybody(self, rng: Random) -> None:
        """Everybody does what they do, at most AT_ONCE of them, until all are done or one waits in vain."""
        gate = asyncio.Semaphore(AT_ONCE)
        returning = [self._returns(told, Random(rng.random())) for told in list(self.ledger.patients)]
        joining = [self._joins(number, Random(rng.random())) for number in range(self.plan.joining)]
        issues = [self._reports(number, Random(rng.random())) for number in range(self.plan.issues)]
        everybody = [*returning, *joining, *issues]
        rng.shuffle(everybody)
        async with _meanwhile(self._nurse(Random(rng.random())).works(self.ledger)):
            try:
                async with asyncio.TaskGroup() as group:
                    for one in everybody:
                        group.create_task(self._in_turn(gate, one))
            except* _InVain as given_up:
                self.broken += [str(one) for one in given_up.exceptions[:1]]

    async def _in_turn(self, gate: asyncio.Semaphore, one: Coroutine[None, None, None]) -> None:
        async with gate:
            try:
                await one
            except (TimeoutError, LookupError) as error:
                words = str(error) or "what they sent is never taken"
                raise _InVain(f"somebody waits in vain: {words}") from error

    async def _joins(self, number: int, rng: Random) -> None:
        collected = await self._collect(number)
        person = self._person(1_000 + number)
        told = Told(person.chat_id, str(collected["visit_id"]))
        self.ledger.patients.append(told)
        await Patient(person, told, rng, self.plan.patience).joins(str(collected["token"]), self._people)
        if rng.random() < 0.5:
            await self._tells_results(_order(person.chat_id), told, rng)

    async def _returns(self, told: Told, rng: Random) -> None:
        patient = Patient(self._person(told.chat_id), told, rng, self.plan.patience)
        self._person(told.chat_id).start()
        if rng.random() < 0.2:
            await patient.stops()
        await self._tells_results(_order(told.chat_id), told, rng)
        if told.parting is not Parting.STOPPED:
            await patient.returns(self._people)

    async def _reports(self, number: int, rng: Random) -> None:
        await self._physician(number, rng).reports(self.ledger)

    def _nurse(self, rng: Random) -> Nurse:
        return Nurse(self.around.slack.person(NURSE, name="Sam"), self.around.triage, rng)

    def _physician(self, number: int, rng: Random) -> Physician:
        person = self.around.slack.person(f"U0PHYSICIAN{number}", name="Dr Osei")
        return Physician(person, self.around.triage, rng, self.plan.patience)

    def _person(self, chat_id: int) -> Person:
        return self.around.telegram.person(chat_id, first_name="Ana", language_code="en")

    @property
    def _people(self) -> Sequence[Person]:
        return self.around.telegram.people

    async def _collect(self, number: int) -> Mapping[str, object]:
        """Tell of a visit as a laboratory system does: again and again until it is acknowledged."""
        body = {"order": _order(1_000 + number), "site": "North", "collected_at": self._now().isoformat()}
        collected = await self._insist("visits", body)
        self.ledger.visits.add(str(collected["visit_id"]))
        return collected

    async def _tells_results(self, order: str, told: Told, rng: Random) -> None:
        """Results, then perhaps the same again, a correction, an old message late; or their cancellation."""
        first = self._now() - timedelta(hours=1)
        words = [(ResultStatus.FINAL, first)]
        if rng.random() < 0.3:
            words.append((ResultStatus.FINAL, first))
        if rng.random() < 0.3:
            words += [(ResultStatus.CORRECTED, first + timedelta(minutes=5)), (ResultStatus.FINAL, first)]
        for status, at in words:
            body = {"order": order, "status": status.value, "delivered_at": at.isoformat()}
            await self._insist("results", body)
            known = self.ledger.results.get(told.visit_id)
            if known is None or known[1] <= at:
                self.ledger.results[told.visit_id] = (status, at)

    async def _insist(self, path: str, body: object) -> Mapping[str, object]:
        async with asyncio.timeout(self.plan.patience):
            while True:
                with suppress(aiohttp.ClientError):
                    status, answer = await self.around.lis(path, body)
                    if status in (200, 201) and isinstance(answer, dict):
                        return answer
                await asyncio.sleep(_AGAIN_SECONDS)

    def _now(self) -> datetime:
        return self.around.now.replace(microsecond=0)


class _InVain(Exception):
    """Somebody waits in vain; the message says who sees what."""


async def _stopped(task: asyncio.Task[None]) -> None:
    """End the task, and have what went wrong with it raised."""
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome


@asynccontextmanager
async def _meanwhile(*deeds: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Have these done until the block ends."""
    tasks = [asyncio.create_task(one) for one in deeds]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


async def _tell_time(around: World) -> None:
    """Keep the clock of Telegram and Slack at the present: the bot has a clock of its own."""
    while True:
        around.now = system_clock()
        await asyncio.sleep(0.05)


def _order(chat_id: int) -> str:
    return f"LAB-{chat_id:06d}"


def _returning(number: int) -> int:
    return 500_000 + number


def _agreed(session: Session, number: int) -> str:
    """Somebody who joined yesterday and agreed to be asked."""
    then = system_clock() - timedelta(days=1, minutes=5)
    visit = visits.add(session, _order(_returning(number)), "South", then, then)
    person = contacts.find_or_add(
        session, "telegram", str(_returning(number)), ContactKind.PERSON, "en", then
    )
    found = visits.by_token(session, visit.token)
    if found is None:
        raise AssertionError("a visit just added is not there")
    visits.record_consent(session, found, person.id, then)
    return str(visit.visit_id)


def _appoint(session: Session, user: str, role: Role) -> None:
    now = system_clock()
    person = contacts.find_or_add(session, "slack", user, ContactKind.PERSON, "en", now)
    contacts.appoint(session, person.id, role, now)


def _subscribe(session: Session, user: str, zone: str) -> None:
    """A daily digest whose time has come just now."""
    now = system_clock()
    _appoint(session, user, Role.MANAGER)
    person = contacts.find_or_add(session, "slack", user, ContactKind.PERSON, "en", now)
    at = f"{(now - timedelta(minutes=1)).astimezone(ZoneInfo(zone)):%H:%M}"
    subscriptions.subscribe(
        session,
        person.id,
        period=Period.DAY,
        weekday=None,
        at=at,
        timezone=zone,
        locale="en",
        now=now - timedelta(days=3),
    )
