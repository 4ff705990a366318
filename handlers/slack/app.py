"""The Slack app, put together: what it listens to, and its beginning and end."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

import aiohttp
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.catalog import Catalog, Replies
from bot.turns import DigestDesk, Lab, Turns
from handlers.slack import forms
from handlers.slack.blocks import PRESS
from handlers.slack.channel import SlackChannel
from handlers.slack.collaborators import Collaborators
from handlers.slack.desk import Desk
from handlers.slack.details import Details
from handlers.slack.home import DIGEST, ENTER, LIST, OPEN, PAGE, REPORT, Home
from handlers.slack.issues import Issues
from handlers.slack.languages import Languages
from handlers.slack.messages import Digests, Messages
from handlers.slack.mishaps import Mishaps
from handlers.slack.outcomes import FAILURES, error_code, explained
from handlers.slack.payload import Body, Payload
from handlers.slack.replying import Replying
from handlers.slack.steps import STEP, TEMPLATE
from handlers.slack.tasks import Tasks
from storage.database import Database

log = logging.getLogger(__name__)

_ANYTHING = re.compile(".*", re.DOTALL)
_DRAIN = 5.0
_NO_REQUEST = "This is signed by Slack but has not the form of its requests; nothing was done."
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_FIRST_WAIT, _LONGEST_WAIT, _LOOK_SECONDS = 1.0, 60.0, 30.0


class SlackHandler:
    """The running app. Requests come in through `dispatch`, already verified; messages leave by `channel`."""

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        tasks: Tasks,
        matters: frozenset[str],
    ) -> None:
        self.app = app
        self.client = client
        self.session = session
        self.channel = SlackChannel(client, matters)
        self.account: str | None = None
        self.last_error: str | None = None
        self._tasks = tasks
        self._closed = False
        self._introduction: asyncio.Task[None] | None = None

    def start(self, *, watch: bool = False) -> None:
        """Learn who we are, in the background: Slack may be down for as long as it likes.

        Does nothing while that is under way, or known. With `watch` Slack is asked again every half minute,
        for where no connection would tell that it has gone.
        """
        under_way = self._introduction is not None and not self._introduction.done()
        if not self.ready and not under_way:
            self._introduction = asyncio.get_running_loop().create_task(self._introduce(watch=watch))

    @property
    def ready(self) -> bool:
        """Whether Slack accepted our token when it was last asked."""
        return self.account is not None and self.last_error is None

    async def dispatch(self, body: Body, headers: Mapping[str, str] = _NO_HEADERS) -> BoltResponse:
        """Have a request handled. Once begun it is seen through, even if the caller goes away.

        400 means that it has not the form Slack's requests have, 503 that it could not be taken now.
        """
        if self._closed:
            return BoltResponse(status=503, body="Labvoice is stopping; send this again later.")
        if not Payload(body).is_request:
            log.warning("a request from Slack is refused: it has not the form of one")
            return BoltResponse(status=400, body=_NO_REQUEST)
        try:
            # Given as parsed: Bolt's own reading of forms loses a command with the word "payload" in it.
            request = AsyncBoltRequest(body=body, headers=dict(headers), mode="socket_mode")
            response = await asyncio.shield(self._tasks.start(self.app.async_dispatch(request)))
        except (LookupError, TypeError, ValueError, AttributeError):
            log.exception("a request from Slack cannot be read")
            return BoltResponse(status=400, body=_NO_REQUEST)
        # Bolt knows no listener for a kind of request that Slack does not have.
        return BoltResponse(status=400, body=_NO_REQUEST) if response.status == 404 else response

    async def close(self) -> None:
        """Take nothing new, let what is under way finish for a few seconds, and let go of Slack."""
        self._closed = True
        if self._introduction is not None:
            self._introduction.cancel()
            await asyncio.gather(self._introduction, return_exceptions=True)
        await self._tasks.drain(_DRAIN)
        await self.session.close()

    async def _introduce(self, *, watch: bool) -> None:
        wait = _FIRST_WAIT
        while watch or self.account is None:
            try:
                answer = await self.client.auth_test()
            except FAILURES as error:
                if self.last_error is None:
                    log.warning("Slack does not answer: %s", error_code(error))
                self.last_error = explained(error, "SLACK_BOT_TOKEN")
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
                continue
            if self.account is None or self.last_error is not None:
                log.info("Slack answers and knows us as %s", answer["user_id"])
            self.account, self.last_error, wait = str(answer["user_id"]), None, _FIRST_WAIT
            if watch:
                await asyncio.sleep(_LOOK_SECONDS)


def build(
    *,
    token: str,
    base_url: str,
    turns: Turns,
    database: Database,
    catalog: Catalog,
    replies: Replies,
    lab: Lab,
    digests: DigestDesk,
    clock: Callable[[], datetime],
) -> SlackHandler:
    """Put the app together, in the event loop it will run in. Nothing is sent until `start`.

    Bolt checks no signatures here: requests reach `dispatch` through `SlackEndpoint`, which does, or through
    a Socket Mode connection, which Slack has authenticated.
    """
    tasks = Tasks()
    session = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=15, connect=5), trust_env=not _is_here(base_url)
    )
    client = _client(token, base_url, session)
    languages = Languages(client, tasks, clock)
    with_ = Collaborators(
        client, session, turns, database, catalog, replies, lab, digests, clock, tasks, languages
    )

    async def authorize() -> AuthorizeResult:
        # Known without asking Slack: a press has three seconds, and Slack may be slow to say who we are.
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_user_id=handler.account, bot_token=token)

    app = AsyncApp(
        name="labvoice",
        logger=_quiet("bolt"),
        client=_client(None, base_url, session),
        authorize=authorize,
        signing_secret="",
        request_verification_enabled=False,
        # Acknowledge when the listener is done, not before.
        process_before_response=True,
    )
    handler = SlackHandler(app, client, session, tasks, lab.rooms_that_matter)
    _listen(app, with_)
    return handler


def _listen(app: AsyncApp, with_: Collaborators) -> None:
    """Everything the app reacts to; `slack-manifest.yaml` asks Slack for the same."""
    home = Home(with_)
    issues, messages, details = Issues(with_, home), Messages(with_), Details(with_, home)
    desk = Desk(with_, details)
    replying, digests, mishaps = Replying(with_, desk), Digests(with_), Mishaps(with_)

    # Bolt asks one after the other, each for 15 us: what people do all day comes first.
    app.view_submission(forms.QUESTIONNAIRE)(issues.submit)
    app.block_action(re.compile(rf"^{re.escape(PRESS)}"))(desk.press)
    app.event("message")(messages.said)
    app.command("/lab-issue")(issues.open)
    app.command("/lab-praise")(issues.open_praise)
    app.command("/lab-status")(home.status)
    app.command("/lab-digest")(digests.command)
    app.message_shortcut("report_to_lab")(issues.open_about_message)
    app.block_action(REPORT)(issues.open)
    app.block_action(DIGEST)(digests.button)
    app.view_submission(re.compile(rf"^{re.escape(STEP)}"))(desk.submit)
    app.block_action(TEMPLATE)(replying.suggest)
    app.command("/reply")(replying.command)
    app.command("/lab-enter")(issues.enter)
    app.block_action(ENTER)(issues.enter)
    app.block_action(OPEN)(details.open)
    app.block_action(LIST)(home.choose)
    app.block_action(re.compile(rf"^{re.escape(PAGE)}"))(home.turn_page)
    app.event("app_home_opened")(home.opened)

    app.error(mishaps.failed)
    for listen in (app.command, app.shortcut, app.action, app.view):
        listen(_ANYTHING)(mishaps.unknown)
    app.event(_ANYTHING)(mishaps.ignored)


def _client(token: str | None, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that never repeats a call by itself; proxies are the session's, which knows no_proxy."""
    client = AsyncWebClient(
        token=token, base_url=base_url, session=session, retry_handlers=[], logger=_quiet("api")
    )
    client.proxy = None
    return client


def _quiet(name: str) -> logging.Logger:
    """A logger for the libraries: they write whole messages to their debug log, and warn of SLACK_BOT_TOKEN
    being in the environment, where it belongs.
    """
    logger = logging.getLogger(f"{__name__}.{name}")
    logger.setLevel(logging.ERROR)
    return logger


def _is_here(url: str) -> bool:
    """Whether `url` is on this machine, where no proxy leads."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
