"""The record of an investigation as a form: what is in it, and that only what was changed is set."""

import json
from datetime import date
from uuid import UUID

import pytest

from bot.complaints.terms import Cause, Effective, MeasureKind, Phase, Role, Substantiated
from bot.turns.desk.recording import FIELDS
from sandbox.slack import View
from storage import contacts, investigations
from storage.database import Session
from storage.tables import Investigation, Measure
from tests.handlers.slack.conftest import Stage


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    await stage.appoint("U0NURSE", Role.QUALITY)
    await stage.report()
    return stage


async def found(stage: Stage) -> Investigation:
    investigation = await stage.database.read(investigations.find, (await stage.complaint()).id)
    assert investigation is not None
    return investigation


async def recorded(stage: Stage) -> list[str]:
    """The fields that each line of history changed."""
    changes = [one.changes for one in await stage.history() if one.action == "record"]
    return [", ".join(sorted(json.loads(one))) for one in changes if one]


def value(view: View, block: str) -> object:
    (entry,) = view.values[block].values()
    return next((part for name, part in entry.items() if name != "type"), None)


async def test_every_field_of_the_record_has_an_input(stage: Stage) -> None:
    complaint = await stage.complaint()
    await stage.database.run(_measure, complaint.id)
    view = await stage.begins(stage.nurse, "Record")
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    assert {one for one in inputs if not one.startswith("measure_")} == FIELDS - {"measure"}
    assert {one for one in inputs if one.startswith("measure_")} == {
        "measure_kind",
        "measure_words",
        "measure_owner",
        "measure_due",
    }


def _measure(session: Session, complaint_id: UUID) -> None:
    session.add(
        Measure(
            complaint_id=complaint_id,
            kind=MeasureKind.CORRECTIVE,
            words="Check the box at noon",
            due_on=date(2026, 4, 1),
        )
    )


async def test_what_is_filled_in_is_kept(stage: Stage) -> None:
    await stage.appoint("U0KIM")
    assert (
        await stage.does(
            stage.nurse,
            "Record",
            phase="Before testing",
            ours="Yes",
            evidence="The box's log",
            substantiated="Partly",
            cause="Handover",
            involved=["U0KIM"],
            communicated_how="By phone",
            review_on="2026-06-01",
            effective="Yes",
        )
        is None
    )
    assert (await stage.complaint()).phase is Phase.PRE_EXAMINATION
    investigation = await found(stage)
    assert investigation.ours is True
    assert investigation.evidence == "The box's log"
    assert investigation.substantiated is Substantiated.PARTLY
    assert investigation.cause is Cause.HANDOVER
    assert investigation.review_on == date(2026, 6, 1)
    assert investigation.effective is Effective.YES
    assert investigation.communicated_at == stage.clock.now()
    kim = await stage.database.read(contacts.find, "slack", "U0KIM")
    assert kim is not None
    assert list(await stage.database.read(investigations.involved, (await stage.complaint()).id)) == [kim.id]


async def test_the_form_shows_what_is_there_and_sets_only_what_is_changed(stage: Stage) -> None:
    await stage.appoint("U0KIM")
    await stage.does(
        stage.nurse, "Record", evidence="A log\nof two lines, a, b", site="North", involved=["U0KIM"]
    )
    view = await stage.begins(stage.nurse, "Record")
    assert value(view, "evidence") == "A log\nof two lines, a, b"
    assert value(view, "site") == "North"
    assert value(view, "involved") == ["U0KIM"]
    stage.nurse.fill({"correction": "Tested again"})
    assert await stage.nurse.submit() is None
    assert await recorded(stage) == ["evidence, involved, site", "correction"]


async def test_words_put_in_another_order_are_a_change(stage: Stage) -> None:
    await stage.does(stage.nurse, "Record", evidence="first,second")
    await stage.does(stage.nurse, "Record", evidence="second,first")
    assert (await found(stage)).evidence == "second,first"


async def test_two_people_at_the_same_record_do_not_undo_each_other(stage: Stage) -> None:
    await stage.appoint("U0KIM")
    kim = stage.slack.person("U0KIM", name="Kim")
    await stage.begins(stage.nurse, "Record")
    await stage.does(kim, "Record", evidence="Kim's log")
    stage.nurse.fill({"correction": "The nurse's correction"})
    assert await stage.nurse.submit() is None
    investigation = await found(stage)
    assert (investigation.evidence, investigation.correction) == ("Kim's log", "The nurse's correction")


async def test_words_can_be_taken_away(stage: Stage) -> None:
    await stage.appoint("U0COLLEAGUE")
    await stage.does(
        stage.nurse, "Record", evidence="A slip", involved=["U0COLLEAGUE"], impartiality="Alone here"
    )
    assert await stage.does(stage.nurse, "Record", evidence=None, involved=None) is None
    assert (await found(stage)).evidence is None
    assert not await stage.database.read(investigations.involved, (await stage.complaint()).id)


async def test_a_measure_is_added_and_ticked_off(stage: Stage) -> None:
    await stage.does(
        stage.nurse,
        "Record",
        measure_kind="Preventive",
        measure_words="A second look at noon",
        measure_owner="U0NURSE",
        measure_due="2026-04-01",
    )
    complaint = await stage.complaint()
    (measure,) = await stage.database.read(investigations.measures, complaint.id)
    assert (measure.kind, measure.words, measure.due_on) == (
        MeasureKind.PREVENTIVE,
        "A second look at noon",
        date(2026, 4, 1),
    )
    await stage.does(stage.nurse, "Record", done=["Preventive, 2026-04-01: A second look at noon"])
    (measure,) = await stage.database.read(investigations.measures, complaint.id)
    assert measure.done_at == stage.clock.now()
    view = await stage.begins(stage.nurse, "Record")
    assert "done" not in [block["block_id"] for block in view.blocks]


async def test_what_cannot_be_kept_is_told_at_its_input_and_nothing_is_set(stage: Stage) -> None:
    errors = await stage.does(
        stage.nurse, "Record", evidence="A log", involved=["U0HOUSE"], measure_words="Something"
    )
    assert errors == {
        "involved": "Only laboratory staff can be named here. `labvoice staff add` adds somebody.",
        "measure_words": "Please choose one of the answers.",
    }
    assert await recorded(stage) == []
    stage.nurse.fill({"involved": None, "measure_words": None})
    assert await stage.nurse.submit() is None
    assert await recorded(stage) == ["evidence"]


async def test_whether_measures_helped_is_not_asked_of_staff(stage: Stage) -> None:
    await stage.appoint("U0KIM")
    view = await stage.begins(stage.slack.person("U0KIM", name="Kim"), "Record")
    assert "effective" not in [block["block_id"] for block in view.blocks]
