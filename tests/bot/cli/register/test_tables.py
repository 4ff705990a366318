"""The register as CSV, JSON and workbook: every field, and words that stay words."""

import csv
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.cli.register import selection
from bot.cli.register.export import BinaryForm, Order, TextForm, write_binary, write_text
from bot.cli.register.selection import Selection
from bot.wiring import Core
from storage.database import Session
from tests.bot.cli.register.conftest import WICKED
from tests.stage.register import lived, opened

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LIVED = {
    "number": "C-2026-000001",
    "status": "received",
    "received_at": "2026-11-02T10:00:00+01:00",
    "channel": "telegram",
    "entered_by": "U0NURSE",
    "complainant": "patient",
    "anonymous": "no",
    "confidential": "yes",
    "may_contact": "yes",
    "best_time": "morning",
    "words": "Nobody came",
    "need": "A new tube",
    "category": "specimen",
    "phase": "pre_examination",
    "site": "North",
    "department": "courier",
    "order": "••••234",
    "severity": "3",
    "consequence": "serious",
    "recurrence": "first",
    "safety": "yes",
    "acknowledged_at": "2026-11-02T10:00:00+01:00",
    "acknowledged_by": "U0NURSE",
    "acknowledged_how": "message",
    "clock": "close",
    "due_at": "2026-11-02T10:00:00+01:00",
    "waiting_since": "2026-11-02T10:00:00+01:00",
    "reopened_at": "2026-11-02T10:00:00+01:00",
    "ours": "yes",
    "ours_why": "Our courier",
    "evidence": "The log",
    "substantiated": "partly",
    "involved": "telegram 77",
    "investigator": "U0NURSE",
    "approver": "U0QUALITY",
    "approved_at": "2026-11-02T10:00:00+01:00",
    "impartiality": "Nobody else was there",
    "progress": "2026-11-02 10:00, U0NURSE: We are looking",
    "cause": "handover",
    "correction": "Drawn again",
    "measures": "corrective, U0NURSE, due 2026-12-01, done 2026-11-02: Sign at each handover",
    "review_on": "2027-02-01",
    "effective": "yes",
    "reviewed_at": "2026-11-02T10:00:00+01:00",
    "reviewed_by": "U0QUALITY",
    "outcome": "Found",
    "communicated_at": "2026-11-02T10:00:00+01:00",
    "communicated_by": "U0NURSE",
    "communicated_how": "phone",
    "not_communicated_why": "At first nobody answered",
    "resolved_at": "2026-11-02T10:00:00+01:00",
    "closed_at": "2026-11-02T10:00:00+01:00",
    "rating": "partly",
    "rated_at": "2026-11-02T10:00:00+01:00",
    "response": "",
    "merged_into": "",
    "repeats": "C-2026-000002",
}


async def text(core: Core, form: TextForm, out: Path, *, identities: bool = False) -> str:
    await write_text(Order(core, Selection(), identities=identities), form, out)
    return content(out, "utf-8-sig" if form == "csv" else "utf-8")


def content(file: Path, encoding: str) -> str:
    return file.read_text(encoding=encoding)


async def binary(core: Core, form: BinaryForm, out: Path, *, identities: bool = False) -> Path:
    await write_binary(Order(core, Selection(), identities=identities), form, out)
    return out


def said(session: Session) -> None:
    """A complaint in each of the wicked words."""
    for number, words in enumerate(WICKED, start=1):
        opened(session, number, words=words, site=words)


async def test_csv_has_every_field_by_its_code(core: Core, tmp_path: Path) -> None:
    await core.database.run(lived)
    rows = list(csv.DictReader((await text(core, "csv", tmp_path / "out.csv")).splitlines()))
    assert rows[0] == LIVED
    assert [row["merged_into"] for row in rows] == ["", "C-2026-000001"]


@pytest.mark.parametrize("form", ["csv", "json", "html"])
async def test_who_reported_is_in_a_file_only_when_it_is_asked_for(
    core: Core, tmp_path: Path, form: TextForm
) -> None:
    await core.database.run(lived)
    without = await text(core, form, tmp_path / "out")
    assert not [secret for secret in ("Ana", "+34 600 123 456", "7007007007") if secret in without]
    with_them = await text(core, form, tmp_path / "out", identities=True)
    assert [
        secret for secret in ("Ana", "+34 600 123 456", "telegram 7007007007") if secret not in with_them
    ] == []


