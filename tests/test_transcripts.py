"""Every conversation in tests/transcripts/ sounds the same on the pure engine and through the whole stack."""

from pathlib import Path

import pytest

from bot.catalog import Catalog, load
from bot.complaints.terms import Role
from bot.dialog.effect import Ending
from bot.dialog.questionnaire import Questionnaire
from storage.encryption import generate_key
from tests.stage.engine_stage import EngineStage
from tests.stage.outgoing import outgoing, telling
from tests.stage.script import Script, perform, scripts
from tests.stage.stack_stage import CHAT, StackStage
from tests.stage.world import NURSE, world

EVERY = pytest.mark.parametrize("script", scripts(), ids=lambda script: script.name)
FORMS = frozenset({"lab_issue", "on_behalf"})
CONSENT = "consent"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


@EVERY
async def test_transcript_on_the_engine(
    script: Script, catalog: Catalog, request: pytest.FixtureRequest
) -> None:
    heard = await perform(script, EngineStage(catalog, script.now, script.locale, script.survey))
    if request.config.getoption("--update-transcripts"):
        script.path.write_text(heard, encoding="utf-8")
    assert heard == script.path.read_text(encoding="utf-8")


@EVERY
async def test_transcript_through_the_whole_stack(script: Script, catalog: Catalog, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    with outgoing() as calls:
        async with world(database_url=url, data_key=generate_key(), now=script.now) as around:
            patient = around.telegram.person(CHAT, first_name="Ana", language_code=script.locale)
            async with around.running():
                await around.appoint(NURSE, Role.STAFF)
                heard = await perform(script, StackStage(around, patient, script.survey))
    assert heard == script.path.read_text(encoding="utf-8")
    assert telling(calls, catalog) == []


def test_every_survey_and_every_ending_has_a_transcript(catalog: Catalog) -> None:
    wanted = {f"{one.id}.{ending}" for one in catalog.questionnaires.values() for ending in _endings(one)}
    have = {".".join(script.name.split(".")[:2]) for script in scripts()}
    assert wanted - have == set()


def _endings(questionnaire: Questionnaire) -> set[str]:
    if questionnaire.id == CONSENT:
        return {"given", "refused"}
    if questionnaire.id in FORMS:
        return {Ending.COMPLETED}
    expires = {Ending.EXPIRED} if questionnaire.schedule else set()
    return {Ending.COMPLETED, Ending.STOPPED} | expires


def test_transcripts_are_plain_text_files_named_after_survey_and_ending() -> None:
    for script in scripts():
        assert script.name.startswith(f"{script.survey}."), script.path.name
        assert script.path.parent == Path(__file__).parent / "transcripts"
