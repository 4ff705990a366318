"""take(): one event, one transaction, its deliveries handed over once it is committed."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeGuard
from uuid import UUID

from pydantic import TypeAdapter
from uuid_utils.compat import uuid7

from bot.catalog import Catalog
from bot.dialog import engine
from bot.dialog.engine import CONCERN, Facts, Standing
from bot.dialog.event import Chose, Due, Event, FollowUpDue, FormSubmitted, Started, Stopped
from bot.dialog.message import Message
from bot.dialog.schedule import Schedule, into_window
from bot.dialog.state import State
from bot.turns import desk, effects
from bot.turns.desk import StaffActed
from bot.turns.guesses import WINDOW, Guesses
from bot.turns.lab import Lab, Transaction
from bot.turns.outcome import Outcome
from bot.turns.regarding import code_of, regarding
from storage import complaints, contacts, conversations, follow_ups, inbox, outbox, visits
from storage.contacts import Held
from storage.database import Database, DatabaseUnavailable, Session
from storage.documents import UnreadableDocument, document
from storage.erasures.journal import has_noted
from storage.outbox import Parcel
from storage.tables import ContactKind, Visit

log = logging.getLogger(__name__)

AnyEvent = Event | StaffActed
_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
_FOLLOW_UP_AGAIN = timedelta(minutes=15)
_RETRY_AFTER = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=6))


def _tell_nobody(_channel: str, _outcome: str, _seconds: float) -> None:
    pass


class Turns:
    """Takes events, one transaction each. `hand_over` is told the contacts that wait for what follows, and
    what was found next for them, if nobody else can have sent it; for that of a follow-up nobody waits.

    `told` hears of every turn its channel, its outcome's name, and how many seconds it took.
    """

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        lab: Lab,
        clock: Callable[[], datetime],
        hand_over: Callable[[Sequence[UUID], Sequence[Parcel]], None],
        told: Callable[[str, str, float], None] = _tell_nobody,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._lab = lab
        self._clock = clock
        self._hand_over = hand_over
        self._told = told
        self._guesses = Guesses()
        self._opened = Guesses()

    async def take(self, event: AnyEvent) -> Outcome:
        """Take an event. When this returns, all that follows from it is committed.

        A repeated event changes nothing, nor does one unknown link of too many. Raises DatabaseUnavailable
        when nothing could be kept: the platform must then not be told that the event arrived. Any other
        failure is logged, the event is kept for another try, and the person is told that nothing was lost.
        """
        began, name = monotonic(), "not_taken"
        try:
            outcome = await self._take(event)
            name = outcome.name
        finally:
            self._told(event.channel, name, monotonic() - began)
        return outcome

    async def _take(self, event: AnyEvent) -> Outcome:
        now = self._clock()
        if _is_link(event) and not await self._may_open(event, event.token or "", now):
            return Outcome(unknown_link=True)
        try:
            outcome, addressed, at_hand = await self._database.run(self._transact, event, now)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the event must not be lost
            return await self._keep(event, error)
        if outcome.unknown_link:
            self._guesses.add(event.channel, event.account, now)
        if outcome.number:
            self._opened.add(event.channel, event.account, now)
        if not isinstance(event, FollowUpDue):
            self._hand_over(addressed, at_hand)
        return outcome

    async def _may_open(self, event: Started, token: str, now: datetime) -> bool:
        """Whether a link is to be opened: not after too many unknown ones of this account, and after too many
        of everybody's only one of ours, so that whoever holds one is never kept out by the others.
        """
        if self._guesses.left(event.channel, event.account, now) == 0:
            return False
        if not self._guesses.are_many(now) or await self._database.read(visits.by_token, token) is not None:
            return True
        self._guesses.add(event.channel, event.account, now)
        return False

    async def retry_kept(self) -> int:
        """Try the kept events whose time has come; how many."""
        due = await self._database.read(inbox.due, self._clock(), 50)
        for kept in due:
            try:
                event = document(_EVENT, kept.event)
            except UnreadableDocument as error:
                log.exception("event %s cannot be read and stays kept", kept.event_id)
                await self._database.run(self._keep_on, kept.event_id, kept.event, type(error).__name__)
            else:
                outcome = await self.take(event)
                if outcome.unknown_link:  # perhaps not looked up at all: then it is kept still
                    again = self._clock() + WINDOW
                    await self._database.run(inbox.postpone, kept.event_id, again)
        return len(due)

    def _transact(
        self, session: Session, event: AnyEvent, now: datetime
    ) -> tuple[Outcome, Sequence[UUID], Sequence[Parcel]]:
        transaction = Transaction(session, self._catalog, self._lab, now)
        if not inbox.claim(session, event.event_id, now):
            return _repeated(session, event), (), ()
        inbox.drop(session, event.event_id)
        known = contacts.held(session, event.channel, event.account)
        contact = known or self._contact(session, event, now)
        if isinstance(event, StaffActed):
            acted = desk.act(transaction, contact, event)
            outcome = Outcome(acted.notice, acted.errors, refused=acted.refused)
            if known is None:
                contacts.let_go(session, contact.id, now)
        else:
            outcome = self._converse(transaction, contact, event, is_new=known is None)
        contacts.forget_if_done(session, contact.id)
        if outcome.form_errors or outcome.refused:  # sent again unchanged, it may be taken
            inbox.release(session, event.event_id)
        return outcome, transaction.addressed, self._at_hand(transaction, event)

    def _at_hand(self, transaction: Transaction, event: AnyEvent) -> Sequence[Parcel]:
        """What is next for those addressed, if delivery hears of it before it can find it by itself."""
        session = transaction.session
        if isinstance(event, FollowUpDue) or not self._database.has_one_process or has_noted(session):
            return ()
        return [parcel for one in transaction.addressed if (parcel := outbox.at_hand(session, one))]

    def _contact(self, session: Session, event: AnyEvent, now: datetime) -> Held:
        """Who the event is of, added when it is somebody new."""
        known = contacts.held(session, event.channel, event.account)
        if known is not None:
            return known
        locale = self._catalog.locale_for(event.language, self._lab.locale)
        contacts.meet(session, event.channel, event.account, ContactKind.PERSON, locale, now)
        return self._contact(session, event, now)

    def _converse(self, transaction: Transaction, contact: Held, event: Event, *, is_new: bool) -> Outcome:
        session, now = transaction.session, transaction.now
        if isinstance(event, FollowUpDue):
            if not follow_ups.is_pending(session, UUID(event.follow_up)):
                return Outcome()
            if (at := self._time_for(event, now)) != now:
                follow_ups.postpone(session, UUID(event.follow_up), at)
                return Outcome()
            follow_ups.finish(session, UUID(event.follow_up), now)
            if event.due is Due.ASK and self._schedule_of(event) is None:
                return Outcome()
        else:
            _note_reach(session, contact, event, now)
            if isinstance(event, FormSubmitted) and not self._may_fill_in(session, contact, event):
                return Outcome(self._catalog.say("desk.staff_only", contact.locale))
        token, state = conversations.load(session, contact.id)
        facts = self._facts(session, contact, event, token, state, now)
        turn = engine.step(self._catalog, state, event, now, facts)
        pressed = event.on if isinstance(event, Chose) else None
        outcome = effects.carry_out(transaction, contact, token, turn, pressed)
        if turn.state != state:
            conversations.save(session, contact.id, turn.state)
        if turn.awaits_an_answer:
            if contact.forget:
                contacts.remember(session, contact.id)
        elif is_new or isinstance(event, Stopped):
            contacts.let_go(session, contact.id, now)
        unknown_link = facts.unknown_code or (_is_link(event) and facts.visit is None)
        return Outcome(outcome.notice, outcome.form_errors, outcome.number, unknown_link=unknown_link)

    def _may_fill_in(self, session: Session, contact: Held, event: FormSubmitted) -> bool:
        """Whether a form is for this person: those for staff are for nobody else."""
        form = self._catalog.version(event.questionnaire, event.version)
        return form.audience != "staff" or contacts.role_of(session, contact.id) is not None

    def _schedule_of(self, event: FollowUpDue) -> Schedule | None:
        """The schedule of the survey; None when the laboratory has taken it away since."""
        survey = self._catalog.questionnaires.get(event.questionnaire)
        return survey.schedule if survey else None

    def _time_for(self, event: FollowUpDue, now: datetime) -> datetime:
        """When to carry out a follow-up that is due: now, or once people may be written to again."""
        schedule = self._schedule_of(event)
        return into_window(now, schedule.window, self._lab.zone) if schedule else now

    def _facts(
        self,
        session: Session,
        contact: Held,
        event: Event,
        token: str,
        state: State,
        now: datetime,
    ) -> Facts:
        visit: Visit | None = None
        if isinstance(event, Started) and event.token is not None:
            visit = visits.by_token(session, event.token)
        elif state.consent_for is not None:
            visit = session.get(Visit, UUID(state.consent_for), with_for_update=True)  # one of two may agree
        tries_left = self._guesses.left(event.channel, event.account, now)
        code = code_of(state, event)
        about = None
        if code is None or tries_left > 0:
            about = regarding(session, contact, state, event, code, now)
        unknown: Standing = "enough" if isinstance(event, Started) and tries_left == 1 else "unknown"
        return Facts(
            locale=contact.locale,
            locales=self._catalog.locales,
            fresh_id=str(uuid7()),
            conversation=token,
            visit=str(visit.id) if visit else None,
            standing=visits.standing(visit, contact, now) if visit else unknown,
            about=about,
            unknown_code=code is not None and about is None,
            many_concerns=self._opened.left(event.channel, event.account, now) == 0,
        )

    async def _keep(self, event: AnyEvent, error: Exception) -> Outcome:
        log.error("event %s failed and is kept for another try", event.event_id, exc_info=error)
        words, addressed = await self._database.run(self._keep_and_tell, event, type(error).__name__)
        self._hand_over(addressed, ())
        return Outcome(notice=words, kept=True)

    def _keep_and_tell(self, session: Session, event: AnyEvent, error: str) -> tuple[str, list[UUID]]:
        now = self._clock()
        transaction = Transaction(session, self._catalog, self._lab, now)
        if isinstance(event, FollowUpDue):
            # The follow-up is its own record and comes again; the person knows nothing of it yet.
            follow_ups.postpone(session, UUID(event.follow_up), now + _FOLLOW_UP_AGAIN)
            return "", []
        attempts = self._keep_on(session, event.event_id, _EVENT.dump_json(event), error)
        contact = self._contact(session, event, now)
        words = self._catalog.say("sorry.kept", contact.locale)
        if attempts == 0:
            transaction.leave(contact.id, Message(words))
        return words, transaction.addressed

    def _keep_on(self, session: Session, event_id: str, event: bytes, error: str) -> int:
        """Keep the event for its next try; how often it had failed before."""
        attempts, now = inbox.attempts(session, event_id), self._clock()
        wait = _RETRY_AFTER[min(attempts, len(_RETRY_AFTER) - 1)]
        inbox.keep(session, event_id, event, error, now, now + wait)
        return attempts


def _is_link(event: AnyEvent) -> TypeGuard[Started]:
    """Whether a link was opened that is somebody's own, unlike the public one."""
    return isinstance(event, Started) and event.token not in (None, "", CONCERN)


def _repeated(session: Session, event: AnyEvent) -> Outcome:
    contact = contacts.find(session, event.channel, event.account)
    latest = complaints.reported_by(session, contact.id, 1) if contact else ()
    return Outcome(duplicate=True, number=latest[0].number if latest else "")


def _note_reach(session: Session, contact: Held, event: Event, now: datetime) -> None:
    """Who blocked the bot is back by opening the chat anew, by a form, or by the next message arriving.

    A press or words may have been on their way since before, so they are answered but prove nothing.
    """
    if isinstance(event, Stopped) and event.blocked:
        contacts.mark_blocked(session, contact.id, now)
    elif isinstance(event, Started | FormSubmitted) and contact.blocked_at is not None:
        contacts.mark_reachable(session, contact.id, contact.blocked_at)
