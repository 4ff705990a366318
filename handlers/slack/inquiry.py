"""One question to Slack, for those who are not running the app: do our tokens work, and where?"""

import logging

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.outcomes import FAILURES, error_code

_PATIENCE_SECONDS = 10.0


class SlackUnreachable(Exception):
    """Slack does not answer, or does not accept a token; the message is one line without secrets."""


async def ask_team(token: str, app_token: str | None, api_url: str) -> str:
    """The workspace our bot token belongs to; SlackUnreachable when it, or the app token, does not work."""
    quiet = logging.getLogger(__name__)
    quiet.setLevel(logging.WARNING)
    patience = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=patience, trust_env=True) as session:
        client = AsyncWebClient(
            token=token, base_url=api_url, session=session, retry_handlers=[], logger=quiet
        )
        client.proxy = None
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
