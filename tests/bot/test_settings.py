"""Settings: what is read, what is refused and how it is said, and that the documents name every one."""

import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from bot.settings import Settings, SettingsError, check_runnable, load_settings
from storage.encryption import generate_key

ROOT = Path(__file__).parents[2]
FIELDS = Settings.model_fields


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FIELDS:
        monkeypatch.delenv(name.upper(), raising=False)


def read(tmp_path: Path, *lines: str) -> Settings:
    env_file = tmp_path / ".env"
    env_file.write_text("\n".join(lines), encoding="utf-8")
    return load_settings(env_file)


def refused(tmp_path: Path, *lines: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, *lines)
    return caught.value.lines


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load_settings(None)
    assert settings.database_url.get_secret_value() == "sqlite:///labvoice.db"
    assert (settings.host, settings.port, settings.public_root) == (
        "127.0.0.1",
        8080,
        "http://127.0.0.1:8080",
    )
    assert (settings.lab_timezone.key, settings.default_locale) == ("UTC", "en")
    assert settings.telegram_bot_token is None


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_NAME", "From the environment")
    settings = read(tmp_path, "LAB_NAME=From the file", "PORT=9000", "SOMETHING_ELSE=1")
    assert (settings.lab_name, settings.port) == ("From the environment", 9000)


def test_an_empty_value_counts_as_not_set(tmp_path: Path) -> None:
    assert read(tmp_path, "TELEGRAM_BOT_TOKEN=", "PORT=").port == 8080


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("TELEGRAM_API_URL=http://127.0.0.1:9//", "http://127.0.0.1:9"),
        ("SLACK_API_URL=http://127.0.0.1:9/api", "http://127.0.0.1:9/api/"),
        ("PUBLIC_URL=https://lab.example/voice/", "https://lab.example/voice"),
    ],
)
def test_roots_end_as_their_users_expect(tmp_path: Path, given: str, root: str) -> None:
    assert getattr(read(tmp_path, given), given.partition("=")[0].lower()) == root


def test_without_public_url_the_listening_address_is_public(tmp_path: Path) -> None:
    assert read(tmp_path, "HOST=::1", "PORT=81").public_root == "http://[::1]:81"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            "LAB_TIMEZONE=Mars/Base",
            "LAB_TIMEZONE: 'Mars/Base' is not an IANA time zone; use e.g. Europe/Madrid",
        ),
        ("LAB_TIMEZONE=Europe", "LAB_TIMEZONE: 'Europe' is not an IANA time zone; use e.g. Europe/Madrid"),
        ("LAB_TIMEZONE=../x", "LAB_TIMEZONE: '../x' is not an IANA time zone; use e.g. Europe/Madrid"),
        ("DEFAULT_LOCALE=english", "DEFAULT_LOCALE: 'english' is not a language code; use e.g. en or es"),
        ("PORT=80a", "PORT: '80a' is not a port; use a number from 1 to 65535, or 0 for any free one"),
        ("PORT=65536", "PORT: '65536' is not a port; use a number from 1 to 65535, or 0 for any free one"),
        ("PORT=-1", "PORT: '-1' is not a port; use a number from 1 to 65535, or 0 for any free one"),
        ("HOST=http://x", "HOST: 'http://x' is not a host name or address; use e.g. 127.0.0.1"),
        ("PUBLIC_URL=lab", "PUBLIC_URL: 'lab' is not a web address; use e.g. https://example.org"),
        ("PUBLIC_URL=https://x/?a=1", "PUBLIC_URL: 'https://x/?a=1' must end before any ? or #"),
        (
            "PUBLIC_URL=http://[x/",
            "PUBLIC_URL: 'http://[x/' is not a web address; use e.g. https://example.org",
        ),
        (
            "TELEGRAM_API_URL=http://me:secret@x",
            "TELEGRAM_API_URL: the address must not hold a user name or password",
        ),
        ("SURVEYS_DIR=/nowhere", "SURVEYS_DIR: '/nowhere' is not a folder"),
        ("CALENDAR_FILE=/", "CALENDAR_FILE: '/' is not a file"),
        ("SLACK_TRIAGE_ROOM=#lab", "SLACK_TRIAGE_ROOM: '#lab' is not a room's id; use e.g. C0123456789"),
        (f"LAB_NAME={'x' * 81}", f"LAB_NAME: {'x' * 80!r} is not a name; use 1 to 80 characters on one line"),
    ],
)
def test_a_malformed_value_is_told_in_one_line(tmp_path: Path, given: str, line: str) -> None:
    assert refused(tmp_path, given) == (line,)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN: a bot's token looks like 123456:ABC-def"),
        ("TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_WEBHOOK_SECRET: use 16 to 256 letters, digits, _ and -"),
        ("SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN: a bot token begins with xoxb-"),
        ("SLACK_APP_TOKEN", "SLACK_APP_TOKEN: an app-level token begins with xapp-"),
        ("SLACK_SIGNING_SECRET", "SLACK_SIGNING_SECRET: use the signing secret as Slack shows it"),
        ("LIS_TOKEN", "LIS_TOKEN: use 16 or more letters, digits and signs"),
        ("DATABASE_URL", "DATABASE_URL: the database URL must begin with sqlite:/// or postgresql://"),
    ],
)
def test_a_malformed_secret_is_never_shown(tmp_path: Path, name: str, line: str) -> None:
    assert refused(tmp_path, f"{name}='mysql://hush hush'") == (line,)


