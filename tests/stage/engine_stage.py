"""Playing a transcript on the pure engine: no database, no network, no platform."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict, assert_never
from zoneinfo import ZoneInfo

from bot.catalog import Catalog
from bot.dialog import engine
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
from bot.dialog.event import (
    Attached,
    Chose,
    Command,
    Commanded,
    Due,
    Event,
    FollowUpDue,
    FormSubmitted,
    Said,
    Started,
    Stopped,
)
from bot.dialog.message import Phrase, Text
from bot.dialog.schedule import Trigger, into_window
from bot.dialog.state import State
from storage.complaints import masked
from tests.stage.script import RELAY, Line, duration, form_values, shown

VISIT, TOKEN = "visit", "token"
LAB = "City Laboratory"
ZONE = ZoneInfo("UTC")
_MASKED = ("order", "phone", "colleague")


@dataclass(frozen=True, slots=True)
class _Pending:
    at: datetime
    due: Due
    questionnaire: str
    response: str | None


class _Who(TypedDict):
    event_id: str
    channel: str
    account: str


@dataclass(slots=True)
class EngineStage:
    """One person, one visit, and the effects of every step said aloud."""

    catalog: Catalog
    now: datetime
    locale: str
    form: str
    state: State = field(default_factory=State)
    consented: bool | None = None
    pending: list[_Pending] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    last_pressed: str = ""
    steps: int = 0
    opened: int = 0

    async def play(self, line: Line) -> list[Line]:
        """Do one line on the engine."""
        if line.who == "Time":
            return list(self._pass(duration(line.what)))
        if line.who == "Laboratory":
            return list(self._report(line.what))
        event = self._form(line.what) if line.who == "Form" else self._event(line.what)
        return list(self._step(event))

    def _event(self, what: str) -> Event:
        who = self._who()
        match what:
            case "(opens the link)":
                return Started(**who, token=TOKEN)
            case "(opens the public link)":
                return Started(**who, token=engine.CONCERN)
            case "(opens the chat)":
                return Started(**who)
            case "(sends a photo)":
                return Attached(**who, what="photo")
            case "(sends a voice note)":
                return Attached(**who, what="voice")
            case "(taps again)":
                return Chose(**who, data=self.last_pressed)
            case "/stop":
                return Stopped(**who)
            case _ if what.startswith("["):
                self.last_pressed = self.buttons[what.strip("[]")]
                return Chose(**who, data=self.last_pressed)
            case _ if what.startswith("/"):
                return Commanded(**who, command=Command(what.removeprefix("/")))
            case _:
                return Said(**who, text=what)

    def _form(self, what: str) -> Event:
        questionnaire = self.catalog.newest(self.form)
        return FormSubmitted(
            **self._who(),
            questionnaire=questionnaire.id,
            version=questionnaire.version,
            values=form_values(what),
        )

    def _who(self) -> _Who:
        self.steps += 1
        return {"event_id": str(self.steps), "channel": "stage", "account": "1"}

    def _step(self, event: Event) -> Iterator[Line]:
        standing: engine.Standing = "open" if self.consented is None else "mine" if self.consented else "used"
        facts = engine.Facts(
            self.locale, self.catalog.locales, f"response-{self.steps}", "c", VISIT, standing
        )
        turn = engine.step(self.catalog, self.state, event, self.now, facts)
        self.state = turn.state
        saved: list[Line] = []
        heard: list[Line] = []
        for effect in _kept(turn.effects):
            for line in self._carry_out(effect):
                (saved if line.who == "Saved" else heard).append(line)
        yield from saved
        yield from sorted(heard, key=lambda line: line.who.startswith("Room"))

    def _carry_out(self, effect: Effect) -> Iterator[Line]:
        match effect:
            case Send():
                line = self._said(effect)
                before = self.places.get(effect.place)
                if effect.place:
                    self.places[effect.place] = line.what
                if not (effect.replace and line.what == before):  # an edit that changes nothing is not seen
                    yield line
            case Notice(text):
                yield Line("Notice", self.catalog.render(text, self.locale))
            case RecordAnswer(_, item, value):
                # Accounts, order and phone numbers are the answers that are kept masked.
                yield Line("Saved", f"{item} = {masked(str(value)) if item in _MASKED else value}")
            case RetractAnswer(_, item):
                yield Line("Saved", f"{item} taken back")
            case StartResponse(_, questionnaire):
                yield Line("Saved", f"{questionnaire} begun")
            case EndResponse(response, ending):
                self.pending = [one for one in self.pending if one.response != response]
                yield Line("Saved", f"response {ending}")
            case GiveConsent():
                self.consented = True
                yield Line("Saved", "consent given")
            case RefuseConsent():
                self.consented = False
                yield Line("Saved", "consent refused")
            case OpenComplaint(_, fields, confirm):
                self.opened += 1
                number = f"C-{self.now.year}-{self.opened:06d}"
                anonymous = fields.get("anonymous") == "yes"
                self.complaints.extend([] if anonymous else [number])
                yield Line("Saved", f"complaint {number}")
                yield self._said(confirm, number=number)
                if fields["category"] == "safety":
                    yield self._said(Send((Phrase("safety.notice"),)))
                if anonymous:
                    yield self._said(Send((Phrase("relay.code", {"code": RELAY}),)))
                title = "card.title.safety" if fields["category"] == "safety" else "card.title"
                category = self.catalog.say(f"category.{fields['category']}", "en")
                yield Line("Room", self.catalog.say(title, "en", number=number, category=category))
            case GivePraise():
                yield Line("Saved", "thanks passed on")
                yield Line("Room", self.catalog.say("kudos.title", "en"))
            case ScheduleFollowUp(_, questionnaire, due, at, response):
                schedule = self.catalog.newest(questionnaire).schedule
                moved = into_window(at, schedule.window, ZONE) if schedule else at
                self.pending.append(_Pending(moved, due, questionnaire, response))
            case PostponeFollowUp(follow_up, at):
                self.pending.append(_Pending(at, Due.ASK, follow_up, None))
            case Withdraw():
                self.pending.clear()
                yield Line("Saved", "withdrawn")
            case TellStatus():
                yield Line("Bot", self._status())
            case AddWords(_, words):
                yield Line("Room", f"The reporter writes: {words}")
            case RateComplaint(_, rating):
                yield Line("Saved", f"rated {rating}")
            case TellRelayed():
                yield Line("Saved", "the code is known")
            case SetLanguage(locale):
                self.locale = locale
            case RejectForm(errors):
                lines = (f"{item}: {self._words(text)}" for item, text in errors.items())
                yield Line("Errors", "\n".join(lines))
            case _:
                assert_never(effect)

    def _said(self, send: Send, **values: str) -> Line:
        rows = tuple(tuple(self._words(option.label) for option in row) for row in send.options)
        codes = [option.code for row in send.options for option in row]
        labels = [label for row in rows for label in row]
        data = [engine.button_data("c", self.state.revision, code) for code in codes]
        self.buttons = dict(zip(labels, data, strict=True)) or self.buttons
        text = "\n".join(self._words(text, **values) for text in send.texts)
        return Line("Bot edits" if send.replace else "Bot", shown(text, rows))

    def _words(self, text: Text, **values: str) -> str:
        return self.catalog.render(text, self.locale, lab=LAB, **values)

    def _status(self) -> str:
        say = self.catalog.say
        if not self.complaints:
            return say("status.none", self.locale)
        state, following = (say(f"status.{one}received", self.locale) for one in ("", "next."))
        lines = [
            say("status.line.next", self.locale, number=one, state=state, following=following)
            for one in reversed(self.complaints)
        ]
        return "\n".join([say("status.intro", self.locale), *lines])

    def _report(self, what: str) -> Iterator[Line]:
        yield from ()
        for questionnaire in self.catalog.scheduled(Trigger.RESULTS_DELIVERED):
            schedule = questionnaire.schedule
            asked = [one for one in self.pending if one.questionnaire == questionnaire.id]
            if what == "cancels the results":
                self.pending = [one for one in self.pending if one not in asked]
            elif schedule and self.consented and not asked:
                at = into_window(self.now + schedule.delay, schedule.window, ZONE)
                self.pending.append(_Pending(at, Due.ASK, questionnaire.id, None))

    def _pass(self, span: timedelta) -> Iterator[Line]:
        until = self.now + span
        while due := sorted((one for one in self.pending if one.at <= until), key=lambda one: one.at):
            first = due[0]
            self.pending.remove(first)
            self.now = max(self.now, first.at)
            event = FollowUpDue(
                **self._who(),
                follow_up=first.questionnaire,
                due=first.due,
                questionnaire=first.questionnaire,
                visit=VISIT,
                response=first.response,
            )
            yield from self._step(event)
        self.now = until


def _kept(effects: Sequence[Effect]) -> Sequence[Effect]:
    """The effects without answers that are dropped as soon as they are kept: those of who stays anonymous."""
    opened = [one for one in effects if isinstance(one, OpenComplaint)]
    if not any(one.fields.get("anonymous") == "yes" for one in opened):
        return effects
    return [one for one in effects if not isinstance(one, RecordAnswer)]
