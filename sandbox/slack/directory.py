"""The Web API methods that look things up: rooms, histories, people, the app itself."""

from sandbox.slack.args import Args
from sandbox.slack.errors import RefusedError
from sandbox.slack.rooms import Posted, Room
from sandbox.slack.threads import message_wire
from sandbox.slack.workspace import APP_ID, BOT_ID, BOT_USER, TEAM, Member, Workspace
from sandbox.wire import Json


def auth_test(_workspace: Workspace, _args: Args) -> Json:
    """auth.test."""
    return {
        "url": "https://sandbox.slack.com/",
        "team": "Sandbox",
        "user": "labvoice",
        "team_id": TEAM["id"],
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


def api_test(_workspace: Workspace, args: Args) -> Json:
    """api.test."""
    if args.text("error"):
        raise RefusedError(args.required("error"))
    return {"args": args.fields}


def open_conversation(workspace: Workspace, args: Args) -> Json:
    """conversations.open, for one person."""
    if args.text("channel"):
        return {"channel": workspace.room(args.required("channel")).wire}
    users = args.required("users").split(",")
    if len(users) != 1:
        raise RefusedError("method_not_supported_for_channel_type")
    room = workspace.direct(workspace.member(users[0]))
    return {"channel": room.wire if args.flag("return_im") else {"id": room.room_id}}


def info(workspace: Workspace, args: Args) -> Json:
    """conversations.info."""
    return {"channel": workspace.room(args.required("channel")).wire}


def list_rooms(workspace: Workspace, args: Args) -> Json:
    """conversations.list; types `public_channel` (the default) and `im`."""
    types = (args.text("types") or "public_channel").split(",")
    kinds = {"channel" if kind == "public_channel" else kind for kind in types}
    return {
        "channels": [room.wire for room in workspace.rooms.values() if room.kind in kinds],
        "response_metadata": {"next_cursor": ""},
    }


def join(workspace: Workspace, args: Args) -> Json:
    """conversations.join."""
    room = workspace.room(args.required("channel"))
    if room.kind == "im":
        raise RefusedError("method_not_supported_for_channel_type")
    room.joined = True
    return {"channel": room.wire}


def history(workspace: Workspace, args: Args) -> Json:
    """conversations.history: newest first, without the answers that stand in threads alone."""
    room = _readable(workspace, args)
    posted = [message for message in reversed(room.posted) if message.is_broadcast or not message.is_reply]
    return _page(room, posted, args)


def replies(workspace: Workspace, args: Args) -> Json:
    """conversations.replies: the message and its answers, oldest first."""
    room = _readable(workspace, args)
    asked = room.find(args.required("ts"))
    if asked is None:
        raise RefusedError("thread_not_found")
    ts = asked.thread_ts or asked.ts
    posted = [message for message in room.posted if ts in {message.ts, message.thread_ts}]
    return _page(room, posted, args)


def user_info(workspace: Workspace, args: Args) -> Json:
    """users.info."""
    user_id = args.required("user")
    if user_id == BOT_USER:
        return {"user": {"id": BOT_USER, "name": "labvoice", "is_bot": True, "deleted": False}}
    return {"user": _user(workspace.member(user_id))}


def list_users(workspace: Workspace, _args: Args) -> Json:
    """users.list."""
    members = [_user(member) for member in workspace.members.values()]
    return {"members": members, "response_metadata": {"next_cursor": ""}}


def _readable(workspace: Workspace, args: Args) -> Room:
    room = workspace.room(args.required("channel"))
    if not room.joined:
        raise RefusedError("not_in_channel")
    return room


def _page(room: Room, posted: list[Posted], args: Args) -> Json:
    oldest, latest = args.text("oldest") or "0", args.text("latest") or "9" * 12
    inclusive = args.flag("inclusive")
    within = [
        message
        for message in posted
        if float(oldest) < float(message.ts) < float(latest) or (inclusive and message.ts in {oldest, latest})
    ]
    start = int(args.text("cursor") or 0)
    end = start + args.number("limit", 100)
    with_metadata = args.flag("include_all_metadata")
    return {
        "messages": [message_wire(room, one, with_metadata=with_metadata) for one in within[start:end]],
        "has_more": end < len(within),
        "response_metadata": {"next_cursor": str(end) if end < len(within) else ""},
    }


def _user(member: Member) -> Json:
    return {
        "id": member.user_id,
        "team_id": TEAM["id"],
        "name": member.handle,
        "real_name": member.name,
        "deleted": False,
        "is_bot": False,
        "tz": member.timezone,
        "tz_label": member.timezone,
        "tz_offset": 0,
        "locale": "en-US",
        "profile": {
            "real_name": member.name,
            "display_name": member.name,
            "real_name_normalized": member.name,
            "display_name_normalized": member.name,
        },
    }
