"""Keyboards under messages and instead of the phone's own."""

from sandbox.telegram.chats import Button
from sandbox.telegram.errors import bad_request
from sandbox.wire import Json

_ACTIONS = ("callback_data", "url", "web_app", "login_url", "switch_inline_query", "copy_text", "pay")


def inline_keyboard(markup: Json) -> list[list[Json]]:
    """The rows of an inline keyboard, checked as Telegram checks them; rows without buttons are dropped.

    Raises:
        RefusedError: 400 for what Telegram refuses, such as BUTTON_DATA_INVALID.
    """
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list):
        raise bad_request('object expected as reply markup: field "inline_keyboard" must be of type Array')
    checked = []
    for row in rows:
        if not isinstance(row, list):
            raise bad_request("can't parse inline keyboard: expected an Array of Array")
        checked.append([_inline_button(button) for button in row])
    if sum(len(row) for row in checked) > 100:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return [row for row in checked if row]


def _inline_button(button: object) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not text.strip():
        raise bad_request("BUTTON_TEXT_EMPTY")
    if not any(action in button for action in _ACTIONS):
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode("utf-8", "surrogatepass")) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and not str(url).startswith(("http://", "https://", "tg://", "t.me/")):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return button


def reply_keyboard(markup: Json) -> tuple[tuple[str, ...], ...]:
    """The labels of a reply keyboard, row by row."""
    rows = markup["keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse reply keyboard markup JSON object")
    return tuple(
        tuple(str(button["text"]) if isinstance(button, dict) else str(button) for button in row)
        for row in rows
        if row
    )


def buttons_of(rows: list[list[Json]]) -> tuple[tuple[Button, ...], ...]:
    """What a person sees of an inline keyboard."""
    return tuple(
        tuple(Button(button["text"], button.get("callback_data"), button.get("url")) for button in row)
        for row in rows
    )
