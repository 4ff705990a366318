"""Whatever is done to the history behind the bot's back shows, and where it was done."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select, text

from bot.complaints.lifecycle import Action
from bot.complaints.terms import Category, Consequence, Phase, Status
from storage import audit, complaints, history
from storage.audit import Broken, Verified
from storage.database import Database, Session
from storage.tables import Complaint, ComplaintEvent

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FIRST, SECOND = "C-2026-000001", "C-2026-000002"
# Where lines are sealed: 1 and 2 open the two complaints, then each has two more in turns.
OF_FIRST, OF_SECOND = (1, 3, 5), (2, 4, 6)


def written(session: Session) -> None:
    """Two complaints of three lines each, in turns."""
    for number in (FIRST, SECOND):
        complaints.open_complaint(
            session,
            number=number,
            category=Category.OTHER,
            phase=Phase.GENERAL,
            consequence=Consequence.MODERATE,
            channel="phone",
            words="Nobody came",
            now=NOW,
        )
    for action, note in ((Action.ACKNOWLEDGE, "Read"), (Action.TAKE, "Mine")):
        for number in (FIRST, SECOND):
            found = complaints.numbered(session, number)
            assert found is not None
            history.record(session, found, action, None, NOW + timedelta(hours=1), f"{note} {number}")


def unguarded(session: Session) -> None:
    """Let this transaction do what the database refuses."""
    if session.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            session.connection().execute(text(f"DROP TRIGGER IF EXISTS complaint_event_no_{change}"))
    else:
        session.connection().execute(text("SET LOCAL session_replication_role = replica"))


def behind_its_back(*statements: str) -> Callable[[Session], None]:
    def done(session: Session) -> None:
        unguarded(session)
        for statement in statements:
            session.connection().execute(text(statement))

    return done


def added(position: int | None) -> Callable[[Session], None]:
    """Put in a line that looks like the last one of the first complaint."""

    def done(session: Session) -> None:
        last = session.exec(select(ComplaintEvent).where(ComplaintEvent.position == OF_FIRST[-1])).one()
        session.add(
            ComplaintEvent(
                complaint_id=last.complaint_id,
                at=last.at,
                action=Action.RESOLVE,
                status=Status.RESOLVED,
                note="Talked to them",
                position=position,
                digest=last.digest if position is not None else None,
            )
        )

    return done


async def verified(database: Database, noted: str | None = None) -> Verified:
    return await database.read(audit.verify, noted)


async def test_what_nobody_touched_is_whole(database: Database) -> None:
    await database.run(written)
    found = await verified(database)
    assert (found.lines, found.unsealed, found.broken, len(found.seal)) == (6, 0, None, 64)


async def test_a_register_without_lines_is_whole(database: Database) -> None:
    assert await verified(database) == Verified(0, 0, "", knows=True, broken=None)


@pytest.mark.parametrize(
    ("done", "broken"),
    [
        pytest.param(
            behind_its_back("UPDATE complaint_event SET action = 'close' WHERE position = 3"),
            Broken("changed", 3, FIRST),
            id="a step",
        ),
        pytest.param(
            behind_its_back("UPDATE complaint_event SET status = 'closed' WHERE position = 4"),
            Broken("changed", 4, SECOND),
            id="a state",
        ),
        pytest.param(
            behind_its_back("UPDATE complaint_event SET status = 'nonsense' WHERE position = 4"),
            Broken("changed", 4, SECOND),
            id="a state there is not",
        ),
        pytest.param(
            behind_its_back(
                "UPDATE complaint_event SET note = "
                "(SELECT note FROM complaint_event AS other WHERE other.position = 4) WHERE position = 3"
            ),
            Broken("changed", 3, FIRST),
            id="words, by those of another line",
        ),
        pytest.param(
            behind_its_back("UPDATE complaint_event SET note = digest WHERE position = 3"),
            Broken("changed", 3, FIRST),
            id="words that cannot be read",
        ),
        pytest.param(
            behind_its_back("UPDATE complaint_event SET digest = NULL WHERE position = 5"),
            Broken("changed", 5, FIRST),
            id="a seal taken off",
        ),
        pytest.param(
            behind_its_back(
                "UPDATE complaint_event SET complaint_id = "
                "(SELECT complaint_id FROM complaint_event AS other WHERE other.position = 2) "
                "WHERE position = 3"
            ),
            Broken("changed", 3, SECOND),
            id="a line moved to another complaint",
        ),
    ],
)
async def test_a_changed_line_shows(
    database: Database, done: Callable[[Session], None], broken: Broken
) -> None:
    await database.run(written)
    await database.run(done)
    assert (await verified(database)).broken == broken


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        pytest.param(
            ("DELETE FROM complaint_event WHERE position = 3",),
            Broken("missing", 3, None),
            id="in the middle",
        ),
        pytest.param(
            (
                "DELETE FROM complaint_event WHERE position = 3",
                *(f"UPDATE complaint_event SET position = {n - 1} WHERE position = {n}" for n in (4, 5, 6)),
                "UPDATE chain SET length = 5",
            ),
            Broken("changed", 3, SECOND),
            id="in the middle, and the others moved up",
        ),
        pytest.param(
            ("DELETE FROM complaint_event WHERE position > 4",), Broken("missing", 5, None), id="at the end"
        ),
        pytest.param(
            ("UPDATE complaint_event SET position = NULL, digest = NULL WHERE position = 6",),
            Broken("missing", 6, None),
            id="at the end, as if it were from before",
        ),
    ],
)
async def test_a_line_taken_out_shows(
    database: Database, statements: tuple[str, ...], broken: Broken
) -> None:
    await database.run(written)
    await database.run(behind_its_back(*statements))
    assert (await verified(database)).broken == broken


@pytest.mark.parametrize("position", [7, 0, None])
async def test_a_line_added_shows(database: Database, position: int | None) -> None:
    await database.run(written)
    await database.run(added(position))
    assert (await verified(database)).broken == Broken("added", position, FIRST)


async def test_a_line_added_at_an_end_that_was_moved_shows(database: Database) -> None:
    await database.run(written)
    await database.run(added(7))
    await database.run(behind_its_back("UPDATE chain SET length = 7"))
    assert (await verified(database)).broken == Broken("changed", 7, FIRST)


CUT = (
    "DELETE FROM complaint_event WHERE position > 4",
    "UPDATE chain SET length = 4, head = (SELECT digest FROM complaint_event WHERE position = 4)",
)


async def test_an_end_cut_off_cleanly_shows_by_the_seal_noted_before(database: Database) -> None:
    await database.run(written)
    noted = (await verified(database)).seal
    await database.run(behind_its_back(*CUT))
    without, with_it = await verified(database), await verified(database, noted)
    assert (without.broken, without.knows) == (None, True)
    assert (with_it.broken, with_it.knows) == (None, False)


async def test_a_seal_noted_before_is_found_although_the_register_went_on(database: Database) -> None:
    await database.run(written)
    noted = (await verified(database)).seal

    def goes_on(session: Session) -> None:
        found = complaints.numbered(session, FIRST)
        assert found is not None
        history.record(session, found, Action.CLOSE, None, NOW)

    await database.run(goes_on)
    found = await verified(database, noted)
    assert (found.lines, found.knows, found.broken) == (7, True, None)
    assert found.seal != noted


async def test_lines_from_before_lines_were_sealed_are_counted_apart(database: Database) -> None:
    await database.run(written)
    take_off = "UPDATE complaint_event SET position = NULL, digest = NULL"
    await database.run(behind_its_back(take_off, "DELETE FROM chain"))
    await database.run(_one_more)
    found = await verified(database)
    assert (found.lines, found.unsealed, found.broken) == (1, 6, None)


def _one_more(session: Session) -> None:
    found = session.exec(select(Complaint).where(Complaint.number == FIRST)).one()
    history.record(session, found, Action.RESOLVE, None, NOW)


async def test_lines_are_read_a_page_at_a_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PAGE", 2)
    await database.run(written)
    assert (await verified(database)).broken is None
    await database.run(behind_its_back("UPDATE complaint_event SET note = digest WHERE position = 5"))
    assert (await verified(database)).broken == Broken("changed", 5, FIRST)
