"""What one questionnaire leads to."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

from bot.catalog import Catalog, load
from bot.dialog.effect import EndResponse, Send, StartResponse
from bot.dialog.engine import Facts, Turn, button_data, step
from bot.dialog.event import Chose
from bot.dialog.questionnaire import Questionnaire
from bot.dialog.schedule import Trigger
from bot.dialog.state import Running, State

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FACTS = Facts("en", ("en", "es"), "next", "c")
ASKED = Running("after_collection", 1, "this", "put_right", "visit", MappingProxyType({"comfort": 1}))


@dataclass(frozen=True)
class Without:
    """A laboratory's questionnaires, one of which it has taken away."""

    catalog: Catalog
    gone: str

    @property
    def questionnaires(self) -> dict[str, Questionnaire]:
        return {name: one for name, one in self.catalog.questionnaires.items() if name != self.gone}

    def newest(self, questionnaire_id: str) -> Questionnaire:
        return self.questionnaires[questionnaire_id]

    def version(self, questionnaire_id: str, version: int) -> Questionnaire:
        return self.catalog.version(questionnaire_id, version)

    def scheduled(self, trigger: Trigger) -> tuple[Questionnaire, ...]:
        return self.catalog.scheduled(trigger)


def call_back(gone: str) -> Turn:
    shelf = Without(load(), gone)
    version = shelf.newest("after_collection").version
    state = State(stack=(replace(ASKED, version=version),))
    data = button_data("c", state.revision, "=call_back")
    return step(shelf, state, Chose(event_id="1", channel="t", account="1", data=data), NOW, FACTS)


def test_an_answer_begins_what_it_leads_to() -> None:
    begun = [one.questionnaire for one in call_back(gone="").effects if isinstance(one, StartResponse)]
    assert begun == ["call_back"]


def test_what_was_taken_away_since_is_not_begun_and_the_survey_ends_all_the_same() -> None:
    turn = call_back(gone="call_back")
    assert [type(one) for one in turn.effects[-2:]] == [EndResponse, Send]
    assert turn.state.stack == ()
