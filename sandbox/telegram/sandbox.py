"""The stand-in for Telegram: the Bot API over HTTP, and the people behind it."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.changes import Changes
from sandbox.faults import Call, Status
from sandbox.telegram import messages, settings
from sandbox.telegram.account import Account
from sandbox.telegram.chats import Chat
from sandbox.telegram.errors import RefusedError, bad_request
from sandbox.telegram.limits import Limits
from sandbox.telegram.params import Params
from sandbox.telegram.person import Person
from sandbox.telegram.updates import Update
from sandbox.wire import Json, UnreadableBodyError, read_body, with_faults

_Method: TypeAlias = Callable[[Account, Params], object]

_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)

_METHODS: Mapping[str, _Method] = {
    "getme": settings.get_me,
    "setwebhook": settings.set_webhook,
    "deletewebhook": settings.delete_webhook,
    "getwebhookinfo": settings.get_webhook_info,
    "getfile": settings.get_file,
    "getchat": settings.get_chat,
    "setmycommands": settings.set_my_commands,
    "getmycommands": settings.get_my_commands,
    "deletemycommands": settings.delete_my_commands,
    "setmydescription": settings.set_my_description,
    "getmydescription": settings.get_my_description,
    "setmyshortdescription": settings.set_my_short_description,
    "getmyshortdescription": settings.get_my_short_description,
    "sendmessage": messages.send_message,
    "sendphoto": messages.send_photo,
    "senddocument": messages.send_document,
    "sendvoice": messages.send_voice,
    "sendchataction": messages.send_chat_action,
    "editmessagetext": messages.edit_message_text,
    "editmessagecaption": messages.edit_message_caption,
    "editmessagereplymarkup": messages.edit_message_reply_markup,
    "deletemessage": messages.delete_message,
    "answercallbackquery": messages.answer_callback_query,
}
_POSTING = ("sendmessage", "sendphoto", "senddocument", "sendvoice")


class TelegramSandbox:
    """A Telegram with one bot in it, in memory.

    `app` serves the Bot API wherever it is mounted; that address is the API's root, and a path parameter
    `caller` in it tells callers apart. `faults` spoils calls, `calls` records them as they arrive, and
    `limits`, if there are any, refuse what is posted too fast. Use everything on the loop that serves `app`.
    """

    def __init__(
        self,
        token: str,
        *,
        username: str = "labvoice_bot",
        now: Callable[[], datetime],
        webhook_retry: float = 1.0,
    ) -> None:
        """Make an empty Telegram; a webhook that fails is tried again every `webhook_retry` seconds."""
        self.calls: list[Call] = []
        self.limits: Limits | None = None
        self._token = token
        self._account = Account(username, now, webhook_retry)
        self.faults = self._account.faults
        self._people: dict[int, Person] = {}
        self.app = Starlette(
            routes=[
                Route("/bot{token}/{method}", self._serve_method, methods=["GET", "POST"]),
                Route("/file/bot{token}/{path:path}", self._serve_file, methods=["GET"]),
            ]
        )

    @property
    def changes(self) -> Changes:
        """Wakes whoever waits for something to happen here."""
        return self._account.changes

    @property
    def revision(self) -> int:
        """Grows with every change of anything a person sees."""
        return self._account.changes.revision

    @property
    def pending_updates(self) -> tuple[int, ...]:
        """The ids of updates the bot has not confirmed, oldest first."""
        return tuple(update.update_id for update in self._account.updates.pending())

    @property
    def updates_forgotten(self) -> tuple[int, ...]:
        """The ids of updates the bot has confirmed, in the order it did."""
        return tuple(update.update_id for update in self._account.updates.forgotten)

    @property
    def forgotten(self) -> tuple[Update, ...]:
        """The same updates, whole."""
        return tuple(self._account.updates.forgotten)

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody, in the order they came."""
        return tuple(self._people.values())

    def commands(self, language_code: str | None) -> tuple[tuple[str, str], ...]:
        """What a phone in this language lists behind "/": the commands and what each does."""
        return tuple(
            (str(command["command"]), str(command["description"]))
            for command in settings.commands_for(self._account, language_code)
        )

    def person(self, chat_id: int, *, first_name: str, language_code: str | None = None) -> Person:
        """The person with this id; made on the first call, the same one returned on later ones.

        The bot cannot write to people before they have started it.
        """
        if chat_id not in self._people:
            user: Json = {"id": chat_id, "is_bot": False, "first_name": first_name}
            if language_code is not None:
                user["language_code"] = language_code
            chat = self._account.chats[chat_id] = Chat(user)
            self._people[chat_id] = Person(self._account, chat)
            self._account.changes.happened()
        return self._people[chat_id]

    async def aclose(self) -> None:
        """End the deliveries to a webhook."""
        await self._account.webhook.aclose()

    async def _serve_file(self, request: Request) -> Response:
        if not self._knows(request):
            return _refusal(401, "Unauthorized")
        stored = self._account.files.by_path(request.path_params["path"])
        if stored is None:
            return _refusal(404, "Not Found")
        return Response(stored.data, media_type="application/octet-stream")

    async def _serve_method(self, request: Request) -> Response:
        if not self._knows(request):
            return _refusal(401, "Unauthorized")
        try:
            params = Params(await read_body(request))
        except UnreadableBodyError as error:
            return _refusal(400, f"Bad Request: {error}")
        method: str = request.path_params["method"]
        caller: str = request.path_params.get("caller", "")
        call = Call(method, params.number("chat_id"), self._account.now(), caller=caller)
        self.calls.append(call)
        self._account.changes.happened()

        async def answer() -> Response:
            return await self._answer(request, call, params)

        return await with_faults(request, call, self.faults, answer, _spoilt)

    async def _answer(self, request: Request, call: Call, params: Params) -> Response:
        method = call.method.lower()
        try:
            if method == "getupdates":
                return _result(await self._get_updates(request, params))
            if method not in _METHODS:
                return _refusal(404, "Not Found")
            if self.limits is not None and method in _POSTING and call.chat_id is not None:
                self.limits.take(int(call.chat_id))
            result = _METHODS[method](self._account, params)
            if method.startswith("send") and isinstance(result, dict):
                call.made = result["message_id"]
            return _result(result)
        except RefusedError as refused:
            return _refusal(refused.code, refused.description, refused.retry_after)

    def _get_updates(self, request: Request, params: Params) -> Awaitable[list[Json]]:
        if self._account.webhook.url:
            raise RefusedError(409, _WEBHOOK_ACTIVE)
        settings.allow(self._account, params)
        limit = params.number("limit")
        if limit is not None and limit < 0:
            raise bad_request("limit must be positive")
        return self._account.updates.poll(
            request,
            offset=params.number("offset") or 0,
            limit=min(limit or 100, 100),
            seconds=min(max(params.number("timeout") or 0, 0), 50),
        )

    def _knows(self, request: Request) -> bool:
        return hmac.compare_digest(request.path_params["token"].encode(), self._token.encode())


def _result(result: object) -> Response:
    return JSONResponse({"ok": True, "result": result})


def _spoilt(status: Status) -> Response:
    return _refusal(status.code, status.description, status.retry_after)


def _refusal(code: int, description: str, retry_after: int | None = None) -> Response:
    body: Json = {"ok": False, "error_code": code, "description": description}
    headers = {}
    if retry_after is not None:
        body["parameters"] = {"retry_after": retry_after}
        headers["Retry-After"] = str(retry_after)
    return JSONResponse(body, status_code=code, headers=headers)
