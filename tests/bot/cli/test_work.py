"""Commands over a database with a life behind it, and the commands that stay."""

import socket
from zoneinfo import ZoneInfo

import pytest

from bot import app
from bot.catalog import load
from bot.catalog.replies import REPLIES
from bot.settings import Settings
from bot.turns import Lab
from sandbox import demo, fortnight
from schedules.clock import system_clock
from storage import contacts, visits
from storage.database import Session
from storage.tables import ContactKind
from tests.bot.cli.conftest import Said, Terminal, within


@pytest.fixture
def busy(terminal: Terminal) -> Terminal:
    lab = Lab("City Laboratory", ZoneInfo("UTC"), "en")
    within(terminal, lambda session: fortnight.generate(session, system_clock(), load(), lab, seed=1))
    return terminal


def test_the_digest_of_a_busy_week_comes_with_its_chart(busy: Terminal) -> None:
    said = busy.type("digest", "preview", "--out", "chart.png")
    chart = busy.folder / "chart.png"
    assert (said.code, said.err) == (0, "")
    assert "Complaints: opened " in said.out
    assert "“" in said.out
    assert said.out.endswith("\nChart: chart.png\n")
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_a_chart_that_cannot_be_written_fails_in_one_line(busy: Terminal) -> None:
    said = busy.type("digest", "preview", "--out", "no/chart.png")
    assert (said.code, said.err) == (1, "no/chart.png: No such file or directory\n")


def test_the_digest_speaks_the_laboratorys_language(busy: Terminal) -> None:
    busy.setenv("DEFAULT_LOCALE", "es")
    assert "Quejas: " in busy.type("digest", "preview").out


def test_everything_said_is_exported_without_a_trace_of_who(busy: Terminal) -> None:
    said = busy.type("export", "responses", "--out", "responses.csv")
    text = (busy.folder / "responses.csv").read_text(encoding="utf-8-sig")
    assert said.code == 0
    assert said.out.endswith(" responses in responses.csv (csv)\n")
    assert text.count("after_collection") > 100


def test_a_visit_somebody_joined_gets_no_other_link(terminal: Terminal) -> None:
    words = ("visit", "add", "--order", "LAB-1", "--site", "N", "--collected-at", "2026-03-01T09:00")
    assert terminal.type(*words).code == 0

    def join(session: Session) -> None:
        now = system_clock()
        visit = visits.by_order(session, "LAB-1")
        assert visit is not None
        contact = contacts.find_or_add(session, "telegram", "1", ContactKind.PERSON, "en", now)
        visits.record_consent(session, visit, contact.id, now)

    within(terminal, join)
    assert terminal.type(*words) == Said(1, "", "Somebody has already answered the link of this visit.\n")


def test_run_hands_the_settings_to_the_bot(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Settings] = []

    async def run(settings: Settings) -> None:
        given.append(settings)

    monkeypatch.setattr(app, "run", run)
    terminal.setenv("TELEGRAM_BOT_TOKEN", "1:abc")
    terminal.setenv("LAB_NAME", "City Laboratory")
    assert terminal.type("run") == Said(0, "", "")
    assert [settings.lab_name for settings in given] == ["City Laboratory"]


