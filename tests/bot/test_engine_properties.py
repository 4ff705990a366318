"""Whatever people do, in whatever order, a conversation keeps its promises."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.catalog import Catalog, load
from bot.dialog import engine
from bot.dialog.answer import Choice, FreeText, Item, OneChoice, Reference, Scale, Value
from bot.dialog.effect import (
    Effect,
    Ending,
    EndResponse,
    GiveConsent,
    Notice,
    OpenComplaint,
    RecordAnswer,
    RefuseConsent,
    RejectForm,
    RetractAnswer,
    Send,
    SetLanguage,
    StartResponse,
)
from bot.dialog.engine import Facts, Standing, button_data
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
from bot.dialog.message import Text, Wording
from bot.dialog.questionnaire import AllOf, AnyOf, AtLeast, AtMost, Condition, OneOf, Questionnaire
from bot.dialog.schedule import Trigger
from bot.dialog.state import State

CATALOG = load()
CONVERSATION = "c" * 22
VISITS = ("visit-1", "visit-2")
WORDS = Wording({"en": "Words", "es": "Palabras"})


class Library:
    """Our own questionnaires, with one of them replaced."""

    def __init__(self, catalog: Catalog, invented: Questionnaire) -> None:
        self._catalog = catalog
        self.questionnaires = {**catalog.questionnaires, invented.id: invented}

    def newest(self, questionnaire_id: str) -> Questionnaire:
        return self.questionnaires[questionnaire_id]

    def version(self, questionnaire_id: str, version: int) -> Questionnaire:
        found = self.newest(questionnaire_id)
        assert found.version == version
        return found

    def scheduled(self, trigger: Trigger) -> tuple[Questionnaire, ...]:
        return tuple(self.newest(one.id) for one in self._catalog.scheduled(trigger))


@st.composite
def items(draw: st.DrawFn, item_id: str) -> Item:
    required = draw(st.booleans())
    match draw(st.sampled_from(("scale", "choice", "text", "reference"))):
        case "scale":
            low = draw(st.integers(0, 2))
            high = draw(st.integers(low + 1, 10))
            return Scale(
                id=item_id,
                text=WORDS,
                required=required,
                low=low,
                high=high,
                low_label=WORDS,
                high_label=WORDS,
                favourable=high,
                synonyms={"en": {"five": 5}} if low <= 5 <= high else {},
            )
        case "choice":
            leads = st.sampled_from((None, None, "complaint", "call_back"))
            choices = tuple(
                Choice(name, Wording({"en": name}), draw(leads)) for name in ("yes", "no", "other")
            )
            return OneChoice(id=item_id, text=WORDS, required=required, choices=choices)
        case "text":
            return FreeText(id=item_id, text=WORDS, required=required, max_length=10)
        case _:
            return Reference(id=item_id, text=WORDS, required=required)


@st.composite
def conditions(draw: st.DrawFn, earlier: list[Item]) -> Condition | None:
    simple: list[Condition] = []
    for item in earlier:
        if isinstance(item, Scale):
            bound = draw(st.integers(item.low, item.high))
            simple += [AtLeast(item.id, bound), AtMost(item.id, bound)]
        elif isinstance(item, OneChoice):
            simple.append(OneOf(item.id, (draw(st.sampled_from(("yes", "no", "other"))),)))
    if not simple or draw(st.integers(0, 3)) == 0:
        return None
    chosen = tuple(draw(st.lists(st.sampled_from(simple), min_size=1, max_size=2)))
    return draw(st.sampled_from((chosen[0], AnyOf(chosen), AllOf(chosen))))


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    """A survey of every kind of item, asked in place of ours after collection."""
    asked: list[Item] = []
    rules: dict[str, Condition] = {}
    for n in range(draw(st.integers(1, 7))):
        if condition := draw(conditions(asked)):
            rules[f"i{n}"] = condition
        asked.append(replace(draw(items(f"i{n}")), forms_only=n > 0 and draw(st.booleans())))
    return replace(CATALOG.newest("after_collection"), items=tuple(asked), conditions=rules)


ISSUE = {"category": "it", "phase": "general", "severity": "minor", "happened": "Words"}
MOVES = (*["answer"] * 3, *["<"] * 3, ">")
THE_SAME_EVERY_TIME = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def judged(questionnaire: Questionnaire, answers: Mapping[str, Value]) -> None:
    """A completed response has every required item that applies and is asked, and no item that is not."""
    for item in questionnaire.items:
        applies = item in questionnaire.asked and questionnaire.applies(item, answers)
        assert applies or item.id not in answers, f"{item.id} does not apply"
        assert not (applies and item.required) or item.id in answers, f"{item.id} is missing"


class Conversation(RuleBasedStateMachine):
    """One person, the engine, and a record of what its effects say, kept as the database would."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)
        self.numbers = itertools.count()
        self.locale = "en"
        self.answers: dict[str, dict[str, Value]] = {}
        self.asked_by: dict[str, Questionnaire] = {}
        self.ended: set[str] = set()
        self.standing: dict[str, Standing] = dict.fromkeys(VISITS, "open")
        self.buttons: list[str] = []
        self.question: list[str] = []

    @initialize(questionnaire=questionnaires())
    def choose_survey(self, questionnaire: Questionnaire) -> None:
        self.shelf = Library(CATALOG, questionnaire)

    @rule(visit=st.sampled_from(VISITS))
    def opens_the_link(self, visit: str) -> None:
        self.happens(Started(event_id="e", channel="telegram", account="1", token="token"), visit)

    @rule()
    def opens_the_chat(self) -> None:
        self.happens(Started(event_id="e", channel="telegram", account="1"))

    @rule(command=st.sampled_from(Command))
    def commands(self, command: Command) -> None:
        self.happens(Commanded(event_id="e", channel="telegram", account="1", command=command))

    @rule(
        text=st.sampled_from(("yes", "no", "1", "five", "words of my own", "", " ", "\x00", "99", "x" * 5000))
    )
    def types(self, text: str) -> None:
        self.happens(Said(event_id="e", channel="telegram", account="1", text=text))

    @precondition(lambda self: self.state.in_front)
    @rule(seed=st.integers(0, 10_000), moves=st.integers(1, 12))
    def fills_in_for_a_while(self, seed: int, moves: int) -> None:
        chances = Random(seed)
        for move in chances.choices(MOVES, k=moves):
            self.what_is_recorded_is_what_the_person_sees()
            offered = {button.rpartition(".")[2]: button for button in self.question}
            answers = [button for code, button in offered.items() if code.startswith("=")]
            if self.state.in_front is None:
                return
            if move in offered:
                self.presses(offered[move])
            elif answers:
                self.presses(chances.choice(answers))
            else:
                self.types("some words")

    @precondition(lambda self: self.question)
    @rule(data=st.data())
    def presses_a_button_of_the_question(self, data: st.DataObject) -> None:
        in_front = self.state.in_front
        effects = self.presses(data.draw(st.sampled_from(self.question)))
        assert in_front is None or not any(isinstance(effect, Notice) for effect in effects)

    @precondition(lambda self: self.question)
    @rule(data=st.data())
    def double_taps(self, data: st.DataObject) -> None:
        button = data.draw(st.sampled_from(self.question))
        self.presses(button)
        self.presses(button)

    @precondition(lambda self: self.buttons)
    @rule(data=st.data())
    def presses_any_button_ever_shown(self, data: st.DataObject) -> None:
        self.presses(data.draw(st.sampled_from(self.buttons)))

    @precondition(lambda self: self.question)
    @rule(data=st.data())
    def presses_somebody_elses_button(self, data: st.DataObject) -> None:
        self.presses("d" + data.draw(st.sampled_from(self.question))[1:])

    @rule(code=st.text(max_size=8) | st.sampled_from(("<", ">", "x", "=", "=yes", "=1", "lang-xx", "lang-")))
    def presses_what_was_never_shown(self, code: str) -> None:
        self.presses(button_data(CONVERSATION, self.state.revision, code))

    @rule(data=st.text(max_size=40))
    def presses_nonsense(self, data: str) -> None:
        self.presses(data)

    @rule(what=st.sampled_from(("photo", "voice", "other")))
    def attaches(self, what: str) -> None:
        self.happens(Attached(event_id="e", channel="telegram", account="1", what=what))  # type: ignore[arg-type]  # drawn from its words

    @rule(blocked=st.booleans())
    def stops(self, blocked: bool) -> None:
        self.happens(Stopped(event_id="e", channel="telegram", account="1", blocked=blocked))

    @rule(due=st.sampled_from(Due), visit=st.sampled_from(VISITS), data=st.data())
    def a_follow_up_is_due(self, due: Due, visit: str, data: st.DataObject) -> None:
        known = [one for one in self.answers if one not in self.ended]
        if due is not Due.ASK and not known:
            return
        response = None if due is Due.ASK else data.draw(st.sampled_from(known))
        name = "after_results" if response is None else self.asked_by[response].id
        self.happens(
            FollowUpDue(
                event_id="e",
                channel="telegram",
                account="1",
                follow_up="f",
                due=due,
                questionnaire=name,
                visit=visit,
                response=response,
            )
        )

    @rule(
        changed=st.dictionaries(
            st.sampled_from((*ISSUE, "order", "need", "more")),
            st.sampled_from(("it", "words", "", "\x00", "x" * 4000)),
            max_size=2,
        )
    )
    def submits_a_form(self, changed: dict[str, str]) -> None:
        self.happens(
            FormSubmitted(
                event_id="e",
                channel="telegram",
                account="1",
                questionnaire="lab_issue",
                version=CATALOG.newest("lab_issue").version,
                values=ISSUE | changed,
            )
        )

    @rule(hours=st.sampled_from((0.1, 2, 50)))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    def presses(self, data: str) -> tuple[Effect, ...]:
        before = self.state
        effects = self.happens(Chose(event_id="e", channel="telegram", account="1", data=data))
        conversation, _, rest = data.partition(".")
        revision, _, code = rest.partition(".")
        stale = revision != str(before.revision) and not code.startswith("lang-")
        if stale or conversation != CONVERSATION:
            assert replace(self.state, touched=None) == replace(before, touched=None)
            assert [type(effect) for effect in effects] == [Notice]
        return effects

    def happens(self, event: Event, visit: str | None = None) -> tuple[Effect, ...]:
        before = self.state
        about = visit or before.consent_for
        facts = Facts(
            self.locale,
            CATALOG.locales,
            f"r{next(self.numbers)}",
            CONVERSATION,
            about,
            self.standing[about] if about else "unknown",
        )
        turn = engine.step(self.shelf, before, event, self.now, facts)
        assert turn.state.revision == before.revision + (turn.state.in_front != before.in_front)
        self.state = turn.state
        for effect in turn.effects:
            self.carry_out(effect)
        return turn.effects

    def carry_out(self, effect: Effect) -> None:
        match effect:
            case Send():
                self.show(effect)
            case StartResponse(response, questionnaire, version):
                assert response not in self.answers
                self.answers[response] = {}
                self.asked_by[response] = self.shelf.version(questionnaire, version)
            case RecordAnswer(response, item, value):
                assert response not in self.ended
                asked = self.asked_by[response].item(item)
                assert asked.accept(str(value)) == value
                self.answers[response][item] = value
            case RetractAnswer(response, item):
                assert response not in self.ended
                del self.answers[response][item]
            case EndResponse(response, ending):
                assert response not in self.ended
                self.ended.add(response)
                if ending is Ending.COMPLETED:
                    judged(self.asked_by[response], self.answers[response])
            case OpenComplaint(confirm=confirm, fields=fields):
                assert fields.keys() >= {"category", "phase", "severity", "words"}
                self.show(confirm)
            case GiveConsent(visit):
                self.standing[visit] = "mine"
            case RefuseConsent(visit):
                self.standing[visit] = "used"
            case SetLanguage(locale):
                self.locale = locale
            case Notice(passing):
                self.render(passing)
            case RejectForm(errors):
                for text in errors.values():
                    self.render(text)
            case _:
                pass

    def show(self, send: Send) -> None:
        for text in send.texts:
            self.render(text)
        shown = []
        for option in (option for row in send.options for option in row):
            self.render(option.label)
            data = button_data(CONVERSATION, self.state.revision, option.code)
            assert len(data.encode()) <= 64
            shown.append(data)
        self.buttons = (self.buttons + shown)[-200:]
        if send.place == "question":
            self.question = shown

    def render(self, text: Text) -> None:
        for locale in CATALOG.locales:
            assert CATALOG.render(text, locale, lab="Laboratory", number="C-1")

    @invariant()
    def what_is_recorded_is_what_the_person_sees(self) -> None:
        for running in self.state.running:
            assert running.response not in self.ended
            assert self.answers[running.response] == running.answers
            asked = self.asked_by[running.response]
            assert all(
                asked.applies(asked.item(item), running.answers) for item in (*running.answers, running.item)
            )

    @invariant()
    def whatever_is_not_ended_is_still_running(self) -> None:
        assert self.answers.keys() - self.ended == {running.response for running in self.state.running}

    @invariant()
    def an_open_question_can_be_answered_by_its_buttons(self) -> None:
        if self.state.in_front:
            assert self.question, "nothing was asked"
            assert {data.split(".")[1] for data in self.question} == {str(self.state.revision)}


Conversation.TestCase.settings = settings(THE_SAME_EVERY_TIME, max_examples=100, stateful_step_count=40)
TestConversation = Conversation.TestCase


@settings(THE_SAME_EVERY_TIME, max_examples=200)
@given(questionnaire=questionnaires(), seed=st.integers(0, 10_000))
def test_survey_filled_in_back_and_forth_keeps_one_answer_to_each_item_that_applies(
    questionnaire: Questionnaire, seed: int
) -> None:
    conversation = Conversation()
    conversation.choose_survey(questionnaire=questionnaire)
    conversation.opens_the_link(visit="visit-1")
    conversation.presses(next(button for button in conversation.question if button.endswith("=yes")))
    conversation.fills_in_for_a_while(seed=seed, moves=60)
    conversation.an_open_question_can_be_answered_by_its_buttons()
