"""How calls reach Telegram: over connections of aiohttp's that stay open."""

import asyncio
from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from urllib.request import getproxies

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData
from typing_extensions import override

from handlers.telegram.calls import Ready

_NO_CONNECTION = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)
_JSON: Mapping[str, str] = MappingProxyType({"Content-Type": "application/json"})
_CONNECT_SECONDS = 5.0
_WRITE_SECONDS = 20.0


class UnreachedError(NetworkError):
    """There is no connection: the call cannot have arrived."""


class AiohttpRequest(BaseRequest):
    """Calls the Bot API; a call takes a small part of the time that python-telegram-bot's own client needs.

    At most `connections` calls are made at once; one more waits for `free_seconds`, then it is TimedOut. What
    of a call fails becomes TimedOut, UnreachedError or NetworkError, and neither their messages nor their
    causes hold the address, which has the token in it. A call is made once and no redirect is followed.
    """

    def __init__(self, *, connections: int, answer_seconds: float, free_seconds: float = 1.0) -> None:
        self._free = asyncio.Semaphore(connections)
        self._answer_seconds = answer_seconds
        self._free_seconds = free_seconds
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    @override
    def read_timeout(self) -> float:
        """How many seconds Telegram has for an answer."""
        return self._answer_seconds

    @override
    async def initialize(self) -> None:
        """Calls may be made, after a `shutdown` again. The first one opens what it needs."""
        self._closed = False

    @override
    async def shutdown(self) -> None:
        """Close every connection; calls under way and later ones fail."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @override
    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | Ready | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and body of Telegram's answer. TimedOut without one in time, else NetworkError."""
        if self._free.locked():
            await self._wait_for_a_connection(_seconds(pool_timeout, self._free_seconds))
        else:
            await self._free.acquire()  # at once: a timeout alone would cost as much as the call
        connect = _seconds(connect_timeout, _CONNECT_SECONDS)
        seconds = connect + _seconds(read_timeout, self._answer_seconds)
        if isinstance(request_data, RequestData) and request_data.contains_files:
            seconds += _seconds(write_timeout, _WRITE_SECONDS)
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=connect)
        body, headers = _body(request_data)
        try:
            async with self._opened().request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return response.status, await response.read()
        except _NO_CONNECTION as error:
            raise UnreachedError(type(error).__name__) from None
        except TimeoutError as error:
            raise TimedOut(type(error).__name__) from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None
        finally:
            self._free.release()

    async def _wait_for_a_connection(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._free.acquire(), seconds)
        except TimeoutError:
            raise TimedOut("too many calls at once: this one was not made") from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._closed:
            raise NetworkError("the bot is shut down")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                headers={"User-Agent": self.USER_AGENT},
                # With it aiohttp also looks for a .netrc file at each call, for which we have no use.
                trust_env=bool(getproxies()),
            )
        return self._session


def _seconds(given: object, usual: float) -> float:
    return given if isinstance(given, int | float) else usual


def _body(
    data: RequestData | Ready | None,
) -> tuple[aiohttp.FormData | bytes | None, Mapping[str, str] | None]:
    """A call's body, and the headers that tell what it is."""
    if data is None:
        return None, None
    if isinstance(data, Ready):
        return data.body, _JSON
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in (data.multipart_data if data.contains_files else {}).items():
        file = BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, file, filename=filename, content_type=kind)
    return form, None
