"""Every setting, read from the environment or a .env file and checked once at start-up."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.database import parse_url
from storage.encryption import Keyring

TELEGRAM = "https://api.telegram.org"
_SHOWN = 80
_NO_KEYS = "DATA_KEYS: not set; `labvoice keygen` prints a key to put there"


class SettingsError(Exception):
    """The settings cannot be used. `lines` has one for each thing to mend; none shows a secret."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _shown(text: object) -> str:
    return repr(str(text)[:_SHOWN])


def _matching(pattern: str, hint: str) -> AfterValidator:
    """Refuse a secret that has another form; the message is `hint` alone."""

    def check(secret: SecretStr) -> SecretStr:
        if re.fullmatch(pattern, secret.get_secret_value()) is None:
            raise ValueError(hint)
        return secret

    return AfterValidator(check)


def _worded(pattern: str, hint: str) -> AfterValidator:
    """Refuse a word that has another form, showing it."""

    def check(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(f"{_shown(text)} {hint}")
        return text

    return AfterValidator(check)


def _web_address(end: str | None) -> AfterValidator:
    """Refuse what is no http(s) address; `end` is what a root then ends with, None keeps it as it is."""

    def check(text: str) -> str:
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
            parts = urlsplit("")
        if not usable or re.search(r"[\s\x00-\x1f]", text):
            raise ValueError(f"{_shown(text)} is not a web address; use e.g. https://example.org")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the address must not hold a user name or password")
        if parts.query or parts.fragment:
            raise ValueError(f"{_shown(text)} must end before any ? or #")
        return text if end is None else text.rstrip("/") + end

    return AfterValidator(check)


def _port(value: object) -> object:
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise ValueError(
            f"{_shown(value)} is not a port; use a number from 1 to 65535, or 0 for any free one"
        )
    return int(text)


def _zone(value: object) -> object:
    try:
        return value if isinstance(value, ZoneInfo) else ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{_shown(value)} is not an IANA time zone; use e.g. Europe/Madrid") from None


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"{_shown(path)} is not a folder")
    return path


def _database(secret: SecretStr) -> SecretStr:
    parse_url(secret.get_secret_value())
    return secret


def _keys(secret: SecretStr) -> SecretStr:
    Keyring.parse(secret.get_secret_value())
    return secret


_Bearer = Annotated[SecretStr, _matching(r"[!-~]{16,}", "use 16 or more letters, digits and signs")]
_Root = Annotated[str, _web_address("")]
_RootWithSlash = Annotated[str, _web_address("/")]
_Address = Annotated[str, _web_address(None)]