def test_a_malformed_data_key_is_never_shown(tmp_path: Path) -> None:
    (line,) = refused(tmp_path, "DATA_KEYS=abc:hushhush")
    assert line.startswith("DATA_KEYS: data key 1 must hold 32 bytes")
    assert "hush" not in line


def test_every_problem_has_a_line_of_its_own(tmp_path: Path) -> None:
    lines = refused(tmp_path, "PORT=x", "LAB_TIMEZONE=y", "DATABASE_URL=z")
    assert [line.partition(":")[0] for line in lines] == ["DATABASE_URL", "PORT", "LAB_TIMEZONE"]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            ("TELEGRAM_BOT_TOKEN=1:a", "TELEGRAM_WEBHOOK_URL=https://x/hook"),
            "TELEGRAM_WEBHOOK_SECRET: not set; without it anybody could pretend to be Telegram",
        ),
        (
            ("TELEGRAM_WEBHOOK_URL=http://x/hook", "TELEGRAM_WEBHOOK_SECRET=secret-of-the-hook"),
            "TELEGRAM_WEBHOOK_URL: Telegram delivers to https:// addresses only",
        ),
        (
            ("SLACK_BOT_TOKEN=xoxb-1",),
            "SLACK_APP_TOKEN: not set; set it (Socket Mode), or SLACK_SIGNING_SECRET (events by HTTP)",
        ),
        (
            ("SLACK_SIGNING_SECRET=abc",),
            "SLACK_BOT_TOKEN: not set, though other settings of Slack are",
        ),
        (
            ("LIS_TOKEN=a-token-of-the-lis", "HOST=0.0.0.0"),
            (
                "PUBLIC_URL: not set, and nobody can open a link to HOST=0.0.0.0; "
                "use e.g. https://voice.example.org"
            ),
        ),
    ],
)
def test_what_only_makes_sense_together_is_checked(tmp_path: Path, given: tuple[str, ...], line: str) -> None:
    assert refused(tmp_path, *given) == (line,)


def test_a_webhook_of_a_local_stand_in_may_be_plain_http(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "TELEGRAM_API_URL=http://127.0.0.1:1",
        "TELEGRAM_WEBHOOK_URL=http://127.0.0.1:2/hook",
        "TELEGRAM_WEBHOOK_SECRET=secret-of-the-hook",
    )
    assert settings.telegram_webhook_url == "http://127.0.0.1:2/hook"


def test_a_bare_installation_is_told_what_run_needs(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        check_runnable(read(tmp_path))
    assert caught.value.lines == (
        (
            "TELEGRAM_BOT_TOKEN, SLACK_BOT_TOKEN: neither is set, so there is nobody to talk with; "
            "set one of them, or try `labvoice demo`"
        ),
        "DATA_KEYS: not set; `labvoice keygen` prints a key to put there",
    )


def test_one_channel_and_a_key_are_enough_to_run(tmp_path: Path) -> None:
    settings = read(tmp_path, "TELEGRAM_BOT_TOKEN=1:a", f"DATA_KEYS={generate_key()},{generate_key()}")
    check_runnable(settings)
    assert len(settings.keyring().key_ids) == 2


def test_the_keyring_asks_for_keys_when_there_are_none() -> None:
    with pytest.raises(SettingsError, match="DATA_KEYS: not set"):
        load_settings(None).keyring()


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "TELEGRAM_BOT_TOKEN=1:hush",
        "DATABASE_URL=postgresql://u:hush@h/d",
        "LIS_TOKEN=hush-hush-hush-hush",
    )
    assert "hush" not in f"{settings!r} {settings}"


def test_an_env_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"LAB_NAME=\xff\xfe\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / ".env")
    assert caught.value.lines == (f"{tmp_path / '.env'}: the file is not UTF-8 text; save it as UTF-8",)


def default(field: FieldInfo) -> str:
    value = field.default.get_secret_value() if hasattr(field.default, "get_secret_value") else field.default
    return "" if value is None else str(value)


def test_every_setting_is_described() -> None:
    assert [name for name, field in FIELDS.items() if not field.description] == []


def test_the_example_file_has_every_setting_with_its_description_and_default() -> None:
    expected = ["# Copy this file to .env and remove the # in front of what you set.", ""]
    for name, field in FIELDS.items():
        expected += [f"# {field.description}", f"#{name.upper()}={default(field)}", ""]
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == "\n".join(expected)


def test_the_example_file_can_be_used_as_it_is(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    used = tmp_path / ".env"
    used.write_text(re.sub(r"^#([A-Z_]+=)", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    assert load_settings(used) == load_settings(None)


def test_the_readme_has_every_setting_with_its_description_and_default() -> None:
    rows = [
        f"| `{name.upper()}` | {f'`{default(field)}`' if default(field) else ''} | {field.description} |"
        for name, field in FIELDS.items()
    ]
    assert "\n".join(rows) in (ROOT / "README.md").read_text(encoding="utf-8")
