"""The stand-in for Slack: the Web API, Socket Mode, events over HTTP, and the people behind it."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from sandbox.changes import Changes
from sandbox.faults import Call, Faults, Status
from sandbox.slack import chat, directory, responses, surfaces
from sandbox.slack.args import Args
from sandbox.slack.delivery import Dispatcher, HttpCarrier, SocketCarrier, Timings
from sandbox.slack.errors import RefusedError
from sandbox.slack.person import SlackPerson
from sandbox.slack.rooms import Room
from sandbox.slack.socket_mode import Sockets
from sandbox.slack.workspace import Member, Workspace
from sandbox.wire import Json, UnreadableBodyError, read_body, with_faults

_Method: TypeAlias = Callable[[Workspace, Args], Json]

_METHODS: Mapping[str, _Method] = {
    "api.test": directory.api_test,
    "auth.test": directory.auth_test,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post_message,
    "chat.update": chat.update,
    "conversations.history": directory.history,
    "conversations.info": directory.info,
    "conversations.join": directory.join,
    "conversations.list": directory.list_rooms,
    "conversations.open": directory.open_conversation,
    "conversations.replies": directory.replies,
    "files.completeUploadExternal": surfaces.complete_upload,
    "files.getUploadURLExternal": surfaces.get_upload_url,
    "files.info": surfaces.file_info,
    "reactions.add": chat.add_reaction,
    "users.info": directory.user_info,
    "users.list": directory.list_users,
    "views.open": surfaces.open_view,
    "views.publish": surfaces.publish_view,
    "views.push": surfaces.push_view,
    "views.update": surfaces.update_view,
}
_SCOPES = "channels:history,channels:join,channels:read,chat:write,commands,files:write,im:write,users:read"


class SlackSandbox:
    """A Slack workspace with one app in it, in memory.

    `app` serves everything wherever it is mounted: the Web API under `/api/`, sockets, response_urls, files.
    With `events_url` the app is told by signed HTTP requests there, without it over Socket Mode. `faults`
    spoils Web API calls, `calls` records them as they arrive. Use everything on the loop that serves `app`.
    """

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str,
        signing_secret: str,
        now: Callable[[], datetime],
        events_url: str | None = None,
        signed_at: Callable[[], datetime] | None = None,
        timings: Timings | None = None,
        subscriptions: Collection[str] | None = None,
    ) -> None:
        """Make an empty workspace.

        `signed_at` is the clock for request timestamps, which the app compares with its own; `now` if None.
        `subscriptions` are the events the app is told of, as its manifest names them; all if None.
        """
        self.faults = Faults()
        self.calls: list[Call] = []
        self._bot_token = bot_token
        self._app_token = app_token
        self._workspace = Workspace(now)
        self._people: dict[str, SlackPerson] = {}
        self._sockets = Sockets(self._workspace.changes.happened)
        patience = timings or Timings()
        self._dispatcher = Dispatcher(
            SocketCarrier(self._sockets, patience)
            if events_url is None
            else HttpCarrier(events_url, signing_secret, signed_at or now, patience),
            patience,
            subscriptions,
        )
        self.app = Starlette(
            routes=[
                Route("/api/{method}", self._serve_method, methods=["GET", "POST"]),
                Route("/actions/{team}/{name}", self._serve_response_url, methods=["POST"]),
                Route("/upload/v1/{file_id}", self._serve_upload, methods=["POST"]),
                Route("/files/{file_id}/{name}", self._serve_file, methods=["GET"]),
                WebSocketRoute("/link", self._sockets.serve),
            ]
        )

    @property
    def changes(self) -> Changes:
        """Wakes whoever waits for something to happen here."""
        return self._workspace.changes

    @property
    def revision(self) -> int:
        """Grows with every change of anything a person sees."""
        return self._workspace.changes.revision

    @property
    def connections(self) -> int:
        """How many Socket Mode connections are open."""
        return len(self._sockets)

    @property
    def events_acked(self) -> tuple[Json, ...]:
        """The events the app acknowledged, whole, in the order it did."""
        return tuple(self._dispatcher.acked)

    @property
    def people(self) -> tuple[SlackPerson, ...]:
        """Everybody, in the order they came."""
        return tuple(self._people.values())

    @property
    def rooms(self) -> tuple[Room, ...]:
        """Every room and every open direct message."""
        return tuple(self._workspace.rooms.values())

    @property
    def url(self) -> str | None:
        """Where `app` is mounted, learnt from the first call; response_urls start with it."""
        return self._workspace.root

    @url.setter
    def url(self, root: str) -> None:
        self._workspace.root = root.rstrip("/")

    def person(self, user_id: str, *, name: str, timezone: str = "Etc/UTC") -> SlackPerson:
        """The person with this id; made on the first call, the same one returned on later ones."""
        if user_id not in self._people:
            member = self._workspace.members[user_id] = Member(user_id, name, timezone)
            self._people[user_id] = SlackPerson(self._workspace, member, self._dispatcher)
            self._workspace.changes.happened()
        return self._people[user_id]

    def room(self, channel_id: str, *, name: str, joined: bool = True) -> Room:
        """The public room with this id; made on the first call, with the app in it if `joined`."""
        if channel_id not in self._workspace.rooms:
            self._workspace.rooms[channel_id] = Room(channel_id, name, joined=joined)
            self._workspace.changes.happened()
        return self._workspace.rooms[channel_id]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every Socket Mode connection to be replaced, as Slack does every few hours."""
        await self._sockets.disconnect(reason)

    def silence_connections(self) -> None:
        """Say nothing more on any Socket Mode connection, though each stays open."""
        self._sockets.silence()

    def drop_connections(self) -> None:
        """Reset every Socket Mode connection without a word."""
        self._sockets.drop()

    async def aclose(self) -> None:
        """Give up on every delivery under way."""
        for person in self._people.values():
            await person.aclose()
        await self._dispatcher.aclose()

    async def _serve_method(self, request: Request) -> Response:
        method: str = request.path_params["method"]
        try:
            body = await read_body(request)
        except UnreadableBodyError:
            return JSONResponse({"ok": False, "error": "invalid_json"})
        args = Args(body.fields, self._learn_root(request))
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        refusal = self._unwelcome(method, bearer if scheme.lower() == "bearer" else args.text("token"))
        if refusal is not None:
            return JSONResponse({"ok": False, "error": refusal})
        place = args.text("channel") or args.text("channel_id") or args.text("user_id")
        caller: str = request.path_params.get("caller", "")
        call = Call(method, place, self._workspace.now(), caller=caller)
        self.calls.append(call)
        self._workspace.changes.happened()

        async def answer() -> Response:
            return self._answer(call, args)

        return await with_faults(request, call, self.faults, answer, _spoilt)

    def _answer(self, call: Call, args: Args) -> Response:
        method = call.method
        if method == "apps.connections.open":
            root = "ws" + args.root.removeprefix("http")
            return JSONResponse({"ok": True, "url": f"{root}/link?ticket={self._sockets.ticket()}"})
        if method not in _METHODS:
            return JSONResponse({"ok": False, "error": "unknown_method", "req_method": method})
        try:
            body = {"ok": True, **_METHODS[method](self._workspace, args)}
            if method == "chat.postMessage":
                call.made = f"{body['channel']}:{body['ts']}"
        except RefusedError as refused:
            body = refused.wire
        return JSONResponse(body, headers={"X-OAuth-Scopes": _SCOPES})

    def _unwelcome(self, method: str, token: str | None) -> str | None:
        if not token:
            return None if method == "api.test" else "not_authed"
        if token not in {self._bot_token, self._app_token}:
            return "invalid_auth"
        wanted = self._app_token if method == "apps.connections.open" else self._bot_token
        return None if token == wanted else "not_allowed_token_type"

    async def _serve_response_url(self, request: Request) -> Response:
        try:
            answer = json.loads(await request.body())
            response_url = self._workspace.use_response_url(request.path_params["name"])
            responses.respond(self._workspace, response_url, answer)
        except ValueError:
            return PlainTextResponse("invalid_payload", status_code=400)
        except RefusedError as refused:
            gone = refused.code in {"used_url", "expired_url"}
            return JSONResponse(refused.wire, status_code=404 if gone else 400)
        return PlainTextResponse("ok")

    async def _serve_upload(self, request: Request) -> Response:
        stored = self._workspace.files.get(request.path_params["file_id"])
        if stored is None or stored.data is not None:
            return PlainTextResponse("Not Found", status_code=404)
        body = await read_body(request)
        uploads = list(body.uploads.values())
        data = uploads[0].data if uploads else await request.body()
        if len(data) != stored.length:
            return PlainTextResponse("Length mismatch", status_code=400)
        stored.data = data
        return PlainTextResponse(f"OK - {len(data)}")

    async def _serve_file(self, request: Request) -> Response:
        stored = self._workspace.files.get(request.path_params["file_id"])
        if stored is None or stored.data is None:
            return PlainTextResponse("Not Found", status_code=404)
        if request.headers.get("authorization") != f"Bearer {self._bot_token}":
            return PlainTextResponse("Forbidden", status_code=403)
        return Response(stored.data, media_type="application/octet-stream")

    def _learn_root(self, request: Request) -> str:
        root = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
        if self._workspace.root is None:
            self._workspace.root = root
        return root


def _spoilt(status: Status) -> Response:
    if status.code == 200:
        return JSONResponse({"ok": False, "error": status.description})
    headers = {} if status.retry_after is None else {"Retry-After": str(status.retry_after)}
    if status.code == 429:
        return JSONResponse({"ok": False, "error": "ratelimited"}, status_code=429, headers=headers)
    return PlainTextResponse(status.description, status_code=status.code, headers=headers)
