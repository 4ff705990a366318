"""`labvoice complaints` and `labvoice audit`, as they are typed."""

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select, text

from bot.cli import entering
from bot.complaints.terms import Category, Department, Role, Status
from storage import history
from storage.database import Session
from storage.tables import Complaint, Contact
from tests.bot.cli.conftest import Said, Terminal, within
from tests.stage.register import NOW, lived, opened, person

SEAL = "[0-9a-f]{64}"
BY_PHONE = (
    *("--came", "phone", "--complainant", "patient", "--category", "billing", "--phase", "general"),
    *("--severity", "minor", "--happened", "Charged twice"),
)


def three(session: Session) -> None:
    nurse = person(session, "U0NURSE", role=Role.STAFF)
    for number, (category, department) in enumerate(
        (
            (Category.SPECIMEN, Department.COURIER),
            (Category.BILLING, Department.BILLING),
            (Category.IT, Department.IT),
        ),
        start=1,
    ):
        one = opened(
            session,
            number,
            category=category,
            department=department,
            safety=number == 1,
            now=NOW + timedelta(days=number - 1),
        )
        one.due_at = NOW if number == 1 else None
        one.status = Status.RECEIVED if number < 3 else Status.CLOSED
        one.assignee_id = nurse if number == 2 else None


@pytest.fixture
def kept(terminal: Terminal) -> Terminal:
    within(terminal, three)
    return terminal


LISTED = """\
NUMBER         RECEIVED    STATUS         CATEGORY         DEPARTMENT    SEVERITY  DUE               TAKEN BY
C-2026-000001  2026-11-02  received       specimen         courier       3 safety  2026-11-02 09:00  – !
C-2026-000002  2026-11-03  received       billing          billing       3         –                 U0NURSE
C-2026-000003  2026-11-04  closed         it               it            3         –                 –
"""


def test_the_list_is_a_table_of_the_register(kept: Terminal) -> None:
    assert kept.type("complaints", "list") == Said(0, LISTED, "")


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (("--from", "2026-11-03"), ["2", "3"]),
        (("--to", "2026-11-03"), ["1", "2"]),
        (("--from", "2026-11-03", "--to", "2026-11-03"), ["2"]),
        (("--status", "closed", "--status", "received", "--department", "it"), ["3"]),
        (("--category", "billing"), ["2"]),
        (("--overdue",), ["1"]),
    ],
)
def test_the_list_shows_what_was_asked_for(
    kept: Terminal, words: tuple[str, ...], numbers: list[str]
) -> None:
    said = kept.type("complaints", "list", *words)
    assert re.findall(r"^C-2026-00000(\d)", said.out, re.MULTILINE) == numbers


def test_a_day_is_one_on_the_laboratorys_clock(kept: Terminal) -> None:
    kept.setenv("LAB_TIMEZONE", "Pacific/Auckland")
    assert "C-2026-000001" in kept.type("complaints", "list", "--to", "2026-11-02").out
    kept.setenv("LAB_TIMEZONE", "Pacific/Pago_Pago")
    assert "C-2026-000002" in kept.type("complaints", "list", "--to", "2026-11-02").out


def test_a_register_without_complaints_says_so(terminal: Terminal) -> None:
    assert terminal.type("complaints", "list") == Said(0, "No complaints.\n", "")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("list", "--from", "2026-11-03", "--to", "2026-11-02"), "is before --from"),
        (("list", "--from", "yesterday"), "'yesterday' does not match the format"),
        (("export", "--format", "doc"), "'doc' is not one of 'csv', 'xlsx', 'json', 'html', 'pdf'"),
        (("dossier", "C-2026-000001"), "Missing option '--out'"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    terminal: Terminal, words: tuple[str, ...], problem: str
) -> None:
    said = terminal.type("complaints", *words)
    assert (said.code, said.out) == (2, "")
    assert problem in " ".join(said.err.replace("│", " ").split())


@pytest.mark.parametrize("words", [("show", "C-1"), ("dossier", "C-1", "--out", "out.pdf")])
def test_a_number_nobody_has_fails_in_one_line(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.type("complaints", *words) == Said(1, "", "C-1: there is no such complaint.\n")
    assert not (terminal.folder / "out.pdf").exists()


def test_a_complaint_is_shown_without_who_reported_it_unless_that_is_asked_for(terminal: Terminal) -> None:
    within(terminal, lived)
    said = terminal.type("complaints", "show", "C-2026-000001")
    assert said.out.startswith("Complaint C-2026-000001: Specimen rejected or lost\n\nAs it came\n")
    assert "Ana" not in said.out
    assert "Ana" in terminal.type("complaints", "show", "C-2026-000001", "--identities").out


def test_the_register_is_shown_in_the_laboratorys_language(terminal: Terminal) -> None:
    within(terminal, lived)
    terminal.setenv("DEFAULT_LOCALE", "es")
    said = terminal.type("complaints", "show", "C-2026-000001")
    assert said.out.startswith("Queja C-2026-000001: Muestra rechazada o perdida\n\nCómo llegó\n")


def test_the_register_is_written_to_standard_output(kept: Terminal) -> None:
    said = kept.type("complaints", "export", "--category", "it")
    assert [row["number"] for row in csv.DictReader(io.StringIO(said.out))] == ["C-2026-000003"]
    said = kept.type("complaints", "export", "--format", "json", "--category", "it")
    assert [one["number"] for one in json.loads(said.out)["complaints"]] == ["C-2026-000003"]


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("csv", b"\xef\xbb\xbfnumber,status,"),
        ("json", b"{"),
        ("html", b"<!doctype html>"),
        ("xlsx", b"PK"),
        ("pdf", b"%PDF-"),
    ],
)
def test_a_file_is_of_the_format_asked_for(kept: Terminal, form: str, begins: bytes) -> None:
    said = kept.type("complaints", "export", "--format", form, "--out", f"out.{form}")
    assert said == Said(0, f"3 complaints in out.{form} ({form})\n", "")
    assert (kept.folder / f"out.{form}").read_bytes().startswith(begins)


