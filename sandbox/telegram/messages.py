"""The Bot API methods that put messages into chats and change them."""

from sandbox.telegram.account import Account
from sandbox.telegram.chats import Chat, Posted
from sandbox.telegram.entities import parse_html, trimmed
from sandbox.telegram.errors import bad_request
from sandbox.telegram.files import StoredFile, photo_sizes
from sandbox.telegram.keyboards import inline_keyboard, reply_keyboard
from sandbox.telegram.params import Params
from sandbox.wire import Json

_TEXT_LIMIT = 4096
_CAPTION_LIMIT = 1024
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


def send_message(account: Account, params: Params) -> Json:
    """sendMessage."""
    chat = account.reachable(params.number("chat_id"))
    return _post(account, chat, params, _text(params)).wire


def send_photo(account: Account, params: Params) -> Json:
    """sendPhoto."""
    chat = account.reachable(params.number("chat_id"))
    stored = _file(account, params, "photo", "photos", ".jpg")
    posted = _post(account, chat, params, {"photo": photo_sizes(stored), **_caption(params)})
    posted.photo = stored.data
    return posted.wire


def send_document(account: Account, params: Params) -> Json:
    """sendDocument."""
    chat = account.reachable(params.number("chat_id"))
    upload = params.upload("document")
    stored = _file(account, params, "document", "documents", "")
    name = "file" if upload is None else upload.name
    document = {**stored.wire, "file_name": name}
    posted = _post(account, chat, params, {"document": document, **_caption(params)})
    posted.document = (name, stored.data)
    return posted.wire


def send_voice(account: Account, params: Params) -> Json:
    """sendVoice."""
    chat = account.reachable(params.number("chat_id"))
    stored = _file(account, params, "voice", "voice", ".oga")
    voice = {**stored.wire, "duration": params.number("duration") or 0, "mime_type": "audio/ogg"}
    posted = _post(account, chat, params, {"voice": voice, **_caption(params)})
    posted.document = ("voice.oga", stored.data)
    return posted.wire


def send_chat_action(account: Account, params: Params) -> bool:
    """sendChatAction."""
    chat = account.reachable(params.number("chat_id"))
    chat.doing = params.text("action")
    if not chat.doing:
        raise bad_request("wrong parameter action in request")
    account.changes.happened()
    return True


def edit_message_text(account: Account, params: Params) -> Json:
    """editMessageText."""
    posted = _editable(account, params)
    if "text" not in posted.wire:
        raise bad_request("there is no text in the message to edit")
    return _edit(account, posted, ("text", "entities"), _text(params), params)


def edit_message_caption(account: Account, params: Params) -> Json:
    """editMessageCaption."""
    posted = _editable(account, params)
    if "text" in posted.wire:
        raise bad_request("there is no caption in the message to edit")
    return _edit(account, posted, ("caption", "caption_entities"), _caption(params), params)


def edit_message_reply_markup(account: Account, params: Params) -> Json:
    """editMessageReplyMarkup."""
    return _edit(account, _editable(account, params), (), {}, params)


def delete_message(account: Account, params: Params) -> bool:
    """deleteMessage."""
    chat = account.known(params.number("chat_id"))
    if chat.messages.pop(params.number("message_id") or 0, None) is None:
        raise bad_request("message to delete not found")
    account.changes.happened()
    return True


def answer_callback_query(account: Account, params: Params) -> bool:
    """answerCallbackQuery."""
    query = account.answerable(params.text("callback_query_id"))
    text = params.text("text")
    if text is not None and len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    if text:
        query.chat.notices.append(text)
    account.changes.happened()
    return True


def _post(account: Account, chat: Chat, params: Params, content: Json) -> Posted:
    keyboard = chat.keyboard
    markup = params.mapping("reply_markup", "reply keyboard markup")
    if markup is not None:
        if "inline_keyboard" in markup:
            content |= _inline(markup)
        elif "keyboard" in markup:
            keyboard = reply_keyboard(markup)
        elif markup.get("remove_keyboard"):
            keyboard = ()
    reply_to = params.number("reply_to_message_id")
    reply = params.mapping("reply_parameters", "reply parameters")
    if reply is not None:
        reply_to = int(reply["message_id"])
    if reply_to is not None:
        answered = chat.messages.get(reply_to)
        if answered is not None:
            content["reply_to_message"] = answered.quoted
        elif not (reply or {}).get("allow_sending_without_reply"):
            raise bad_request("message to be replied not found")
    chat.keyboard = keyboard
    chat.doing = None
    return account.post(chat, "bot", content)


def _editable(account: Account, params: Params) -> Posted:
    chat = account.reachable(params.number("chat_id"))
    message_id = params.number("message_id")
    if message_id is None:
        raise bad_request("message identifier is not specified")
    posted = chat.messages.get(message_id)
    if posted is None:
        raise bad_request("message to edit not found")
    if posted.by != "bot":
        raise bad_request("message can't be edited")
    return posted


def _edit(account: Account, posted: Posted, replaced: tuple[str, ...], content: Json, params: Params) -> Json:
    markup = params.mapping("reply_markup", "inline keyboard")
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    content = content | ({} if markup is None else _inline(markup))
    old = {name: posted.wire[name] for name in (*replaced, "reply_markup") if name in posted.wire}
    if old == content:
        raise bad_request(_NOT_MODIFIED)
    kept = {name: value for name, value in posted.wire.items() if name not in old}
    # A new dictionary: updates that carry the message as it was must keep it so.
    posted.wire = {**kept, **content, "edit_date": account.timestamp}
    posted.edited += 1
    account.changes.happened()
    return posted.wire


def _inline(markup: Json) -> Json:
    rows = inline_keyboard(markup)
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def _text(params: Params) -> Json:
    text, entities = _formatted(params, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if len(text) > _TEXT_LIMIT:
        raise bad_request("message is too long")
    return {"text": text, **({"entities": entities} if entities else {})}


def _caption(params: Params) -> Json:
    text, entities = _formatted(params, "caption", "caption_entities")
    if len(text) > _CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    if not text:
        return {}
    return {"caption": text, **({"caption_entities": entities} if entities else {})}


def _formatted(params: Params, name: str, entities_name: str) -> tuple[str, list[Json]]:
    source = params.text(name) or ""
    mode = (params.text("parse_mode") or "").lower()
    if mode == "html":
        return trimmed(*parse_html(source))
    if mode:
        raise bad_request("unsupported parse_mode: this Telegram reads HTML only")
    given = params.array(entities_name, "message entities") or []
    return trimmed(source, [entity for entity in given if isinstance(entity, dict)])


def _file(account: Account, params: Params, name: str, folder: str, ending: str) -> StoredFile:
    upload = params.upload(name)
    if upload is not None:
        if not upload.data:
            raise bad_request("file must be non-empty")
        return account.files.keep(folder, ending or _ending(upload.name), upload.data)
    given = params.text(name)
    if not given:
        raise bad_request(f"there is no {name} in the request")
    return account.files.by_id(given)


def _ending(name: str) -> str:
    _, dot, ending = name.rpartition(".")
    return f".{ending}" if dot else ""
