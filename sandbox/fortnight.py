"""Generated weeks for the demo: a fortnight of answers and complaints, and the fortnight before it.

The same seed and time make the same weeks. In the last seven days one thing really changes: fewer people
find the waiting time good. Nothing here belongs to anybody: visits and responses have no contact, so that no
message can ever be sent because of them.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from uuid_utils.compat import uuid7

from bot.catalog import Catalog
from bot.complaints.terms import Category, Consequence, Phase, Status
from bot.dialog.answer import FreeText, Item, OneChoice, Scale, Value
from bot.dialog.effect import Ending
from bot.dialog.event import Due
from bot.dialog.questionnaire import Questionnaire
from bot.dialog.schedule import Trigger
from bot.turns.clocks import owed
from bot.turns.lab import Lab
from sandbox.fortnight_words import COMMENTS, COMPLAINTS, OUTCOMES, SITES, TELLING, UNACKNOWLEDGED
from storage import complaints, history
from storage.database import Session
from storage.tables import (
    Answer,
    Complaint,
    Consent,
    FollowUp,
    FollowUpStatus,
    Response,
    ResultStatus,
    Visit,
)

T = TypeVar("T")

DAYS = 28
VISITS_A_DAY = 12
SHIFTED_ITEM = "waiting"
_SHIFT = timedelta(days=7)

# Answers are dealt from small packs, so that a week's shares lie close to what is meant.
_USUAL = (0,) * 6 + (1,) * 5 + (2, 3)
_WORSE = (0, 0, 1, 1, 1, 2, 2, 3, 4)
_RECOMMEND = (10,) * 7 + (9,) * 5 + (8,) * 3 + (7,) * 2 + (6, 5, 3)
_CHOSEN = (0,) * 6 + (1,)
_ANSWERS = (True,) * 7 + (False,) * 3
_COMMENTS = (True, False, False)


def generate(session: Session, now: datetime, catalog: Catalog, lab: Lab, *, seed: int) -> None:
    """Add the weeks before `now`: visits, responses, answers, follow-ups and complaints, all in the past.

    Complaints are due as the laboratory promises, and nobody is reminded of them.
    """
    _Weeks(session, now, catalog, lab, seed).generate()


class _Weeks:
    def __init__(self, session: Session, now: datetime, catalog: Catalog, lab: Lab, seed: int) -> None:
        self._session = session
        self._now = now
        self._catalog = catalog
        self._lab = lab
        self._random = Random(seed)  # noqa: S311 - it has to be repeatable, and hides nothing
        self._seed = seed
        self._visits: list[Visit] = []
        self._responses: list[Response] = []
        self._dependent: list[Answer | FollowUp] = []
        self._forgotten = False
        self._comments = 0
        self._packs: dict[str, list[int]] = {}

    def generate(self) -> None:
        for number, collected_at in enumerate(self._collections()):
            self._visit(number, collected_at)
        # Rows are added kind by kind, since those that refer to others have to come after them.
        for rows in (self._visits, self._responses, self._dependent):
            self._session.add_all(rows)
            self._session.flush()
        for received_at, complaint in self._complaints():
            self._complaint(received_at, *complaint)

    def _collections(self) -> Iterator[datetime]:
        """Twelve a day between 7:00 and 16:00, those that have been."""
        for day in range(DAYS, -1, -1):
            date = (self._now - timedelta(days=day)).date()
            for slot in range(VISITS_A_DAY):
                minutes = 45 * slot + self._random.randrange(45)
                moment = datetime.combine(date, time(7), self._now.tzinfo) + timedelta(minutes=minutes)
                if timedelta(minutes=30) < self._now - moment < timedelta(days=DAYS):
                    yield moment

    def _visit(self, number: int, collected_at: datetime) -> None:
        visit = Visit(
            id=uuid7(),
            order_hash=self._hash("order", number),
            site=SITES[number % len(SITES)],
            collected_at=collected_at,
            link_made_at=collected_at,
            token_hash=self._hash("token", number),
        )
        joined = collected_at + timedelta(minutes=self._random.randrange(2, 15))
        answers = self._deal("joins", _ANSWERS)
        if answers or self._random.random() < 0.1:
            visit.consent_at = joined
            visit.consent = Consent.GIVEN if answers else Consent.REFUSED
        self._visits.append(visit)
        locale = "es" if self._deal("locale", (True, False, False)) else "en"
        if answers:
            for survey in self._catalog.scheduled(Trigger.COLLECTION):
                self._response(survey, visit, locale, visit.collected_at, joined)
        delivered_at = collected_at + timedelta(hours=self._random.randrange(4, 30))
        if delivered_at < self._now:
            visit.result_status = ResultStatus.FINAL
            visit.delivered_at = delivered_at
        if answers:
            self._after_results(visit, locale, delivered_at)

    def _after_results(self, visit: Visit, locale: str, delivered_at: datetime) -> None:
        for survey in self._catalog.scheduled(Trigger.RESULTS_DELIVERED):
            asked_at = delivered_at + (survey.schedule.delay if survey.schedule else timedelta())
            if asked_at >= self._now - timedelta(hours=1):
                continue
            follow_up = FollowUp(
                visit_id=visit.id,
                questionnaire=survey.id,
                due=Due.ASK,
                due_at=asked_at,
                status=FollowUpStatus.DONE,
                done_at=asked_at,
            )
            self._dependent.append(follow_up)
            if self._deal("after results", _ANSWERS):
                started_at = asked_at + timedelta(minutes=self._random.randrange(50))
                self._response(survey, visit, locale, asked_at, started_at)

    def _response(
        self, survey: Questionnaire, visit: Visit, locale: str, asked_at: datetime, started_at: datetime
    ) -> None:
        answers = self._answers(survey, locale, started_at)
        stopped = self._deal("stops", (True,) + (False,) * 19)
        ended_at = min(started_at + timedelta(seconds=8 * len(answers)), self._now)
        response = Response(
            id=uuid7(),
            questionnaire=survey.id,
            version=survey.version,
            visit_id=visit.id,
            site=visit.site,
            channel="telegram",
            locale=locale,
            status=Ending.STOPPED if stopped else Ending.COMPLETED,
            started_at=started_at,
            ended_at=ended_at,
            asked_at=None if stopped else asked_at,
        )
        self._responses.append(response)
        kept = list(answers.items())[: 2 if stopped else None]
        self._dependent.extend(
            _answer(response.id, survey.item(item), value, ended_at) for item, value in kept
        )

    def _answers(self, survey: Questionnaire, locale: str, at: datetime) -> Mapping[str, Value]:
        answers: dict[str, Value] = {}
        for item in survey.items:
            value = self._value(survey, item, locale, at) if survey.applies(item, answers) else None
            if value is not None:
                answers[item.id] = value
        return answers

    def _value(self, survey: Questionnaire, item: Item, locale: str, at: datetime) -> Value | None:
        pack = f"{survey.id}.{item.id}"
        match item:
            case Scale(low=0, high=10):
                return self._deal(pack, _RECOMMEND)
            case Scale(high=high, low=low):
                worse = item.id == SHIFTED_ITEM and at >= self._now - _SHIFT
                below = self._deal(f"{pack} worse", _WORSE) if worse else self._deal(pack, _USUAL)
                return max(low, high - below)
            case OneChoice(favourable=()):
                return item.choices[-1].id
            case OneChoice(favourable=favourable, choices=choices):
                others = [choice.id for choice in choices if choice.id not in favourable]
                return self._random.choice(others) if self._deal(pack, _CHOSEN) else favourable[0]
            case FreeText():
                if not self._deal(pack, _COMMENTS):
                    return None
                self._comments += 1
                telling = self._comments % 3 == 0
                return self._deal(f"{locale} {telling}", (TELLING if telling else COMMENTS)[locale])

    def _complaints(self) -> Iterator[tuple[datetime, tuple[Category, Phase, Consequence, str]]]:
        for hours in range(24 * DAYS - 10, 24, -21):
            yield self._now - timedelta(hours=hours), self._deal("complaints", COMPLAINTS)
        yield self._now - timedelta(hours=3), UNACKNOWLEDGED

    def _complaint(
        self, received_at: datetime, category: Category, phase: Phase, consequence: Consequence, words: str
    ) -> None:
        opened = complaints.open_complaint(
            self._session,
            number=complaints.next_number(self._session, received_at.year),
            category=category,
            phase=phase,
            consequence=consequence,
            channel="slack" if category is not Category.COURTESY else "telegram",
            site=self._deal("complaint site", SITES),
            words=words,
            now=received_at,
        )
        complaint = complaints.locked(self._session, opened.id)
        if complaint is None:
            return
        if consequence is not Consequence.SERIOUS:
            self._look_after(complaint)
        due = owed(self._lab, complaint)
        complaint.clock, complaint.due_at = (due.clock, due.due_at) if due else (None, None)

    def _look_after(self, complaint: Complaint) -> None:
        received_at, consequence = complaint.received_at, complaint.consequence
        age = self._now - received_at
        steps: list[tuple[Status, str, timedelta, str | None]] = [
            (Status.ACKNOWLEDGED, "acknowledge", timedelta(hours=2), None)
        ]
        if age > timedelta(days=1):
            steps.append((Status.INVESTIGATING, "take", timedelta(hours=5), None))
        # The first moderate one of the last fortnight is left open and is overdue by now.
        forgotten = consequence is Consequence.MODERATE and not self._forgotten and age < timedelta(days=14)
        self._forgotten = self._forgotten or forgotten
        if age > timedelta(days=3) and not forgotten:
            outcome = self._deal("outcome", OUTCOMES)
            steps.append((Status.RESOLVED, "resolve", timedelta(hours=50), outcome))
        for status, action, after, note in steps:
            at = received_at + after
            complaint.status = status
            if status is Status.ACKNOWLEDGED:
                complaint.acknowledged_at = at
            if status is Status.RESOLVED:
                complaint.resolved_at, complaint.outcome = at, note
            history.record(self._session, complaint, action, None, at, note)

    def _deal(self, name: str, pack: Sequence[T]) -> T:
        """The next of a shuffled pack, which is shuffled anew when it is used up."""
        cards = self._packs.setdefault(name, [])
        if not cards:
            cards.extend(range(len(pack)))
            self._random.shuffle(cards)
        return pack[cards.pop()]

    def _hash(self, purpose: str, number: int) -> bytes:
        """Bytes no real order or token has."""
        return hashlib.sha256(f"generated {self._seed} {self._now} {purpose} {number}".encode()).digest()


def _answer(response_id: UUID, item: Item, value: Value, at: datetime) -> Answer:
    answer = Answer(response_id=response_id, item=item.id, answered_at=at)
    if isinstance(item, FreeText):
        answer.words = str(value)
    elif isinstance(value, int):
        answer.number = value
    else:
        answer.choice = value
    return answer