@pytest.mark.parametrize("form", ["xlsx", "pdf"])
def test_what_no_terminal_shows_goes_into_a_file_anyway(kept: Terminal, form: str) -> None:
    said = kept.type("complaints", "export", "--format", form, "--category", "it")
    assert said.out == f"1 complaint in register.{form} ({form})\n"
    assert (kept.folder / f"register.{form}").exists()


@pytest.mark.parametrize("form", ["csv", "xlsx", "html", "pdf"])
def test_a_file_in_a_missing_folder_fails_in_one_line(kept: Terminal, form: str, tmp_path: Path) -> None:
    said = kept.type("complaints", "export", "--format", form, "--out", str(tmp_path / "no" / "out"))
    assert said == Said(1, "", f"{tmp_path / 'no'}: No such file or directory\n")


def test_a_dossier_is_a_pdf(kept: Terminal) -> None:
    said = kept.type("complaints", "dossier", "C-2026-000001", "--out", "one.pdf")
    assert said == Said(0, "C-2026-000001 in one.pdf\n", "")
    assert (kept.folder / "one.pdf").read_bytes().startswith(b"%PDF-")


def seen(terminal: Terminal) -> list[tuple[Complaint, list[tuple[str, str | None]]]]:
    """Every complaint, and the steps and actors of its history."""
    found: list[tuple[Complaint, list[tuple[str, str | None]]]] = []

    def look(session: Session) -> None:
        for one in session.exec(select(Complaint)).all():
            steps = [
                (line.action, session.get_one(Contact, line.actor_id).address if line.actor_id else None)
                for line in history.lines(session, one.id)
            ]
            found.append((one, steps))

    within(terminal, look)
    return found


def test_a_complaint_by_phone_is_entered_and_goes_the_way_of_all(terminal: Terminal) -> None:
    said = terminal.type(
        "complaints", "add", *BY_PHONE, "--name", "Ana", "--phone", "600", "--order", "LAB-001234"
    )
    assert re.fullmatch(r"C-\d{4}-000001\n", said.out)
    ((one, steps),) = seen(terminal)
    assert (one.words, one.channel, one.complainant, one.department) == (
        "Charged twice",
        "phone",
        "patient",
        "billing",
    )
    assert (one.reporter_name, one.phone, one.order_masked) == ("Ana", "600", "••••234")
    assert (one.reporter_id, one.entered_by_id) == (None, None)
    assert steps == [("open", None), ("enter", None)]


def test_a_complaint_is_entered_in_the_name_of_who_took_it_down(terminal: Terminal) -> None:
    terminal.type("staff", "add", "U0NURSE", "--role", "staff")
    assert terminal.type("complaints", "add", *BY_PHONE, "--by", "U0NURSE").code == 0
    ((_, steps),) = seen(terminal)
    assert steps == [("open", "U0NURSE"), ("enter", "U0NURSE")]


def test_nobody_enters_a_complaint_in_the_name_of_a_stranger(terminal: Terminal) -> None:
    said = terminal.type("complaints", "add", *BY_PHONE, "--by", "U0NOBODY")
    assert said == Said(1, "", "U0NOBODY on Slack has no role; `labvoice staff add` gives one.\n")
    assert seen(terminal) == []


def test_a_script_is_told_everything_that_is_missing_or_wrong(terminal: Terminal) -> None:
    said = terminal.type("complaints", "add", "--came", "pigeon", "--severity", "minor", "--order", "L" * 65)
    assert said == Said(
        1,
        "",
        "--came: use one of counter, phone, paper, public_review\n"
        "--complainant: is needed\n"
        "--category: is needed\n"
        "--phase: is needed\n"
        "--order: Please write a message of at most 64 characters.\n"
        "--happened: is needed\n",
    )
    assert seen(terminal) == []


