"""While the database takes nothing: Slack is answered at once, and nobody is told what is not so."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest

from bot.catalog import Catalog
from bot.complaints.terms import Status
from sandbox.slack import Acked, Hang, SlackPerson
from sandbox.slack import Status as HttpStatus
from storage.database import Database, DatabaseUnavailable
from storage.encryption import Keyring
from tests.handlers.slack.conftest import ISSUE, Clock, Stage, staged

WAITING, AGAIN = "Not confirmed yet", "Send again"


@pytest.fixture(autouse=True)
def shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.slack.modals._SHOWN_SECONDS", 0.0)


def impatient() -> AbstractContextManager[object]:
    """Slack is answered before anything that takes time is done."""
    return patch("handlers.slack.collaborators._MOMENT", 0.01)


@contextmanager
def locked(tmp_path: Path) -> Iterator[None]:
    """Nobody else can write to the database until the block ends."""
    other = sqlite3.connect(tmp_path / "labvoice.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with impatient():
            yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def filled(stage: Stage, **values: str) -> SlackPerson:
    """A physician before the form, filled in."""
    await stage.house.command(stage.triage, "/lab-issue")
    await stage.house.wait_for(lambda house: house.modal is not None)
    stage.house.fill(ISSUE | values)
    return stage.house


def typed(person: SlackPerson) -> dict[str, str]:
    """What stands in the inputs of the open modal."""
    assert person.modal is not None
    found = {}
    for block, entries in person.modal.values.items():
        (entry,) = entries.values()
        found[block] = str(entry.get("value") or (entry.get("selected_option") or {}).get("value"))
    return found


def shown(person: SlackPerson) -> tuple[str, str | None]:
    assert person.modal is not None
    return person.modal.title, person.modal.submit


async def until_redrawn_twice(stage: Stage, person: SlackPerson) -> None:
    await person.wait_for(lambda _: [one.method for one in stage.slack.calls].count("views.update") == 2)


async def until_thanked(stage: Stage, person: SlackPerson) -> None:
    await person.wait_for(lambda one: one.modal is not None and one.modal.submit is None)
    assert (await stage.complaint()).number in str(person.modal)


async def test_a_form_that_cannot_be_kept_yet_says_so_and_then_thanks(either: Stage, tmp_path: Path) -> None:
    house = await filled(either)
    with locked(tmp_path):
        assert await house.submit() is None
        assert shown(house) == (WAITING, AGAIN)
        assert typed(house) == ISSUE | {"confidential": "None"}
        assert await either.complaints() == []
    await until_thanked(either, house)


async def test_on_postgresql_too(
    postgres_with_tables: str, keyring: Keyring, catalog: Catalog, clock: Clock
) -> None:
    database = await Database.open(postgres_with_tables, keyring)
    async with staged(database, catalog, clock, "http") as stage:
        house = await filled(stage)
        with impatient(), psycopg.connect(postgres_with_tables) as other:
            other.execute("LOCK TABLE inbox IN EXCLUSIVE MODE")
            assert await house.submit() is None
            assert shown(house) == (WAITING, AGAIN)
        await until_thanked(stage, house)
    await database.close()


async def test_a_form_sent_again_while_it_is_being_kept_is_one_complaint(
    either: Stage, tmp_path: Path
) -> None:
    house = await filled(either)
    with locked(tmp_path):
        assert await house.submit() is None
        assert await house.submit() is None
    await until_redrawn_twice(either, house)
    await until_thanked(either, house)


async def test_a_form_redrawn_in_another_language_and_sent_again_is_one_complaint(
    stage: Stage, tmp_path: Path
) -> None:
    house = await filled(stage)
    with locked(tmp_path):
        with patch("handlers.slack.languages.Languages.known", return_value="es-ES"):
            assert await house.submit() is None
        assert shown(house) != (WAITING, AGAIN)
        house.fill(ISSUE)  # the same choices, by the labels now shown
        assert await house.submit() is None
    await until_redrawn_twice(stage, house)
    await until_thanked(stage, house)


async def test_a_form_that_was_not_kept_comes_back_with_what_was_typed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, fail = await filled(stage), asyncio.Event()

    async def fails(*_: object) -> None:
        await fail.wait()
        raise DatabaseUnavailable("locked for too long")

    with monkeypatch.context() as broken, impatient():
        broken.setattr(stage.database, "run", fails)
        assert await house.submit() is None
        fail.set()
        await house.wait_for(lambda one: one.modal is not None and one.modal.title != WAITING)
    assert "Nothing you typed is lost; please submit it again." in str(house.modal)
    assert typed(house) == ISSUE | {"confidential": "None"}
    assert await house.submit() is None
    await until_thanked(stage, house)


async def test_a_form_that_needs_mending_says_so_when_it_could_be_read(stage: Stage, tmp_path: Path) -> None:
    house = await filled(stage, happened="   ")
    with locked(tmp_path):
        assert await house.submit() is None
    await house.wait_for(lambda one: "Please answer this one." in str(one.modal))
    house.fill({"happened": ISSUE["happened"]})
    assert await house.submit() is None
    await until_thanked(stage, house)


async def test_who_closed_the_window_is_told_in_one_message(stage: Stage, tmp_path: Path) -> None:
    house = await filled(stage)
    with locked(tmp_path):
        await house.submit()
        house.close()
    await house.wait_for(lambda one: bool(one.direct.messages))
    number = (await stage.complaint()).number
    await stage.handler._tasks.drain(5)
    assert [number in one.text for one in house.direct.messages] == [True]


async def test_a_press_that_cannot_be_kept_yet_is_answered_twice(either: Stage, tmp_path: Path) -> None:
    await either.appoint("U0NURSE")
    await either.report()
    card = await either.card()
    with locked(tmp_path):
        assert isinstance(await either.nurse.click(card, "Acknowledge"), Acked)
        await either.nurse.wait_for(lambda one: bool(one.private))
        assert "still being kept" in either.nurse.private[-1].text
        assert (await either.complaint()).status is Status.RECEIVED
    await either.nurse.wait_for(lambda one: len(one.private) == 2)
    assert (await either.complaint()).number in either.nurse.private[-1].text
    assert (await either.complaint()).status is Status.ACKNOWLEDGED


async def test_an_outcome_that_cannot_be_kept_yet_stays_as_typed_and_is_then_taken(
    stage: Stage, tmp_path: Path
) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    await stage.nurse.click(await stage.card(), "Resolve")
    await stage.nurse.wait_for(lambda one: one.modal is not None)
    stage.nurse.fill({"outcome": "Analyser down."})
    with locked(tmp_path):
        assert await stage.nurse.submit() is None
        assert shown(stage.nurse) == (WAITING, AGAIN)
        assert typed(stage.nurse)["outcome"] == "Analyser down."
    await stage.nurse.wait_for(lambda one: one.modal is not None and one.modal.submit is None)
    assert (await stage.complaint()).outcome == "Analyser down."


@contextmanager
def unread(stage: Stage) -> Iterator[asyncio.Event]:
    """Nothing is read from the database until the event is set."""
    may_read, read = asyncio.Event(), stage.database.read

    async def waits(*arguments: object) -> object:
        await may_read.wait()
        return await read(*arguments)  # type: ignore[arg-type]

    with impatient(), patch.object(stage.database, "read", waits):
        yield may_read


async def test_the_status_is_told_once_it_can_be_read(stage: Stage) -> None:
    with unread(stage) as may_read:
        await stage.house.command(stage.triage, "/lab-status")
        assert "being looked up" in stage.house.private[-1].text
        may_read.set()
        await stage.house.wait_for(lambda one: "You have no open issues." in one.private[-1].text)


async def test_the_resolve_form_opens_before_the_role_is_read(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    card = await stage.card()
    with unread(stage) as may_read:
        await stage.nurse.click(card, "Resolve")
        await stage.house.click(card, "Resolve")
        for person in (stage.nurse, stage.house):
            await person.wait_for(lambda one: "the form is on its way" in str(one.modal))
        may_read.set()
        await stage.nurse.wait_for(lambda one: one.modal is not None and one.modal.submit == "Submit")
        await stage.house.wait_for(lambda one: "Only laboratory staff can do this." in str(one.modal))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DatabaseUnavailable("gone"), "That did not work just now."),
        (RuntimeError("a defect"), "Something went wrong on our side."),
    ],
)
async def test_a_form_on_its_way_that_cannot_be_made_says_so(
    stage: Stage, error: Exception, told: str
) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    card, fail = await stage.card(), asyncio.Event()

    async def fails(*_: object) -> None:
        await fail.wait()
        raise error

    with impatient(), patch.object(stage.database, "read", fails):
        await stage.nurse.click(card, "Resolve")
        await stage.nurse.wait_for(lambda one: "the form is on its way" in str(one.modal))
        fail.set()
        await stage.nurse.wait_for(lambda one: told in str(one.modal))


async def test_the_form_comes_in_the_language_slack_is_slow_to_tell(
    stage: Stage,
) -> None:
    stage.slack.faults.next("users.info", Hang(0.2))
    with impatient():
        await stage.house.command(stage.triage, "/lab-issue")
        await stage.house.wait_for(lambda one: "the form is on its way" in str(one.modal))
    await stage.house.wait_for(lambda one: one.modal is not None and one.modal.submit is not None)
    stage.house.fill(ISSUE)
    await stage.house.submit()
    await until_thanked(stage, stage.house)


async def test_a_waiting_form_that_slack_does_not_redraw_can_be_sent_again(
    stage: Stage, tmp_path: Path
) -> None:
    house = await filled(stage)
    stage.slack.faults.next("views.update", HttpStatus(503, "Service Unavailable"))
    with locked(tmp_path):
        await house.submit()
    await house.wait_for(lambda one: bool(one.direct.messages))
    assert shown(house) == (WAITING, AGAIN)
    await house.submit()
    await until_thanked(stage, house)
