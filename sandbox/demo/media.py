"""Pictures and files that stand in messages, for the page to show."""

from starlette.requests import Request
from starlette.responses import Response

from sandbox.slack import SlackSandbox
from sandbox.telegram import TelegramSandbox

_PICTURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def telegram_photo(telegram: TelegramSandbox, request: Request) -> Response:
    """The picture of one message in one chat."""
    chat, number = request.path_params["chat"], request.path_params["message"]
    for person in telegram.people:
        if person.chat_id == chat:
            for message in person.chat:
                if message.message_id == number and message.photo is not None:
                    return _file("photo", message.photo)
    return Response(status_code=404)


def slack_file(slack: SlackSandbox, request: Request) -> Response:
    """One file of one message in one room."""
    number = request.path_params["number"]
    for room in slack.rooms:
        if room.id == request.path_params["room"]:
            for message in room.messages:
                if message.ts == request.path_params["ts"] and number < len(message.files):
                    return _file(*message.files[number])
    return Response(status_code=404)


def _file(name: str, data: bytes) -> Response:
    """A picture to look at; anything else only to be saved, so that nothing here can run as a page."""
    for start, media_type in _PICTURES:
        if data.startswith(start):
            return Response(data, media_type=media_type, headers=_FOREVER)
    safe = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "._-"))
    headers = {**_FOREVER, "Content-Disposition": f'attachment; filename="{safe or "file"}"'}
    return Response(data, media_type="application/octet-stream", headers=headers)
