"""Each command as it is typed: what it says, where, and its exit code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from storage.encryption import Keyring
from tests.bot.cli.conftest import Said, Terminal

TOKEN = r"[A-Za-z0-9_-]{22}"
VISIT = r"Visit [0-9a-f-]{36}"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("demo",),
        ("run",),
        ("check",),
        ("keygen",),
        ("concern-link",),
        ("db", "upgrade"),
        ("visit", "add"),
        ("results", "delivered"),
        ("survey", "list"),
        ("survey", "lint"),
        ("survey", "play"),
        ("digest", "preview"),
        ("export",),
        ("backup",),
        ("restore",),
        ("erasures", "replay"),
        ("complaints", "list"),
        ("complaints", "show"),
        ("complaints", "add"),
        ("complaints", "export"),
        ("complaints", "dossier"),
        ("audit", "verify"),
        ("staff", "add"),
        ("staff", "remove"),
    ],
)
def test_every_command_explains_itself(terminal: Terminal, words: tuple[str, ...]) -> None:
    said = terminal.type(*words, "--help")
    assert (said.code, said.err) == (0, "")
    assert " ".join(("Usage: labvoice", *words)) in said.out


@pytest.mark.parametrize(
    "words", [("fly",), ("visit", "add"), ("export", "people"), ("run", "--fast"), ("complaints", "show")]
)
def test_a_mistyped_command_is_a_usage_error(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.type(*words).code == 2


def test_a_value_that_is_no_choice_is_told_with_the_choices(terminal: Terminal) -> None:
    said = terminal.type("staff", "add", "U0123", "--role", "boss")
    words = " ".join(said.err.replace("│", " ").split())
    assert "Invalid value for '--role': 'boss' is not one of 'staff', 'quality', 'manager'." in words


def test_a_language_not_spoken_here_is_refused_before_there_is_a_database(terminal: Terminal) -> None:
    terminal.setenv("DEFAULT_LOCALE", "de")
    said = terminal.type("results", "delivered", "--order", "LAB-1")
    assert said == Said(1, "", "DEFAULT_LOCALE: 'de' is not spoken here; use one of en, es\n")
    assert list(terminal.folder.iterdir()) == []


def test_help_comes_fast_because_nothing_heavy_is_imported() -> None:
    heavy = ("aiohttp", "matplotlib", "pydantic", "slack_bolt", "sqlalchemy", "starlette", "telegram")
    program = "import sys, bot.__main__; print([name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_package_can_be_run_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "bot", "keygen"], capture_output=True, text=True, check=True)
    assert Keyring.parse(done.stdout).key_ids


def test_a_key_is_printed_ready_for_use_and_never_twice_the_same(terminal: Terminal) -> None:
    first, second = terminal.type("keygen"), terminal.type("keygen")
    assert first.code == 0
    assert len(Keyring.parse(f"{first.out},{second.out}").key_ids) == 2


def test_the_database_is_brought_up_to_date_once(terminal: Terminal) -> None:
    first, second = terminal.type("db", "upgrade"), terminal.type("db", "upgrade")
    assert (first.code, second.code) == (0, 0)
    assert re.fullmatch(r"The database is now at the newest migration \(\w+\)\.\n", first.out)
    assert second.out == first.out.replace("is now", "already was")


def test_a_database_that_cannot_be_had_is_told_in_one_line(terminal: Terminal) -> None:
    terminal.setenv("DATABASE_URL", "sqlite:////nowhere/at/all.db")
    said = terminal.type("db", "upgrade")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "unable to open database file" in said.err


def test_settings_that_are_wrong_are_told_line_by_line(terminal: Terminal) -> None:
    terminal.setenv("PORT", "x")
    terminal.setenv("LAB_TIMEZONE", "Mars/Base")
    assert terminal.type("survey", "list") == Said(
        1,
        "",
        "PORT: 'x' is not a port; use a number from 1 to 65535, or 0 for any free one\n"
        "LAB_TIMEZONE: 'Mars/Base' is not an IANA time zone; use e.g. Europe/Madrid\n",
    )


def test_without_keys_nothing_is_kept(terminal: Terminal) -> None:
    terminal.setenv("DATA_KEYS", "")
    said = terminal.type("visit", "add", "--order", "LAB-1", "--site", "North")
    assert said == Said(1, "", "DATA_KEYS: not set; `labvoice keygen` prints a key to put there\n")
    assert list(terminal.folder.iterdir()) == []


def test_run_says_when_there_is_nobody_to_talk_with(terminal: Terminal) -> None:
    terminal.setenv("DATA_KEYS", "")
    assert terminal.type("run") == Said(
        1,
        "",
        "TELEGRAM_BOT_TOKEN, SLACK_BOT_TOKEN: neither is set, so there is nobody to talk with; "
        "set one of them, or try `labvoice demo`\n"
        "DATA_KEYS: not set; `labvoice keygen` prints a key to put there\n",
    )


def test_the_link_for_everybody_needs_neither_keys_nor_a_database(terminal: Terminal) -> None:
    terminal.setenv("DATA_KEYS", "")
    terminal.setenv("PUBLIC_URL", "https://voice.example/")
    said = terminal.type("concern-link")
    assert said.code == 0
    assert re.match(r"Page  https://voice\.example/concern\n\n█+\n", said.out)
    assert said.err == "TELEGRAM_BOT_TOKEN is not set, so there is no link into a chat yet.\n"
    assert list(terminal.folder.iterdir()) == []


def test_the_link_for_everybody_is_none_that_nobody_can_open(terminal: Terminal) -> None:
    terminal.setenv("HOST", "0.0.0.0")
    said = terminal.type("concern-link")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("PUBLIC_URL: not set, and nobody can open a link to HOST=0.0.0.0; ")


def add(terminal: Terminal, *more: str) -> Said:
    return terminal.type("visit", "add", "--order", "LAB-001234", "--site", "North", *more)


def test_a_visit_without_telegram_has_the_pages_link_and_code(terminal: Terminal) -> None:
    terminal.setenv("PUBLIC_URL", "https://voice.example/")
    said = add(terminal)
    assert said.code == 0
    assert re.match(rf"{VISIT}\nPage  https://voice\.example/enrol/{TOKEN}\n\n█+\n", said.out)
    assert said.err == "TELEGRAM_BOT_TOKEN is not set, so there is no link into a chat yet.\n"


@pytest.mark.parametrize(("name", "value"), [("HOST", "0.0.0.0"), ("HOST", "::"), ("PORT", "0")])
def test_a_visit_gets_no_link_that_nobody_can_open(terminal: Terminal, name: str, value: str) -> None:
    terminal.setenv(name, value)
    said = add(terminal)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"PUBLIC_URL: not set, and nobody can open a link to {name}={value}; ")


def test_the_same_visit_again_shows_the_same_link(terminal: Terminal) -> None:
    first = add(terminal, "--collected-at", "2026-03-01T09:00").out.splitlines()
    terminal.setenv("LAB_TIMEZONE", "Europe/Madrid")
    same_moment = add(terminal, "--collected-at", "2026-03-01T10:00").out.splitlines()
    assert same_moment[0] == f"{first[0]} (known already: the same link)"
    assert same_moment[1] == first[1]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--site", ""), "--site: has to be a string of 1 to 80 characters on one line"),
        (("--order", "\x07"), "--order: holds control characters"),
        (
            ("--collected-at", "yesterday"),
            "--collected-at: 'yesterday' is not a time such as 2026-03-01T09:00",
        ),
        (("--collected-at", "1999-01-01"), "--collected-at: has to be a time with its UTC offset"),
    ],
)
def test_a_visit_that_cannot_be_is_a_usage_error(
    terminal: Terminal, more: tuple[str, ...], problem: str
) -> None:
    said = add(terminal, *more)
    assert (said.code, said.out) == (2, "")
    assert problem in " ".join(said.err.replace("│", " ").split())


def test_delivered_results_are_told_for_the_visit(terminal: Terminal) -> None:
    visit = add(terminal).out.splitlines()[0]
    said = terminal.type("results", "delivered", "--order", "lab-001234")
    assert said == Said(0, f"{visit}: results final\n", "")
    said = terminal.type("results", "delivered", "--order", "LAB-001234", "--status", "cancelled")
    assert said == Said(0, f"{visit}: results cancelled\n", "")


def test_results_of_an_unknown_order_fail(terminal: Terminal) -> None:
    said = terminal.type("results", "delivered", "--order", "LAB-9")
    assert said == Said(1, "", "No visit is known for this order.\n")


def test_somebody_gets_a_role_and_then_another(terminal: Terminal) -> None:
    said = terminal.type("staff", "add", "U0123456789", "--role", "staff")
    assert said == Said(0, "U0123456789 on Slack is now: staff\n", "")
    said = terminal.type("staff", "add", "U0123456789", "--role", "staff", "--department", "courier")
    assert said == Said(0, "U0123456789 on Slack is now: staff, courier\n", "")
    said = terminal.type("staff", "add", "12345", "--role", "manager", "--channel", "telegram")
    assert said == Said(0, "12345 on Telegram is now: manager\n", "")


def test_somebody_who_left_has_no_role_any_more(terminal: Terminal) -> None:
    terminal.type("staff", "add", "U0123456789", "--role", "manager")
    assert (
        terminal.type("staff", "remove", "U0123456789").out == "U0123456789 on Slack has no role any more.\n"
    )
    again = terminal.type("staff", "remove", "U0123456789")
    assert again == Said(1, "", "U0123456789 on Slack has no role.\n")
    assert terminal.type("staff", "remove", "bob").code == 2


@pytest.mark.parametrize(
    "words", [("bob", "--role", "staff"), ("12345", "--role", "staff"), ("U012345", "--role", "chief")]
)
def test_somebody_who_cannot_be_meant_is_a_usage_error(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.type("staff", "add", *words).code == 2


def test_the_digest_is_shown_and_fails_where_the_chart_asked_for_has_too_little(terminal: Terminal) -> None:
    chart = terminal.folder / "chart.png"
    said = terminal.type("digest", "preview", "--period", "week", "--out", str(chart))
    assert said.code == 1
    assert said.out.startswith("Digest of the last 7 days")
    assert "No responses came in during this time." in said.out
    assert said.err == f"{chart}: not written; there are too few answers for a chart, or it cannot be drawn\n"
    assert not chart.exists()


def test_an_empty_register_is_a_file_with_its_headings(terminal: Terminal) -> None:
    said = terminal.type("export", "complaints")
    assert said == Said(
        0,
        "number,status,category,phase,consequence,channel,site,order,may_contact,received_at,acknowledged_at,"
        "resolved_at,words,need,outcome\n",
        "",
    )


def test_an_export_into_a_missing_folder_fails_in_one_line(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal.type("export", "responses", "--out", str(tmp_path / "no" / "where.csv"))
    assert said == Said(1, "", f"{tmp_path / 'no'}: No such file or directory\n")
