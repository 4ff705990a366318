"""Questions to Slack, for those who are not running the app: do our tokens work, and in which rooms?"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.outcomes import FAILURES, error_code

_PATIENCE_SECONDS = 10.0


class SlackUnreachable(Exception):
    """Slack does not answer, or does not accept a token; the message is one line without secrets."""


async def ask_team(token: str, app_token: str | None, api_url: str) -> str:
    """The workspace our bot token belongs to; SlackUnreachable when it, or the app token, does not work."""
    async with _client(token, api_url) as client:
        try:
            answer = await client.auth_test()
        except FAILURES as error:
            raise SlackUnreachable(f"auth.test: {error_code(error)}") from None
        if app_token is not None:
            try:
                await client.apps_connections_open(app_token=app_token)
            except FAILURES as error:
                raise SlackUnreachable(
                    f"SLACK_APP_TOKEN: apps.connections.open: {error_code(error)}"
                ) from None
        return str(answer.get("team") or answer.get("team_id"))


async def ask_rooms(token: str, api_url: str, rooms: Sequence[str]) -> Mapping[str, str]:
    """Why the app cannot write to a room, by room; those it can write to are left out.

    A public room counts as reached: the app joins it when it first has something to say there.
    SlackUnreachable when Slack does not let us ask.
    """
    refused: dict[str, str] = {}
    async with _client(token, api_url) as client:
        for room in rooms:
            try:
                answer = await client.conversations_info(channel=room)
            except FAILURES as error:
                code = error_code(error)
                if code != "channel_not_found":
                    raise SlackUnreachable(f"conversations.info: {code}") from None
                refused[room] = f"{code}: correct the id or, if the room is private, invite the app to it"
                continue
            if (answer.get("channel") or {}).get("is_archived"):
                refused[room] = "is_archived: choose another room, or unarchive this one"
    return refused


@asynccontextmanager
async def _client(token: str, api_url: str) -> AsyncIterator[AsyncWebClient]:
    quiet = logging.getLogger(__name__)
    quiet.setLevel(logging.WARNING)
    patience = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=patience, trust_env=True) as session:
        client = AsyncWebClient(
            token=token, base_url=api_url, session=session, retry_handlers=[], logger=quiet
        )
        client.proxy = None
        yield client