class Settings(BaseSettings):
    """What the environment says. An empty value counts as not set; names the bot does not know are ignored.

    Read it with `load_settings`, which also checks what only makes sense together.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        env_file_encoding="utf-8",
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    telegram_bot_token: Annotated[
        Annotated[SecretStr, _matching(r"\d+:[A-Za-z0-9_-]+", "a bot's token looks like 123456:ABC-def")]
        | None,
        Field(description="The bot's token, from @BotFather. Not set: no Telegram."),
    ] = None
    telegram_api_url: Annotated[
        _Root, Field(description="Root of the Bot API; any server that speaks it can stand here.")
    ] = TELEGRAM
    telegram_webhook_url: Annotated[
        _Address | None,
        Field(
            description="Public https address, path included, at which Telegram delivers updates. "
            "Not set: the bot fetches them (long polling)."
        ),
    ] = None
    telegram_webhook_secret: Annotated[
        Annotated[SecretStr, _matching(r"[A-Za-z0-9_-]{16,256}", "use 16 to 256 letters, digits, _ and -")]
        | None,
        Field(description="What Telegram repeats with every update it delivers. Required with a webhook."),
    ] = None
    slack_bot_token: Annotated[
        Annotated[SecretStr, _matching(r"(xoxe\.)?xoxb-\S+", "a bot token begins with xoxb-")] | None,
        Field(description="The Slack app's bot token (xoxb-...). Not set: no Slack."),
    ] = None
    slack_app_token: Annotated[
        Annotated[SecretStr, _matching(r"xapp-\S+", "an app-level token begins with xapp-")] | None,
        Field(description="The Slack app's app-level token (xapp-...). Set: events come by Socket Mode."),
    ] = None
    slack_signing_secret: Annotated[
        Annotated[SecretStr, _matching(r"[!-~]+", "use the signing secret as Slack shows it")] | None,
        Field(description="The Slack app's signing secret, when events come by HTTP instead."),
    ] = None
    slack_api_url: Annotated[
        _RootWithSlash, Field(description="Root of the Web API; any server that speaks it can stand here.")
    ] = "https://slack.com/api/"
    slack_triage_room: Annotated[
        Annotated[str, _worded(r"[A-Z][A-Z0-9]+", "is not a room's id; use e.g. C0123456789")] | None,
        Field(description="Id of the Slack channel in which new complaints are shown, such as C0123456789."),
    ] = None
    database_url: Annotated[
        SecretStr,
        AfterValidator(_database),
        Field(description="sqlite:///file.db, or postgresql://user:password@host/name for several replicas."),
    ] = SecretStr("sqlite:///labvoice.db")
    host: Annotated[
        str,
        _worded(r"[A-Za-z0-9.:_-]+", "is not a host name or address; use e.g. 127.0.0.1"),
        Field(description="Address the web server listens on; 0.0.0.0 for every network."),
    ] = "127.0.0.1"
    port: Annotated[
        int, BeforeValidator(_port), Field(description="Port the web server listens on; 0 takes a free one.")
    ] = 8080
    public_url: Annotated[
        _Root | None,
        Field(description="Where people reach the web server from outside. Not set: http://HOST:PORT."),
    ] = None
    data_keys: Annotated[
        Annotated[SecretStr, AfterValidator(_keys)] | None,
        Field(
            description="Keys that encrypt personal data, newest first, with commas between; "
            "`labvoice keygen` prints one. Keep every key ever used."
        ),
    ] = None
    lis_token: Annotated[
        _Bearer | None,
        Field(description="What the laboratory information system sends as its Bearer token."),
    ] = None
    metrics_token: Annotated[
        _Bearer | None,
        Field(description="What Prometheus sends as its Bearer token. Not set: there is no /metrics."),
    ] = None
    lab_name: Annotated[
        str,
        _worded(r"[^\x00-\x1f\x7f]{1,80}", "is not a name; use 1 to 80 characters on one line"),
        Field(description="The laboratory's name, as people read it."),
    ] = "Our laboratory"
    lab_timezone: Annotated[
        ZoneInfo,
        BeforeValidator(_zone),
        Field(description="The laboratory's time zone, such as Europe/Madrid."),
    ] = ZoneInfo("UTC")
    default_locale: Annotated[
        str,
        _worded(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", "is not a language code; use e.g. en or es"),
        Field(description="Language for people whose own is unknown or not spoken here."),
    ] = "en"
    surveys_dir: Annotated[
        Annotated[Path, AfterValidator(_folder)] | None,
        Field(description="Folder of further questionnaires; one with the id of ours replaces it."),
    ] = None

    @property
    def public_root(self) -> str:
        """Where people reach the web server, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    def keyring(self) -> Keyring:
        """The data keys; SettingsError when none are given."""
        if self.data_keys is None:
            raise SettingsError(_NO_KEYS)
        return Keyring.parse(self.data_keys.get_secret_value())


def load_settings(env_file: Path | str | None = ".env") -> Settings:
    """Read the environment and, for what it does not say, `env_file` if there is one.

    SettingsError has a line for everything that is malformed or needs something else to be set as well.
    """
    try:
        # A keyword of BaseSettings, unseen by mypy, which derives the constructor from the fields alone.
        settings = Settings(_env_file=env_file)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError(
            *(_line(one["loc"], one["msg"]) for one in error.errors(include_input=False))
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file}: the file is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{env_file}: the file cannot be read: {error.strerror}") from None
    lines = [line for check in _TOGETHER if (line := check(settings))]
    if lines:
        raise SettingsError(*lines)
    return settings


def check_runnable(settings: Settings) -> None:
    """SettingsError when `run` has too little to start: no data keys, or no channel at all."""
    lines = []
    if settings.telegram_bot_token is None and settings.slack_bot_token is None:
        lines.append(
            "TELEGRAM_BOT_TOKEN, SLACK_BOT_TOKEN: neither is set, so there is nobody to talk with; "
            "set one of them, or try `labvoice demo`"
        )
    if settings.data_keys is None:
        lines.append(_NO_KEYS)
    if lines:
        raise SettingsError(*lines)


def _line(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]).upper() if location else "settings"
    return f"{name}: {message.removeprefix('Value error, ')}"


def _webhook_has_secret(settings: Settings) -> str | None:
    if settings.telegram_webhook_url and settings.telegram_webhook_secret is None:
        return "TELEGRAM_WEBHOOK_SECRET: not set; without it anybody could pretend to be Telegram"
    return None


def _webhook_is_safe(settings: Settings) -> str | None:
    url = settings.telegram_webhook_url
    if url and settings.telegram_api_url == TELEGRAM and not url.startswith("https://"):
        return "TELEGRAM_WEBHOOK_URL: Telegram delivers to https:// addresses only"
    return None


def _slack_hears(settings: Settings) -> str | None:
    hears = settings.slack_app_token or settings.slack_signing_secret
    if settings.slack_bot_token and not hears:
        return "SLACK_APP_TOKEN: not set; set it (Socket Mode), or SLACK_SIGNING_SECRET (events by HTTP)"
    if hears and not settings.slack_bot_token:
        return "SLACK_BOT_TOKEN: not set, though other settings of Slack are"
    return None


_TOGETHER: tuple[Callable[[Settings], str | None], ...] = (
    _webhook_has_secret,
    _webhook_is_safe,
    _slack_hears,
)
