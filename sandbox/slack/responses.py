"""Answers to commands and interactions: in the acknowledgement, or later at the response_url."""

from sandbox.slack.chat import content_of, whisper
from sandbox.slack.rooms import Posted, Room
from sandbox.slack.workspace import BOT_USER, Member, ResponseUrl, Workspace
from sandbox.wire import Json


def say_back(workspace: Workspace, member: Member, room: Room, answer: Json) -> None:
    """Show the answer to the person alone or, with response_type `in_channel`, to the room.

    Raises:
        RefusedError: no_text or invalid_blocks.
    """
    content = content_of(answer.get("text"), answer.get("blocks"))
    if answer.get("thread_ts"):
        content["thread_ts"] = answer["thread_ts"]
    if answer.get("response_type") == "in_channel":
        workspace.post(room, BOT_USER, content)
    else:
        member.private.append(whisper(workspace, room, content))
        workspace.changes.happened()


def respond(workspace: Workspace, response_url: ResponseUrl, answer: Json) -> None:
    """Do what a POST to a response_url asks: answer, or replace or delete the message it came from.

    Raises:
        RefusedError: no_text or invalid_blocks.
    """
    message = response_url.message
    if message is not None and answer.get("delete_original"):
        _remove(response_url, message)
    elif message is not None and answer.get("replace_original"):
        kept = {name: value for name, value in message.wire.items() if name not in {"text", "blocks"}}
        message.wire = {**kept, **content_of(answer.get("text"), answer.get("blocks"))}
        message.edited += 1
    else:
        say_back(workspace, response_url.member, response_url.room, answer)
    workspace.changes.happened()


def _remove(response_url: ResponseUrl, message: Posted) -> None:
    for place in (response_url.room.posted, response_url.member.private):
        if message in place:
            place.remove(message)
