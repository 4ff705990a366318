"""The Bot API methods about the bot itself, its webhook, its files and its chats."""

import json
import re

from sandbox.telegram.account import Account
from sandbox.telegram.errors import bad_request
from sandbox.telegram.params import Params
from sandbox.wire import Json

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


def get_me(account: Account, _params: Params) -> Json:
    """getMe."""
    return {
        **account.user,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_webhook(account: Account, params: Params) -> bool:
    """setWebhook; plain http is taken too, since nothing here leaves the machine."""
    url = params.text("url") or ""
    secret = params.text("secret_token")
    if secret is not None and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if url and not url.startswith(("http://", "https://")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    allow(account, params)
    if params.flag("drop_pending_updates"):
        account.updates.drop_pending()
    if url:
        account.updates.end_poll("terminated by setWebhook request")
    account.webhook.max_connections = params.number("max_connections") or 40
    account.webhook.set(url, secret)
    account.changes.happened()
    return True


def delete_webhook(account: Account, params: Params) -> bool:
    """deleteWebhook."""
    if params.flag("drop_pending_updates"):
        account.updates.drop_pending()
    account.webhook.set("", None)
    account.changes.happened()
    return True


def get_webhook_info(account: Account, _params: Params) -> Json:
    """getWebhookInfo."""
    return account.webhook.wire


def allow(account: Account, params: Params) -> None:
    """Take over allowed_updates where given; an empty list allows everything again."""
    allowed = params.array("allowed_updates", "allowed updates")
    if allowed is not None:
        account.updates.allowed = frozenset(str(kind) for kind in allowed) or None


def get_file(account: Account, params: Params) -> Json:
    """getFile."""
    stored = account.files.by_id(params.text("file_id"))
    return {**stored.wire, "file_path": stored.path}


def get_chat(account: Account, params: Params) -> Json:
    """getChat."""
    chat = account.known(params.number("chat_id"))
    return {**chat.wire, "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _GIFTS}


_GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}


def set_my_commands(account: Account, params: Params) -> bool:
    """setMyCommands."""
    commands = params.array("commands", "bot commands") or []
    for command in commands:
        if not isinstance(command, dict) or not _COMMAND.fullmatch(str(command.get("command", ""))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    account.settings.commands[_scope(params)] = commands
    account.changes.happened()
    return True


def get_my_commands(account: Account, params: Params) -> list[object]:
    """getMyCommands."""
    return account.settings.commands.get(_scope(params), [])


def commands_for(account: Account, language_code: str | None) -> list[Json]:
    """The commands shown in a private chat: the narrower scope first, the person's language first."""
    for scope in ("all_private_chats", "default"):
        for language in (language_code or "", ""):
            known = account.settings.commands.get((json.dumps({"type": scope}), language))
            if known:
                return [command for command in known if isinstance(command, dict)]
    return []


def delete_my_commands(account: Account, params: Params) -> bool:
    """deleteMyCommands."""
    account.settings.commands.pop(_scope(params), None)
    return True


def set_my_description(account: Account, params: Params) -> bool:
    """setMyDescription."""
    return _set_text(account, params, "description", 512)


def get_my_description(account: Account, params: Params) -> Json:
    """getMyDescription."""
    return _get_text(account, params, "description")


def set_my_short_description(account: Account, params: Params) -> bool:
    """setMyShortDescription."""
    return _set_text(account, params, "short_description", 120)


def get_my_short_description(account: Account, params: Params) -> Json:
    """getMyShortDescription."""
    return _get_text(account, params, "short_description")


def _set_text(account: Account, params: Params, name: str, limit: int) -> bool:
    text = params.text(name) or ""
    if len(text) > limit:
        raise bad_request(f"{name.replace('_', ' ')} is too long")
    account.settings.texts[(name, params.text("language_code") or "")] = text
    return True


def _get_text(account: Account, params: Params, name: str) -> Json:
    return {name: account.settings.texts.get((name, params.text("language_code") or ""), "")}


def _scope(params: Params) -> tuple[str, str]:
    scope = params.mapping("scope", "bot command scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), params.text("language_code") or ""
