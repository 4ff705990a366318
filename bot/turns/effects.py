"""Carrying out what a step of the dialog asked for, in order, inside the turn's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never
from uuid import UUID

from bot.complaints import slots
from bot.dialog.answer import Colleague, FreeText, Reference
from bot.dialog.effect import (
    AddWords,
    Effect,
    EndResponse,
    GiveConsent,
    GivePraise,
    Notice,
    OpenComplaint,
    PostponeFollowUp,
    RateComplaint,
    RecordAnswer,
    RefuseConsent,
    RejectForm,
    RetractAnswer,
    ScheduleFollowUp,
    Send,
    SetLanguage,
    StartResponse,
    TellRelayed,
    TellStatus,
    Withdraw,
)
from bot.dialog.engine import Turn, button_data
from bot.dialog.message import Button, Message, Phrase, Text
from bot.dialog.schedule import into_window
from bot.turns import desk, praise
from bot.turns.lab import Transaction
from bot.turns.results import plan_asking
from storage import complaints, contacts, follow_ups, outbox, responses, visits
from storage.contacts import Held
from storage.tables import Visit

_STATUS_LINES = 30


@dataclass(slots=True)
class Shown:
    """What the person who acted is to be shown at once."""

    notice: str = ""
    form_errors: Mapping[str, str] = field(default_factory=dict)
    number: str = ""


def carry_out(transaction: Transaction, contact: Held, token: str, turn: Turn, pressed: str | None) -> Shown:
    """Write everything the effects ask for; messages go to the outbox.

    `pressed` is the message a button was pressed on: what replaces something is put in its place.
    """
    work = _Work(transaction, contact, token, turn.state.revision, pressed)
    for effect in turn.effects:
        work.do(effect)
    return work.shown


class _Work:
    def __init__(
        self, transaction: Transaction, contact: Held, token: str, revision: int, pressed: str | None
    ) -> None:
        self._transaction = transaction
        self._session = transaction.session
        self._now = transaction.now
        self._contact = contact
        self._locale = contact.locale
        self._token = token
        self._revision = revision
        self._pressed = pressed
        self.shown = Shown()

    def do(self, effect: Effect) -> None:  # noqa: C901 - one case per effect is the point
        session, now = self._session, self._now
        match effect:
            case Send():
                self._send(effect)
            case Notice(text):
                self.shown.notice = self._transaction.catalog.render(text, self._locale)
            case GiveConsent(visit):
                self._give_consent(UUID(visit))
            case RefuseConsent(visit):
                self._refuse_consent(UUID(visit))
            case StartResponse():
                self._start(effect)
            case RecordAnswer():
                self._record(effect)
            case RetractAnswer(response, item):
                responses.retract_answer(session, UUID(response), item)
            case EndResponse(response, ending):
                responses.end(session, UUID(response), ending, now)
                follow_ups.cancel_for_response(session, UUID(response), now)
            case OpenComplaint():
                self._open_complaint(effect)
            case GivePraise():
                praise.give(self._transaction, self._contact, effect)
            case ScheduleFollowUp():
                self._schedule(effect)
            case PostponeFollowUp(follow_up, at):
                follow_ups.postpone(session, UUID(follow_up), at)
            case Withdraw():
                contacts.withdraw(session, self._contact.id, now)
                follow_ups.cancel_for_contact(session, self._contact.id, now)
                outbox.cancel_for(session, self._contact.id)
            case TellStatus():
                self._tell_status()
            case AddWords(complaint, words):
                desk.add_words(self._transaction, self._contact, complaint, words)
            case RateComplaint(complaint, rating):
                desk.rate(self._transaction, self._contact, complaint, rating)
            case TellRelayed(complaint):
                desk.tell_relayed(self._transaction, self._contact, complaint)
            case SetLanguage(locale):
                contacts.set_locale(session, self._contact.id, locale)
                self._locale = locale
            case RejectForm(errors):
                render = self._transaction.catalog.render
                self.shown.form_errors = {item: render(text, self._locale) for item, text in errors.items()}
            case _:
                assert_never(effect)

    def _send(self, send: Send, *, slot: str = "", **values: str) -> None:
        catalog = self._transaction.catalog
        values = {"lab": self._transaction.lab.name, **values}
        rows = tuple(
            tuple(
                Button(
                    catalog.render(option.label, self._locale),
                    button_data(self._token, self._revision, option.code),
                )
                for option in row
            )
            for row in send.options
        )
        text = "\n\n".join(
            catalog.render(self._on_channel(text), self._locale, **values) for text in send.texts
        )
        onto = self._pressed if send.replace else None
        message = Message(text, rows, slot=send.place or slot, replace=send.replace, onto=onto)
        self._transaction.leave(self._contact.id, message)

    def _on_channel(self, text: Text) -> Text:
        if isinstance(text, Phrase):
            return replace(text, key=self._transaction.catalog.key_on(self._contact.channel, text.key))
        return text

    def _give_consent(self, visit_id: UUID) -> None:
        visit = self._session.get_one(Visit, visit_id)
        contacts.welcome_back(self._session, self._contact, self._now)
        visits.record_consent(self._session, visit, self._contact.id, self._now)
        plan_asking(self._session, self._transaction.catalog, self._transaction.lab, visit, self._now)

    def _refuse_consent(self, visit_id: UUID) -> None:
        visit = self._session.get_one(Visit, visit_id)
        visits.record_refusal(self._session, visit, self._now)
        contacts.let_go(self._session, self._contact.id, self._now)

    def _start(self, effect: StartResponse) -> None:
        visit = self._session.get_one(Visit, UUID(effect.visit)) if effect.visit else None
        responses.start(
            self._session,
            UUID(effect.response),
            questionnaire=effect.questionnaire,
            version=effect.version,
            contact_id=self._contact.id,
            visit_id=visit.id if visit else None,
            site=visit.site if visit else None,
            channel=self._contact.channel,
            locale=self._locale,
            now=self._now,
        )

    def _record(self, effect: RecordAnswer) -> None:
        questionnaire = self._transaction.catalog.version(effect.questionnaire, effect.version)
        item = questionnaire.item(effect.item)
        is_phone = questionnaire.opens is not None and questionnaire.opens.from_items.get("phone") == item.id
        hidden = is_phone or isinstance(item, Reference | Colleague)  # the complaint or the praise has it
        value = complaints.masked(str(effect.value)) if hidden else effect.value
        is_words = isinstance(item, FreeText)
        responses.record_answer(
            self._session, UUID(effect.response), item.id, value, self._now, is_words=is_words
        )

    def _open_complaint(self, effect: OpenComplaint) -> None:
        fields = {name: str(value) for name, value in effect.fields.items()}
        visit = self._session.get_one(Visit, UUID(effect.visit)) if effect.visit else None
        came = desk.Came(
            effect.audience, self._contact.channel, self._contact.id, visit, UUID(effect.response)
        )
        opened = desk.open_complaint(self._transaction, fields, came)
        self.shown.number = opened.complaint.number
        self._send(effect.confirm, number=opened.complaint.number, slot=slots.slot(opened.complaint.id))
        if opened.complaint.safety and came.audience != "staff":
            self._send(Send((Phrase("safety.notice"),)))
        if opened.relay is not None:
            self._send(Send((Phrase("relay.code", {"code": opened.relay}),)))
            responses.drop(self._session, UUID(effect.response))
            contacts.let_go(self._session, self._contact.id, self._now)

    def _schedule(self, effect: ScheduleFollowUp) -> None:
        schedule = self._transaction.catalog.newest(effect.questionnaire).schedule
        at = effect.at
        if schedule is not None:
            at = into_window(at, schedule.window, self._transaction.lab.zone)
        follow_ups.plan(
            self._session,
            UUID(effect.visit),
            effect.questionnaire,
            effect.due,
            at,
            UUID(effect.response) if effect.response else None,
        )

    def _tell_status(self) -> None:
        found = complaints.reported_by(self._session, self._contact.id, _STATUS_LINES + 1)
        if not found:
            self._send(Send((Phrase("status.none"),)))
            return
        say = self._transaction.catalog.say
        lines = [
            say(
                "status.line.next",
                self._locale,
                number=one.number,
                state=say(f"status.{one.status}", self._locale),
                following=say(
                    "status.next.waiting" if one.waiting_since else f"status.next.{one.status}", self._locale
                ),
            )
            for one in found[:_STATUS_LINES]
        ]
        if len(found) > _STATUS_LINES:
            lines.append(say("status.more", self._locale))
        words = "\n".join([say("status.intro", self._locale), "", *lines])
        self._transaction.leave(self._contact.id, Message(words))