def test_run_says_which_address_is_taken(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        terminal.setenv("PORT", str(port))
        terminal.setenv("TELEGRAM_BOT_TOKEN", "1:abc")
        terminal.setenv("TELEGRAM_API_URL", "http://127.0.0.1:9")
        said = terminal.type("run")
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines()[-1] == (
        f"HOST, PORT: 127.0.0.1, port {port} is used by another program already; set PORT to a free one"
    )


def test_a_routing_file_that_cannot_be_used_stops_the_start(terminal: Terminal) -> None:
    (terminal.folder / "routing.yaml").write_text("on_call: the nurse\n", encoding="utf-8")
    terminal.setenv("ROUTING_FILE", "routing.yaml")
    terminal.setenv("TELEGRAM_BOT_TOKEN", "1:abc")
    said = terminal.type("run")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("routing.yaml:1: on_call 'the nurse' has to be the id of a Slack room")


def test_demo_says_which_port_is_taken(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = terminal.type("demo", "--no-browser", "--port", str(port))
    assert said == Said(
        1,
        "",
        f"--port: port {port} is used by another program already; choose another, or 0 for any free one\n",
    )


def test_run_says_when_the_machine_does_not_have_the_address(terminal: Terminal) -> None:
    terminal.setenv("HOST", "192.0.2.1")
    terminal.setenv("TELEGRAM_BOT_TOKEN", "1:abc")
    terminal.setenv("TELEGRAM_API_URL", "http://127.0.0.1:9")
    said = terminal.type("run")
    assert said.code == 1
    assert "192.0.2.1, port 8080: this machine does not have that address" in said.err.splitlines()[-1]


@pytest.mark.parametrize(("words", "opens"), [((), True), (("--no-browser",), False)])
def test_demo_serves_its_page_where_it_is_told_to(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], opens: bool
) -> None:
    given: list[tuple[int, bool]] = []

    async def run_demo(port: int, open_browser: bool) -> None:
        given.append((port, open_browser))

    monkeypatch.setattr(demo, "run_demo", run_demo)
    assert terminal.type("demo", "--port", "8123", *words).code == 0
    assert given == [(8123, opens)]


def test_check_tells_a_database_in_a_folder_that_is_not_there(terminal: Terminal) -> None:
    terminal.setenv("DATABASE_URL", "sqlite:///nowhere/labvoice.db")
    said = terminal.type("check")
    assert said.code == 1
    assert f"FAILED  database       DATABASE_URL: {terminal.folder / 'nowhere'} is not a folder" in said.out


def test_check_tells_a_database_that_does_not_answer(terminal: Terminal) -> None:
    terminal.setenv("DATABASE_URL", "postgresql://me:hush@127.0.0.1:9/lab?connect_timeout=1")
    said = terminal.type("check")
    (line,) = [line for line in said.out.splitlines() if " database " in line]
    assert line.startswith("FAILED  database")
    assert "hush" not in said.out + said.err


def test_check_tells_a_database_that_run_will_bring_up_to_date(terminal: Terminal) -> None:
    (terminal.folder / "labvoice.db").touch()
    assert "ok      database       sqlite, empty; run brings it to" in terminal.type("check").out


def test_check_tells_every_problem_of_a_questionnaire(terminal: Terminal) -> None:
    (terminal.folder / "mine").mkdir()
    (terminal.folder / "mine" / "broken.yaml").write_text("id: [", encoding="utf-8")
    terminal.setenv("SURVEYS_DIR", "mine")
    said = terminal.type("check")
    assert said.code == 1
    assert "FAILED  questionnaires mine/broken.yaml:1: " in said.out


def test_a_calendar_that_cannot_be_used_fails_the_check_and_stops_other_commands(terminal: Terminal) -> None:
    (terminal.folder / "ours.yaml").write_text("hours: {}", encoding="utf-8")
    terminal.setenv("CALENDAR_FILE", "ours.yaml")
    problem = "ours.yaml:1: hours has no day on which the laboratory is open; add one."
    assert f"FAILED  calendar       {problem}" in terminal.type("check").out
    said = terminal.type("results", "delivered", "--order", "LAB-1")
    assert (said.code, said.out, said.err) == (1, "", f"{problem}\n")


def test_problems_of_questionnaires_stop_other_commands_line_by_line(terminal: Terminal) -> None:
    (terminal.folder / "mine").mkdir()
    (terminal.folder / "mine" / "broken.yaml").write_text("id: [", encoding="utf-8")
    terminal.setenv("SURVEYS_DIR", "mine")
    said = terminal.type("results", "delivered", "--order", "LAB-1")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("mine/broken.yaml:1: ")


def test_check_tells_every_problem_of_the_replies(terminal: Terminal) -> None:
    (terminal.folder / "replies.yaml").write_text("replies: []\n", encoding="utf-8")
    terminal.setenv("REPLIES_FILE", "replies.yaml")
    said = terminal.type("check")
    assert said.code == 1
    assert "FAILED  replies        replies.yaml:1: replies has to be a list" in said.out


def test_check_counts_the_replies_of_a_laboratory(terminal: Terminal) -> None:
    assert " replies " not in terminal.type("check").out
    (terminal.folder / "replies.yaml").write_text(REPLIES.read_text(encoding="utf-8"), encoding="utf-8")
    terminal.setenv("REPLIES_FILE", "replies.yaml")
    assert "ok      replies        13 templates" in terminal.type("check").out
