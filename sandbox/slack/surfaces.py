"""The Web API methods for modals, App Home and files."""

import secrets

from sandbox.slack.args import Args
from sandbox.slack.errors import RefusedError
from sandbox.slack.rooms import Room
from sandbox.slack.threads import in_thread
from sandbox.slack.views import LiveView, checked_view
from sandbox.slack.workspace import APP_ID, BOT_ID, BOT_USER, TEAM, StoredFile, Workspace
from sandbox.wire import Json

VIEW_IDS: Json = {
    "team_id": TEAM["id"],
    "app_id": APP_ID,
    "app_installed_team_id": TEAM["id"],
    "bot_id": BOT_ID,
}
_DEEPEST = 3


def open_view(workspace: Workspace, args: Args) -> Json:
    """views.open."""
    content = checked_view(args.mapping("view"), "modal")
    member = workspace.redeem(args.required("trigger_id"))
    view = LiveView(member.user_id, content)
    member.modals = [view]
    workspace.changes.happened()
    return {"view": view.wire(VIEW_IDS)}


def push_view(workspace: Workspace, args: Args) -> Json:
    """views.push."""
    content = checked_view(args.mapping("view"), "modal")
    member = workspace.redeem(args.required("trigger_id"))
    view = pushed(member.modals, member.user_id, content)
    workspace.changes.happened()
    return {"view": view.wire(VIEW_IDS)}


def pushed(modals: list[LiveView], owner: str, content: Json) -> LiveView:
    """Put a view on top of the open ones.

    Raises:
        RefusedError: push_limit_reached, not_found where none is open.
    """
    if not modals:
        raise RefusedError("not_found")
    if len(modals) >= _DEEPEST:
        raise RefusedError("push_limit_reached")
    view = LiveView(owner, content, root_id=modals[0].view_id, previous_id=modals[-1].view_id)
    modals.append(view)
    return view


def update_view(workspace: Workspace, args: Args) -> Json:
    """views.update."""
    _, view = workspace.view(args.text("view_id"), args.text("external_id"))
    content = checked_view(args.mapping("view"), view.content["type"])
    _same_hash(view, args)
    view.replace(content)
    workspace.changes.happened()
    return {"view": view.wire(VIEW_IDS)}


def publish_view(workspace: Workspace, args: Args) -> Json:
    """views.publish."""
    member = workspace.member(args.required("user_id"))
    content = checked_view(args.mapping("view"), "home")
    if member.home is None:
        member.home = LiveView(member.user_id, content)
    else:
        _same_hash(member.home, args)
        member.home.replace(content)
    workspace.changes.happened()
    return {"view": member.home.wire(VIEW_IDS)}


def get_upload_url(workspace: Workspace, args: Args) -> Json:
    """files.getUploadURLExternal."""
    file_id = f"F{secrets.token_hex(5).upper()}"
    stored = StoredFile(file_id, args.required("filename"), args.number("length", 0))
    if stored.length <= 0:
        raise RefusedError("invalid_arguments", ["length must be greater than 0 [json-pointer:/length]"])
    workspace.files[file_id] = stored
    return {"upload_url": f"{args.root}/upload/v1/{file_id}", "file_id": file_id}


def complete_upload(workspace: Workspace, args: Args) -> Json:
    """files.completeUploadExternal: shares the files in a room, in one message."""
    files: list[StoredFile] = []
    for item in args.array("files") or []:
        stored = workspace.files.get(str(item.get("id")))
        if stored is None or stored.data is None:
            raise RefusedError("file_not_found")
        stored.title = str(item.get("title") or stored.name)
        files.append(stored)
    if not files:
        raise RefusedError("invalid_arguments", ["missing required field: files"])
    channels = [args.text("channel_id") or "", *(args.text("channels") or "").split(",")]
    for room in [workspace.room(channel) for channel in channels if channel]:
        _share(workspace, room, files, args)
    return {"files": [file_wire(stored, args.root) for stored in files]}


def file_wire(stored: StoredFile, root: str) -> Json:
    """The file object."""
    url = f"{root}/files/{stored.file_id}/{stored.name}"
    return {
        "id": stored.file_id,
        "name": stored.name,
        "title": stored.title or stored.name,
        "size": stored.length,
        "user": BOT_USER,
        "url_private": url,
        "url_private_download": url,
    }


def file_info(workspace: Workspace, args: Args) -> Json:
    """files.info."""
    stored = workspace.files.get(args.required("file"))
    if stored is None:
        raise RefusedError("file_not_found")
    return {"file": file_wire(stored, args.root)}


def _share(workspace: Workspace, room: Room, files: list[StoredFile], args: Args) -> None:
    if not room.joined:
        raise RefusedError("not_in_channel")
    content: Json = {
        "text": args.text("initial_comment") or "",
        "files": [file_wire(stored, args.root) for stored in files],
    }
    posted = workspace.post(room, BOT_USER, content | in_thread(room, args.text("thread_ts")))
    posted.files = tuple((stored.name, stored.data or b"") for stored in files)


def _same_hash(view: LiveView, args: Args) -> None:
    given = args.text("hash")
    if given and given != view.revision:
        raise RefusedError("hash_conflict")
