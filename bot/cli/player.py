"""A questionnaire played in the terminal: the same engine as in a chat, with nothing behind it."""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from bot.catalog import Catalog
from bot.dialog import engine, filling
from bot.dialog.answer import folded
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
from bot.dialog.engine import Facts, button_data
from bot.dialog.event import Chose, Said
from bot.dialog.state import State

_CHANNEL, _ACCOUNT, _CONVERSATION = "terminal", "you", "play"
_NUMBER = "C-0000-000000"


class Player:
    """One filling-in of one questionnaire: `write` is given every line to be shown."""

    def __init__(
        self,
        catalog: Catalog,
        locale: str,
        lab: str,
        clock: Callable[[], datetime],
        write: Callable[[str], None],
    ) -> None:
        self._catalog = catalog
        self._locale = locale
        self._lab = lab
        self._clock = clock
        self._write = write
        self._state = State()
        self._codes: dict[str, str] = {}
        self._responses = 0

    @property
    def is_running(self) -> bool:
        """Whether there is a question to be answered."""
        return self._state.current is not None

    def begin(self, survey: str) -> None:
        """Ask the first question; KeyError when there is no such questionnaire."""
        questionnaire = self._catalog.newest(survey)
        self._state, effects = filling.begin(
            questionnaire, self._state, self._fresh_id(), visit=None, now=self._clock()
        )
        self._show(effects)

    def say(self, typed: str) -> None:
        """Take what was typed: the words on a button press it, anything else is said."""
        code = self._codes.get(folded(typed))
        event: Chose | Said
        if code is None:
            event = Said(event_id="", channel=_CHANNEL, account=_ACCOUNT, text=typed)
        else:
            data = button_data(_CONVERSATION, self._state.revision, code)
            event = Chose(event_id="", channel=_CHANNEL, account=_ACCOUNT, data=data)
        facts = Facts(self._locale, self._catalog.locales, self._fresh_id(), _CONVERSATION)
        turn = engine.step(self._catalog, self._state, event, self._clock(), facts)
        self._state = turn.state
        self._show(turn.effects)

    def _fresh_id(self) -> str:
        self._responses += 1
        return f"response {self._responses}"

    def _show(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self._ask(effect)
                case RecordAnswer():
                    self._write(f"  [saved: {effect.item} = {effect.value}]")
                case EndResponse():
                    self._write(f"  [{effect.ending}]")
                case OpenComplaint():
                    fields = ", ".join(f"{name} = {value}" for name, value in effect.fields.items())
                    self._write(f"  [complaint opened: {fields}]")
                    self._ask(effect.confirm, number=_NUMBER)
                case GivePraise(_, fields):
                    passed_on = ", ".join(f"{name} = {value}" for name, value in fields.items())
                    self._write(f"  [thanks passed on: {passed_on}]")
                case (
                    StartResponse()
                    | Notice()
                    | RetractAnswer()
                    | ScheduleFollowUp()
                    | PostponeFollowUp()
                    | GiveConsent()
                    | RefuseConsent()
                    | Withdraw()
                    | TellStatus()
                    | AddWords()
                    | RateComplaint()
                    | TellRelayed()
                    | SetLanguage()
                    | RejectForm()
                ):
                    pass
                case _:
                    assert_never(effect)

    def _ask(self, send: Send, **values: str) -> None:
        words = {"lab": self._lab, **values}
        self._write("")
        self._write("\n".join(self._catalog.render(text, self._locale, **words) for text in send.texts))
        self._codes = {}
        for row in send.options:
            labels = [self._catalog.render(option.label, self._locale) for option in row]
            self._codes.update(
                (folded(label), option.code) for label, option in zip(labels, row, strict=True)
            )
            self._write(" ".join(f"[{label}]" for label in labels))