async def test_csv_begins_no_cell_as_a_formula(core: Core, tmp_path: Path) -> None:
    await core.database.run(said)
    await write_text(Order(core, Selection()), "csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        words = [row["words"] for row in csv.DictReader(file)]
    assert [one.removeprefix("'") for one in words] == list(WICKED)
    assert not [one for one in words if one.startswith(("=", "+", "-", "@"))]


async def test_json_has_everything_letter_by_letter_and_the_history(core: Core, tmp_path: Path) -> None:
    await core.database.run(lived)
    found = json.loads(await text(core, "json", tmp_path / "out.json"))
    assert (found["laboratory"], found["made_at"]) == ("Núñez & Hijos", "2026-11-26T09:30:00+01:00")
    first, second = found["complaints"]
    assert (first["received_at"], first["review_on"]) == ("2026-11-02T10:00:00+01:00", "2027-02-01")
    assert first["measures"][0]["words"] == "Sign at each handover"
    assert [line["action"] for line in first["history"]] == ["open", "record", "progress", "tell", "said"]
    assert first["history"][1]["changes"][1] == {"field": "ours", "before": None, "after": "yes"}
    assert second["reporter"] is None


async def test_json_keeps_every_word(core: Core, tmp_path: Path) -> None:
    await core.database.run(said)
    found = json.loads(await text(core, "json", tmp_path / "out.json"))
    assert [one["words"] for one in found["complaints"]] == list(WICKED)


async def test_an_empty_register_is_a_document_all_the_same(core: Core, tmp_path: Path) -> None:
    assert json.loads(await text(core, "json", tmp_path / "out.json"))["complaints"] == []


async def test_a_register_of_many_pages_is_complete(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "PAGE", 2)
    await core.database.run(said)
    found = json.loads(await text(core, "json", tmp_path / "out.json"))
    assert [int(one["number"][-6:]) for one in found["complaints"]] == [*range(1, len(WICKED) + 1)]


Cells = Mapping[str, tuple[str, str]]


def sheet(path: Path, number: int) -> list[Cells]:
    """The rows of a sheet: the type and the content of each cell, by column."""
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    assert root.find(f".//{SHEET}f") is None
    assert root.find(f".//{SHEET}hyperlink") is None
    return [
        {
            cell.attrib["r"].rstrip("0123456789"): (
                cell.attrib.get("t", "n"),
                "".join(part.text or "" for part in cell.iter() if part.tag in (f"{SHEET}t", f"{SHEET}v")),
            )
            for cell in row
        }
        for row in root.iter(f"{SHEET}row")
    ]


async def test_a_workbook_has_complaints_actions_and_history(core: Core, tmp_path: Path) -> None:
    await core.database.run(lived)
    out = await binary(core, "xlsx", tmp_path / "out.xlsx")
    heading, first, _ = sheet(out, 1)
    assert [name for _, name in heading.values()] == list(LIVED)
    assert (first["A"], first["R"]) == (("inlineStr", "C-2026-000001"), ("n", "3"))
    # A spreadsheet's own time: days since 1900, on the laboratory's clock.
    assert first["C"][0] == "n"
    assert float(first["C"][1]) == pytest.approx(46328 + 10 / 24)
    _, action = sheet(out, 2)
    assert [content for _, content in action.values()][:4] == [
        "C-2026-000001",
        "corrective",
        "Sign at each handover",
        "U0NURSE",
    ]
    history = [tuple(content for _, content in row.values()) for row in sheet(out, 3)]
    assert history[0] == (
        "number",
        "line",
        "at",
        "action",
        "status",
        "by",
        "note",
        "field",
        "before",
        "after",
        "seal",
    )
    assert len(history) == 1 + 5 + 1 + 1  # one line changed two fields, the other complaint has one line
    with zipfile.ZipFile(out) as book:
        assert 'name="Complaints"' in book.read("xl/workbook.xml").decode()


async def test_nothing_in_a_workbook_is_a_formula_or_a_link(core: Core, tmp_path: Path) -> None:
    await core.database.run(said)
    out = await binary(core, "xlsx", tmp_path / "out.xlsx")
    _, *rows = sheet(out, 1)
    kept = [row["K"] for row in rows]
    # XML has no place for control characters: a workbook writes them as their codes.
    escaped = {"\x07": "_x0007_", "\x1b": "_x001B_", "\x00": "_x0000_"}
    assert kept == [("inlineStr", "".join(escaped.get(one, one) for one in words)) for words in WICKED]
    with zipfile.ZipFile(out) as book:
        assert b'quotePrefix="1"' in book.read("xl/styles.xml")


def at_length(session: Session) -> None:
    opened(session, words="🙂" * 40_000)


async def test_words_longer_than_a_cell_go_on_below(core: Core, tmp_path: Path) -> None:
    await core.database.run(at_length)
    out = await binary(core, "xlsx", tmp_path / "out.xlsx")
    _, *rows = sheet(out, 1)
    assert [row["A"][1] for row in rows] == ["C-2026-000001"] * 3
    assert "".join(row["K"][1] for row in rows) == "🙂" * 40_000
