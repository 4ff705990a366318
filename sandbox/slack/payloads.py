"""The shapes in which Slack tells the app what a person did."""

import secrets

from sandbox.slack.elements import Placed
from sandbox.slack.rooms import Posted, Room
from sandbox.slack.surfaces import VIEW_IDS
from sandbox.slack.threads import message_wire, parent_of
from sandbox.slack.views import LiveView
from sandbox.slack.workspace import APP_ID, BOT_USER, TEAM, Member, Workspace
from sandbox.wire import Json

_VERIFICATION = "legacy-verification-token"
"""Slack still sends this one; nobody should trust it."""


def command(workspace: Workspace, member: Member, room: Room, name: str, text: str) -> Json:
    """A slash command, as form fields."""
    return {
        "token": _VERIFICATION,
        "team_id": TEAM["id"],
        "team_domain": TEAM["domain"],
        "channel_id": room.room_id,
        "channel_name": room.short_wire["name"],
        "user_id": member.user_id,
        "user_name": member.handle,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": workspace.new_response_url(member, room),
        "trigger_id": workspace.new_trigger(member),
    }


def message_shortcut(
    workspace: Workspace, member: Member, callback_id: str, room: Room, message: Posted
) -> Json:
    """A shortcut taken from a message's menu."""
    return {
        **_interaction(workspace, member, "message_action"),
        "callback_id": callback_id,
        "action_ts": workspace.next_ts(),
        "channel": room.short_wire,
        "message_ts": message.ts,
        "message": message.wire,
        "response_url": workspace.new_response_url(member, room, message),
    }


def global_shortcut(workspace: Workspace, member: Member, callback_id: str) -> Json:
    """A shortcut taken from the search bar or the composer."""
    return {
        **_interaction(workspace, member, "shortcut"),
        "callback_id": callback_id,
        "action_ts": workspace.next_ts(),
    }


def message_action(
    workspace: Workspace, member: Member, room: Room, message: Posted, placed: Placed, entry: Json
) -> Json:
    """A press or a choice on a message."""
    block_id, action_id = placed.key
    values = {block_id: {action_id: entry}} if placed.holds_value else {}
    payload = {
        **_interaction(workspace, member, "block_actions"),
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": room.room_id,
            "is_ephemeral": message.private,
        },
        "channel": room.short_wire,
        "state": {"values": values},
        "response_url": workspace.new_response_url(member, room, message),
        "actions": [_action(workspace, placed, entry)],
    }
    # Slack does not repeat the content of messages that only one person sees.
    return payload if message.private else {**payload, "message": message.wire}


def view_action(workspace: Workspace, member: Member, view: LiveView, placed: Placed, entry: Json) -> Json:
    """A press or a choice in a modal or on App Home."""
    return {
        **_interaction(workspace, member, "block_actions"),
        "container": {"type": "view", "view_id": view.view_id},
        "view": view.wire(VIEW_IDS),
        "actions": [_action(workspace, placed, entry)],
    }


def view_submission(workspace: Workspace, member: Member, view: LiveView) -> Json:
    """A modal sent off."""
    return {
        **_interaction(workspace, member, "view_submission"),
        "view": view.wire(VIEW_IDS),
        "response_urls": [],
    }


def view_closed(workspace: Workspace, member: Member, view: LiveView, *, cleared: bool) -> Json:
    """A modal closed without sending it."""
    payload = _interaction(workspace, member, "view_closed")
    payload.pop("trigger_id")
    return {**payload, "view": view.wire(VIEW_IDS), "is_cleared": cleared}


def event(workspace: Workspace, body: Json) -> Json:
    """An event in its callback."""
    return {
        "token": _VERIFICATION,
        "team_id": TEAM["id"],
        "api_app_id": APP_ID,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(workspace.now().timestamp()),
        "event_context": secrets.token_hex(16),
        "is_ext_shared_channel": False,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM["id"],
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "event": body,
    }


def home_opened(workspace: Workspace, member: Member) -> Json:
    """The event of App Home coming up."""
    body: Json = {
        "type": "app_home_opened",
        "user": member.user_id,
        "channel": workspace.direct(member).room_id,
        "tab": "home",
        "event_ts": workspace.next_ts(),
    }
    return body if member.home is None else {**body, "view": member.home.wire(VIEW_IDS)}


def said(room: Room, message: Posted) -> Json:
    """The event of a message posted by a person."""
    parent = parent_of(room, message)
    return {
        **message_wire(room, message),
        **({"root": message_wire(room, parent)} if parent and message.is_broadcast else {}),
        "channel": room.room_id,
        "channel_type": room.kind,
        "event_ts": message.ts,
    }


def changed(workspace: Workspace, room: Room, before: Json, message: Posted) -> Json:
    """The event of a message that its author edited."""
    ts = workspace.next_ts()
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": message_wire(room, message),
        "previous_message": before,
        "channel": room.room_id,
        "channel_type": room.kind,
        "ts": ts,
        "event_ts": ts,
    }


def mentioned(room: Room, message: Posted) -> Json:
    """The event of a message in a room that names the app."""
    thread = {} if message.thread_ts is None else {"thread_ts": message.thread_ts}
    return {
        "type": "app_mention",
        "user": message.wire["user"],
        "text": message.wire["text"],
        "ts": message.ts,
        **thread,
        "team": TEAM["id"],
        "channel": room.room_id,
        "event_ts": message.ts,
    }


def _interaction(workspace: Workspace, member: Member, kind: str) -> Json:
    return {
        "type": kind,
        "token": _VERIFICATION,
        "team": TEAM,
        "user": member.short_wire,
        "api_app_id": APP_ID,
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": workspace.new_trigger(member),
    }


def _action(workspace: Workspace, placed: Placed, entry: Json) -> Json:
    block_id, action_id = placed.key
    return {
        "action_id": action_id,
        "block_id": block_id,
        "action_ts": workspace.next_ts(),
        **entry,
    }