def test_who_sits_at_a_terminal_is_asked_for_what_they_did_not_give(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entering, "_somebody_sits_there", lambda: True)
    answers = ("pigeon", "phone", "Somebody else", "", "", "Charged twice")
    words = ("--category", "billing", "--phase", "general", "--severity", "minor", "--order", "LAB-1")
    said = terminal.type("complaints", "add", *words, answers="\n".join(answers) + "\n")
    assert said.code == 0
    assert said.out.startswith("How did it reach you?\n  counter            In person\n")
    assert "use one of counter, phone, paper, public_review\n" in said.out
    ((one, _),) = seen(terminal)
    assert (one.channel, one.complainant, one.reporter_name, one.words) == (
        "phone",
        "other",
        None,
        "Charged twice",
    )


def test_a_question_the_laboratorys_own_form_does_not_ask_is_refused(terminal: Terminal) -> None:
    (terminal.folder / "mine").mkdir()
    shipped = Path(entering.__file__).parents[1] / "surveys"
    for file in shipped.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.stem == "on_behalf":
            text = re.sub(r"  - id: name\n(    .*\n)+", "", text).replace("  name: $name\n", "")
        (terminal.folder / "mine" / file.name).write_text(text, encoding="utf-8")
    terminal.setenv("SURVEYS_DIR", "mine")
    said = terminal.type("complaints", "add", *BY_PHONE, "--name", "Ana")
    assert said == Said(1, "", "--name: on_behalf does not ask for it\n")


def test_a_whole_register_is_vouched_for_with_its_newest_seal(kept: Terminal) -> None:
    said = kept.type("audit", "verify")
    assert re.fullmatch(rf"3 lines of history, each as it was sealed\.\nNewest seal: {SEAL}\n", said.out)
    seal = said.out.split()[-1]
    again = kept.type("audit", "verify", "--seal", seal)
    assert again == Said(0, f"{said.out}The seal noted earlier is there.\n", "")


def test_a_register_without_lines_has_nothing_to_vouch_for(terminal: Terminal) -> None:
    assert terminal.type("audit", "verify") == Said(0, "The register has no sealed lines yet.\n", "")


def test_what_was_changed_is_told_with_its_place_and_complaint(kept: Terminal) -> None:
    def change(session: Session) -> None:
        session.connection().execute(text("DROP TRIGGER complaint_event_no_update"))
        session.connection().execute(text("UPDATE complaint_event SET action = 'close' WHERE position = 2"))

    within(kept, change)
    assert kept.type("audit", "verify") == Said(
        1,
        "",
        "BROKEN: line 2 of the register (complaint C-2026-000002) is not as it was written. "
        "Nothing after it was looked at.\n",
    )


def test_an_end_that_was_cut_off_is_told_to_whoever_noted_a_seal(kept: Terminal) -> None:
    seal = kept.type("audit", "verify").out.split()[-1]

    def cut(session: Session) -> None:
        session.connection().execute(text("DROP TRIGGER complaint_event_no_delete"))
        session.connection().execute(text("DELETE FROM complaint_event WHERE position = 3"))
        session.connection().execute(
            text(
                "UPDATE chain SET length = 2, head = (SELECT digest FROM complaint_event WHERE position = 2)"
            )
        )

    within(kept, cut)
    assert kept.type("audit", "verify").code == 0
    said = kept.type("audit", "verify", "--seal", seal.upper())
    assert said.code == 1
    assert said.out.startswith("2 lines of history, each as it was sealed.\n")
    assert said.err == (
        f"The seal {seal} is not in this register.\n"
        "Lines were taken off its end since, or the seal was noted of another register.\n"
        "A register restored from a backup ends where the backup does; see docs/backup-and-restore.md.\n"
    )


def test_a_restored_register_is_whole_and_lacks_the_seals_noted_since_the_backup(terminal: Terminal) -> None:
    def seal() -> str:
        return terminal.type("audit", "verify").out.split()[-1]

    assert terminal.type("complaints", "add", *BY_PHONE).code == 0
    before = seal()
    assert terminal.type("backup", "kept.db").code == 0
    assert terminal.type("complaints", "add", *BY_PHONE).code == 0
    since = seal()
    assert terminal.type("restore", "kept.db").code == 0
    assert terminal.type("complaints", "add", *BY_PHONE).code == 0
    assert terminal.type("audit", "verify", "--seal", before).code == 0
    said = terminal.type("audit", "verify", "--seal", since)
    assert (said.code, said.err.splitlines()[0]) == (1, f"The seal {since} is not in this register.")


def test_lines_nothing_vouches_for_are_counted(kept: Terminal) -> None:
    def strip(session: Session) -> None:
        session.connection().execute(text("DROP TRIGGER complaint_event_no_update"))
        session.connection().execute(text("UPDATE complaint_event SET position = NULL, digest = NULL"))
        session.connection().execute(text("DELETE FROM chain"))

    within(kept, strip)
    assert kept.type("audit", "verify").out == (
        "The register has no sealed lines yet.\n"
        "Lines from before lines were sealed, which nothing vouches for: 3\n"
    )


def test_what_is_no_seal_is_a_usage_error(terminal: Terminal) -> None:
    assert terminal.type("audit", "verify", "--seal", "abc").code == 2
