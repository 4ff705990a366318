"""CSV files: whole, readable by spreadsheets and harmless to them."""

import csv
import io
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.cli import csv_files
from bot.complaints.terms import Category, Consequence, Phase, Status
from bot.dialog.effect import Ending
from storage import complaints, exports, history, responses
from storage.database import Database, DatabaseUnavailable, Session
from tests.stage.responses import begin

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MADRID = ZoneInfo("Europe/Madrid")


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'labvoice.db')}"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def is_device(path: Path) -> bool:
    return path.is_char_device()


def complain(session: Session, words: str, number: int = 1) -> None:
    complaints.open_complaint(
        session,
        number=f"C-2026-{number:06d}",
        category=Category.COURTESY,
        phase=Phase.PRE_EXAMINATION,
        consequence=Consequence.MINOR,
        channel="telegram",
        words=words,
        phone="+34 600 000 000",
        order="LAB-001234",
        site="Núñez",
        now=NOW,
    )


def answer(session: Session) -> None:
    for answers in ((("comfort", 4, False), ("comment", "=cmd|' /C calc'!A0", True)), ()):
        response = begin(session, NOW)
        for item, value, is_words in answers:
            responses.record_answer(session, response, item, value, NOW, is_words=is_words)
        responses.end(session, response, Ending.COMPLETED, NOW)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


async def export(database: Database, what: str, out: Path | None) -> int:
    return await csv_files.write(database, csv_files.TABLES[what], MADRID, out)


async def test_a_complaint_is_a_row_without_phone_or_order_number(database: Database, tmp_path: Path) -> None:
    await database.run(complain, "Rude at the desk")
    assert await export(database, "complaints", tmp_path / "out.csv") == 1
    assert rows(tmp_path / "out.csv") == [
        {
            "number": "C-2026-000001",
            "status": "received",
            "category": "courtesy",
            "phase": "pre_examination",
            "consequence": "minor",
            "channel": "telegram",
            "site": "Núñez",
            "order": "••••234",
            "may_contact": "yes",
            "received_at": "2026-03-02T10:00:00+01:00",
            "acknowledged_at": "",
            "resolved_at": "",
            "words": "Rude at the desk",
            "need": "",
            "outcome": "",
        }
    ]


async def test_every_step_of_a_complaint_is_a_row(database: Database, tmp_path: Path) -> None:
    def resolve(session: Session) -> None:
        complain(session, "Rude at the desk")
        (complaint,) = exports.complaints_after(session, None, 1)
        complaint.status = Status.RESOLVED
        history.record(session, complaint, "resolve", None, NOW, "=Talked to the team")

    await database.run(resolve)
    assert await export(database, "history", tmp_path / "out.csv") == 2
    head = {"number": "C-2026-000001", "at": "2026-03-02T10:00:00+01:00", "by": ""}
    assert rows(tmp_path / "out.csv") == [
        {**head, "action": "open", "status": "received", "note": ""},
        {**head, "action": "resolve", "status": "resolved", "note": "'=Talked to the team"},
    ]


async def test_every_answer_is_a_row_and_so_is_a_response_without_any(
    database: Database, tmp_path: Path
) -> None:
    await database.run(answer)
    assert await export(database, "responses", tmp_path / "out.csv") == 2
    found = rows(tmp_path / "out.csv")
    assert [(row["status"], row["item"], row["value"]) for row in found] == [
        ("completed", "comfort", "4"),
        ("completed", "comment", "'=cmd|' /C calc'!A0"),
        ("completed", "", ""),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"])
async def test_nothing_becomes_a_formula(database: Database, tmp_path: Path, start: str) -> None:
    await database.run(complain, f"{start}1+1")
    await export(database, "complaints", tmp_path / "out.csv")
    assert rows(tmp_path / "out.csv")[0]["words"] == f"'{start}1+1"


FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
ANY_WORDS = st.lists(
    st.sampled_from((*FORMULA, "\t", "\r", "\n", ";", ",", '"', "'", "|", " ", "1+1")) | st.text(max_size=4),
    max_size=6,
).map("".join)


@given(st.lists(ANY_WORDS, min_size=1, max_size=3), st.sampled_from([",", ";", "\t"]))
@example(["x;=1+1"], ";")
@example(["x\n=1+1"], ";")
@example(['x;"=1+1"'], ";")
def test_nothing_becomes_a_formula_however_a_spreadsheet_parts_the_cells(
    words: list[str], separator: str
) -> None:
    out = io.StringIO()
    csv.writer(out).writerow(["C-2026-000001", *(csv_files.cell(one, MADRID) for one in words)])
    for row in csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=separator):
        assert not [one for one in row if one.startswith(FORMULA)]


@given(ANY_WORDS)
def test_words_are_kept_but_for_the_apostrophe_that_disarms_them(words: str) -> None:
    kept = csv_files.cell(words, MADRID)
    assert kept.replace("'", "") == words.replace("'", "")
    assert kept == words or any(mark in words for mark in (*FORMULA, "\t", "\r", "\n"))


async def test_words_keep_their_commas_quotes_and_lines(database: Database, tmp_path: Path) -> None:
    words = 'One, "two"\nthree; ñ 🙂'
    await database.run(complain, words)
    await export(database, "complaints", tmp_path / "out.csv")
    assert rows(tmp_path / "out.csv")[0]["words"] == words


async def test_a_file_begins_with_the_mark_spreadsheets_need_and_is_its_owners_alone(
    database: Database, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    await export(database, "responses", out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbfresponse,visit,")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


async def test_a_register_of_many_batches_is_complete(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "BATCH", 2)
    for number in range(1, 6):
        await database.run(complain, "Too loud", number)
    assert await export(database, "complaints", tmp_path / "out.csv") == 5
    assert [row["number"][-1] for row in rows(tmp_path / "out.csv")] == ["1", "2", "3", "4", "5"]


async def test_a_broken_off_export_leaves_the_former_file(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("former", encoding="utf-8")
    before = names(tmp_path)

    def broken(*_: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(exports, "complaints_after", broken)
    with pytest.raises(DatabaseUnavailable):
        await export(database, "complaints", out)
    assert (out.read_text(encoding="utf-8"), names(tmp_path)) == ("former", before)


async def test_a_device_is_written_to_and_not_replaced(database: Database) -> None:
    await export(database, "complaints", Path("/dev/null"))
    assert is_device(Path("/dev/null"))
