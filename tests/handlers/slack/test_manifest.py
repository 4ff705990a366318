"""slack-manifest.yaml asks Slack for what the code listens to and calls: nothing less, nothing more."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "handlers" / "slack").glob("*.py"))

# What Slack's reference says each method needs; None for those any token may call.
SCOPES = {
    "apps_connections_open": None,  # the app-level token's
    "auth_test": None,
    "chat_postMessage": "chat:write",
    "chat_update": "chat:write",
    "conversations_history": "im:history",
    "conversations_info": "channels:read",
    "conversations_join": "channels:join",
    "files_completeUploadExternal": "files:write",
    "files_getUploadURLExternal": "files:write",
    "users_info": "users:read",
    "views_open": None,
    "views_publish": None,
    "views_push": None,
    "views_update": None,
}
# Needed by what the app receives, by where it writes first, or by a method where the room is private.
FOR_MORE = {"commands", "groups:read", "im:write"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "slack-manifest.yaml").read_text(encoding="utf-8"))
    return loaded


def listened_to(kind: str) -> set[str]:
    """The first arguments of every `app.<kind>("...")` in the code."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == f"app.{kind}":
                match node.args[0]:
                    case ast.Constant(value=str(name)):
                        found.add(name)
    return found


def called() -> set[str]:
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    return set(re.findall(r"client\s*\.\s*([a-z]+(?:_[A-Za-z]+)+)\(", source))


def test_every_command_is_one_we_answer(manifest: dict[str, Any]) -> None:
    assert {one["command"] for one in manifest["features"]["slash_commands"]} == listened_to("command")


def test_every_shortcut_is_one_we_take(manifest: dict[str, Any]) -> None:
    shortcuts = manifest["features"]["shortcuts"]
    assert {one["callback_id"] for one in shortcuts} == listened_to("message_shortcut")
    assert {one["type"] for one in shortcuts} == {"message"}


def test_every_event_is_one_we_react_to(manifest: dict[str, Any]) -> None:
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {event.partition(".")[0] for event in events} == listened_to("event")


def test_slack_tells_us_nothing_of_what_is_said_in_rooms(manifest: dict[str, Any]) -> None:
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {one for one in events if one.startswith(("message", "app_mention"))} == {"message.im"}


def test_the_scopes_are_those_of_the_methods_called(manifest: dict[str, Any]) -> None:
    assert called() == SCOPES.keys()
    scopes = {scope for scope in SCOPES.values() if scope is not None}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == scopes | FOR_MORE


def test_people_can_write_to_the_app_and_press_its_buttons(manifest: dict[str, Any]) -> None:
    home = manifest["features"]["app_home"]
    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["settings"]["socket_mode_enabled"]


def test_the_words_are_as_short_as_slack_wants_them(manifest: dict[str, Any]) -> None:
    about = manifest["display_information"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 174 <= len(about["long_description"]) <= 4000
    for shortcut in manifest["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    for command in manifest["features"]["slash_commands"]:
        assert len(command["command"]) <= 32
        assert len(command["description"]) <= 2000
