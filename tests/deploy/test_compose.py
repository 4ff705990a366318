"""Two replicas with Compose: every file, name and setting it speaks of is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import app
from bot.settings import Settings, check_runnable, load_settings
from storage.encryption import generate_key
from tests.deploy.conftest import DEPLOY, variables

TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REPLICAS = [name for name, service in SERVICES.items() if service["image"] == "labvoice"]
OTHERS = [name for name in SERVICES if name not in REPLICAS]
EXAMPLE = variables((DEPLOY / "env.example").read_text())
GIVEN = {
    "DOMAIN": "voice.example.org",
    "POSTGRES_PASSWORD": "c0ffee",
    "DATA_KEYS": generate_key(),
    "TELEGRAM_BOT_TOKEN": "123456:ABC-def",
    "TELEGRAM_WEBHOOK_SECRET": "0123456789abcdef",
}
VARIABLE = re.compile(r"\$\{(\w+):\?[^}]+\}")


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a replica once env.example is filled in."""
    own = SERVICES[REPLICAS[0]]["environment"]
    filled = {name: VARIABLE.sub(lambda found: GIVEN[found[1]], value) for name, value in own.items()}
    for name, value in {**EXAMPLE, **GIVEN, **filled}.items():
        monkeypatch.setenv(name, value)
    return load_settings(None)


def mounts(service: str) -> list[list[str]]:
    return [volume.split(":") for volume in SERVICES[service].get("volumes", [])]


def test_there_are_two_replicas_and_they_are_the_same() -> None:
    assert len(REPLICAS) == 2
    assert SERVICES[REPLICAS[0]] == SERVICES[REPLICAS[1]]


def test_a_replica_starts_with_these_settings(replica: Settings) -> None:
    check_runnable(replica)
    assert replica.database_url.get_secret_value() == "postgresql://labvoice:c0ffee@postgres/labvoice"
    assert replica.public_root == "https://voice.example.org"
    assert replica.host == "0.0.0.0"


def test_telegram_pushes_since_only_one_process_may_poll(replica: Settings) -> None:
    assert (replica.telegram_webhook_url or "").startswith(f"{replica.public_root}/")
    assert replica.slack_app_token is None


def test_the_database_is_the_one_that_is_started(replica: Settings) -> None:
    server = SERVICES["postgres"]["environment"]
    user, rest = replica.database_url.get_secret_value().removeprefix("postgresql://").split(":")
    assert (user, rest.partition("@")[2]) == (server["POSTGRES_USER"], f"postgres/{server['POSTGRES_DB']}")


def test_every_variable_is_a_setting_or_is_used_in_the_file() -> None:
    used = {found[1] for found in VARIABLE.finditer(TEXT)}
    settings = {name.upper() for name in Settings.model_fields}
    assert used <= EXAMPLE.keys()
    assert EXAMPLE.keys() <= settings | used
    assert SERVICES[REPLICAS[0]]["environment"].keys() <= settings


def test_there_is_no_password_by_default() -> None:
    assert "$" not in VARIABLE.sub("", TEXT)
    assert not any(EXAMPLE.values())


def test_every_file_it_names_is_in_the_project_or_made_by_whoever_runs_it() -> None:
    build = SERVICES[REPLICAS[0]]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    files = [source for name in SERVICES for source, *_ in mounts(name) if source.startswith(".")]
    assert files
    assert all((DEPLOY / file).is_file() for file in files)
    made = [SERVICES[REPLICAS[0]]["env_file"], *(one["file"] for one in COMPOSE["secrets"].values())]
    ignored = (DEPLOY.parent / ".gitignore").read_text().splitlines()
    assert all(Path(name).name in ignored for name in made)


def test_every_name_is_declared() -> None:
    for name, service in SERVICES.items():
        assert set(service["networks"]) <= COMPOSE["networks"].keys()
        assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys()
        assert set(service.get("depends_on", ())) <= SERVICES.keys()
        assert {one for one, *_ in mounts(name) if not one.startswith(".")} <= COMPOSE["volumes"].keys()


def test_the_database_is_waited_for_and_out_of_reach() -> None:
    assert SERVICES[REPLICAS[0]]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "pg_isready" in SERVICES["postgres"]["healthcheck"]["test"]
    assert SERVICES["postgres"]["networks"] == ["data"]
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


@pytest.mark.parametrize("name", OTHERS)
def test_images_of_others_are_pinned(name: str) -> None:
    assert re.fullmatch(r"\w+:\d[\w.-]*", SERVICES[name]["image"])


@pytest.mark.parametrize("name", [*REPLICAS, "proxy"])
def test_what_the_network_reaches_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_journal_of_erasures_outlives_the_container(replica: Settings) -> None:
    assert replica.erasures_file is not None
    assert str(replica.erasures_file.parent) in [target for _, target in mounts(REPLICAS[0])]


def test_a_replica_is_given_the_time_to_finish() -> None:
    assert int(SERVICES[REPLICAS[0]]["stop_grace_period"].removesuffix("s")) > app.GRACE_SECONDS
