"""Every setting, described once."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings import values
from bot.settings.errors import SettingsError
from storage.encryption import Keyring

TELEGRAM = "https://api.telegram.org"
NO_KEYS = "DATA_KEYS: not set; `labvoice keygen` prints a key to put there"

_Bearer = Annotated[SecretStr, values.matching(r"[!-~]{16,}", "use 16 or more letters, digits and signs")]
_Root = Annotated[str, values.web_address("")]
_RootWithSlash = Annotated[str, values.web_address("/")]
_Address = Annotated[str, values.web_address(None)]


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
        Annotated[
            SecretStr, values.matching(r"\d+:[A-Za-z0-9_-]+", "a bot's token looks like 123456:ABC-def")
        ]
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
        Annotated[
            SecretStr, values.matching(r"[A-Za-z0-9_-]{16,256}", "use 16 to 256 letters, digits, _ and -")
        ]
        | None,
        Field(description="What Telegram repeats with every update it delivers. Required with a webhook."),
    ] = None
    slack_bot_token: Annotated[
        Annotated[SecretStr, values.matching(r"(xoxe\.)?xoxb-\S+", "a bot token begins with xoxb-")] | None,
        Field(description="The Slack app's bot token (xoxb-...). Not set: no Slack."),
    ] = None
    slack_app_token: Annotated[
        Annotated[SecretStr, values.matching(r"xapp-\S+", "an app-level token begins with xapp-")] | None,
        Field(description="The Slack app's app-level token (xapp-...). Set: events come by Socket Mode."),
    ] = None
    slack_signing_secret: Annotated[
        Annotated[SecretStr, values.matching(r"[!-~]+", "use the signing secret as Slack shows it")] | None,
        Field(description="The Slack app's signing secret, when events come by HTTP instead."),
    ] = None
    slack_api_url: Annotated[
        _RootWithSlash, Field(description="Root of the Web API; any server that speaks it can stand here.")
    ] = "https://slack.com/api/"
    slack_triage_room: Annotated[
        Annotated[str, values.worded(r"[A-Z][A-Z0-9]+", "is not a room's id; use e.g. C0123456789")] | None,
        Field(description="Id of the Slack channel in which new complaints are shown, such as C0123456789."),
    ] = None
    database_url: Annotated[
        SecretStr,
        AfterValidator(values.database),
        Field(description="sqlite:///file.db, or postgresql://user:password@host/name for several replicas."),
    ] = SecretStr("sqlite:///labvoice.db")
    erasures_file: Annotated[
        Path | None,
        Field(
            description="Journal of erasures, best on another disk. Not set: beside a SQLite file, "
            "else in the folder the bot is started in."
        ),
    ] = None
    host: Annotated[
        str,
        values.worded(r"[A-Za-z0-9.:_-]+", "is not a host name or address; use e.g. 127.0.0.1"),
        Field(description="Address the web server listens on; 0.0.0.0 for every network."),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        BeforeValidator(values.port),
        Field(description="Port the web server listens on; 0 takes a free one."),
    ] = 8080
    public_url: Annotated[
        _Root | None,
        Field(description="Where people reach the web server from outside. Not set: http://HOST:PORT."),
    ] = None
    data_keys: Annotated[
        Annotated[SecretStr, AfterValidator(values.keys)] | None,
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
        values.worded(r"[^\x00-\x1f\x7f]{1,80}", "is not a name; use 1 to 80 characters on one line"),
        Field(description="The laboratory's name, as people read it."),
    ] = "Our laboratory"
    lab_timezone: Annotated[
        ZoneInfo,
        BeforeValidator(values.zone),
        Field(description="The laboratory's time zone, such as Europe/Madrid."),
    ] = ZoneInfo("UTC")
    default_locale: Annotated[
        str,
        values.worded(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", "is not a language code; use e.g. en or es"),
        Field(description="Language for people whose own is unknown or not spoken here."),
    ] = "en"
    surveys_dir: Annotated[
        Annotated[Path, AfterValidator(values.folder)] | None,
        Field(description="Folder of further questionnaires; one with the id of ours replaces it."),
    ] = None
    calendar_file: Annotated[
        Annotated[Path, AfterValidator(values.file)] | None,
        Field(
            description="File with the laboratory's hours, holidays and promises, see docs/complaints.md. "
            "Not set: Monday to Friday, 8 to 18."
        ),
    ] = None
    routing_file: Annotated[
        Annotated[Path, AfterValidator(values.file)] | None,
        Field(
            description="File that says which room and head hear of what, see docs/complaints.md. "
            "Not set: all complaints are shown in SLACK_TRIAGE_ROOM."
        ),
    ] = None
    replies_file: Annotated[
        Annotated[Path, AfterValidator(values.file)] | None,
        Field(description="File of reply templates in place of ours, see docs/complaints.md."),
    ] = None

    @property
    def public_root(self) -> str:
        """Where people reach the web server, without a slash at the end; SettingsError if nobody can tell."""
        if self.unknown_address:
            raise SettingsError(self.unknown_address)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def unknown_address(self) -> str | None:
        """Why no link to a page can be given out, if none can: where the server listens is no address."""
        if self.public_url or not (self.port == 0 or _is_every_network(self.host)):
            return None
        listens = f"HOST={self.host}" if self.port else "PORT=0"
        return f"PUBLIC_URL: not set, and nobody can open a link to {listens}; use e.g. https://voice.example.org"

    def keyring(self) -> Keyring:
        """The data keys; SettingsError when none are given."""
        if self.data_keys is None:
            raise SettingsError(NO_KEYS)
        return Keyring.parse(self.data_keys.get_secret_value())


def _is_every_network(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
