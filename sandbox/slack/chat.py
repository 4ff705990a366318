"""The Web API methods that put messages into rooms and change them."""

from sandbox.slack.args import Args
from sandbox.slack.blocks import accepted
from sandbox.slack.errors import RefusedError
from sandbox.slack.rooms import Posted, Room
from sandbox.slack.threads import in_thread, take_out
from sandbox.slack.workspace import BOT_USER, Workspace
from sandbox.wire import Json

_LONGEST_TEXT = 40_000


def post_message(workspace: Workspace, args: Args) -> Json:
    """chat.postMessage; below a message that is gone it is said in the room."""
    room = workspace.room(args.required("channel"), users_too=True)
    if not room.joined:
        raise RefusedError("not_in_channel")
    content = _content(args) | in_thread(room, args.text("thread_ts"), broadcast=args.flag("reply_broadcast"))
    metadata = _metadata(args)
    posted = workspace.post(room, BOT_USER, content)
    posted.metadata = metadata
    return {"channel": room.room_id, "ts": posted.ts, "message": _with_metadata(posted)}


def update(workspace: Workspace, args: Args) -> Json:
    """chat.update: blocks that are not given stay, unless a text is given without them."""
    room, posted = _own_message(workspace, args, "cant_update_message")
    content = _content(args)
    metadata = _metadata(args)
    kept = {name: value for name, value in posted.wire.items() if name not in {"text", "blocks"}}
    if "text" not in content and "text" in posted.wire:
        content["text"] = posted.wire["text"]
    # A new dictionary: interactions that carry the message as it was must keep it so.
    posted.wire = {**kept, **content, "edited": {"user": BOT_USER, "ts": workspace.next_ts()}}
    posted.edited += 1
    if metadata is not None:
        posted.metadata = metadata
    workspace.changes.happened()
    text = posted.wire.get("text", "")
    return {"channel": room.room_id, "ts": posted.ts, "text": text, "message": _with_metadata(posted)}


def delete(workspace: Workspace, args: Args) -> Json:
    """chat.delete."""
    room, posted = _own_message(workspace, args, "cant_delete_message")
    take_out(room, posted)
    workspace.changes.happened()
    return {"channel": room.room_id, "ts": posted.ts}


def post_ephemeral(workspace: Workspace, args: Args) -> Json:
    """chat.postEphemeral."""
    room = workspace.room(args.required("channel"), users_too=True)
    member = workspace.member(args.required("user"))
    content = _content(args)
    if args.text("thread_ts"):
        content["thread_ts"] = args.text("thread_ts")
    posted = whisper(workspace, room, content)
    member.private.append(posted)
    workspace.changes.happened()
    return {"message_ts": posted.ts}


def whisper(workspace: Workspace, room: Room, content: Json) -> Posted:
    """A message from the app that only one person will see."""
    posted = workspace.compose(room, BOT_USER, content)
    posted.private = True
    return posted


def get_permalink(workspace: Workspace, args: Args) -> Json:
    """chat.getPermalink."""
    room = workspace.room(args.required("channel"))
    posted = room.find(args.required("message_ts"))
    if posted is None:
        raise RefusedError("message_not_found")
    link = f"https://sandbox.slack.com/archives/{room.room_id}/p{posted.ts.replace('.', '')}"
    return {"channel": room.room_id, "permalink": link}


def add_reaction(workspace: Workspace, args: Args) -> Json:
    """reactions.add."""
    posted = workspace.room(args.required("channel")).find(args.required("timestamp"))
    if posted is None:
        raise RefusedError("message_not_found")
    name = args.required("name").strip(":")
    if name in posted.reactions:
        raise RefusedError("already_reacted")
    posted.reactions.append(name)
    workspace.changes.happened()
    return {}


def content_of(text: str | None, blocks: list[Json] | None) -> Json:
    """The text and the checked blocks of a message.

    Raises:
        RefusedError: no_text, msg_too_long or invalid_blocks.
    """
    if not text and not blocks:
        raise RefusedError("no_text")
    if text is not None and len(text) > _LONGEST_TEXT:
        raise RefusedError("msg_too_long")
    content: Json = {} if text is None else {"text": text}
    if blocks:
        content["blocks"] = accepted(blocks, "message")
    return content


def _content(args: Args) -> Json:
    return content_of(args.text("text"), args.array("blocks"))


def _metadata(args: Args) -> Json | None:
    metadata = args.mapping("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise RefusedError("invalid_metadata_format")
    return metadata


def _own_message(workspace: Workspace, args: Args, refusal: str) -> tuple[Room, Posted]:
    room = workspace.room(args.required("channel"))
    posted = room.find(args.required("ts"))
    if posted is None:
        raise RefusedError("message_not_found")
    if not posted.bot:
        raise RefusedError(refusal)
    return room, posted


def _with_metadata(posted: Posted) -> Json:
    return posted.wire if posted.metadata is None else {**posted.wire, "metadata": posted.metadata}
