"""How calls reach Telegram: over connections of aiohttp's that stay open."""

from urllib.request import getproxies

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData
from typing_extensions import override

NO_CONNECTION = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)
"""The causes of a NetworkError whose call cannot have arrived."""

_CONNECT_SECONDS = 5.0
_WRITE_SECONDS = 20.0


class AiohttpRequest(BaseRequest):
    """Calls the Bot API; a call takes a small part of the time that python-telegram-bot's own client needs.

    At most `connections` are open at once; a call that needs one more waits for `free_seconds`. What of a
    call fails becomes TimedOut or NetworkError, whose messages never hold the address, which has the token in
    it. A call is made once: whether to repeat one that may have arrived is up to the caller.
    """

    def __init__(self, *, connections: int, answer_seconds: float, free_seconds: float = 1.0) -> None:
        self._connections = connections
        self._answer_seconds = answer_seconds
        self._free_seconds = free_seconds
        self._session: aiohttp.ClientSession | None = None

    @property
    @override
    def read_timeout(self) -> float:
        """How many seconds Telegram has for an answer."""
        return self._answer_seconds

    @override
    async def initialize(self) -> None:
        """Nothing is to be done: the first call opens what it needs."""

    @override
    async def shutdown(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @override
    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and body of Telegram's answer. TimedOut without one in time, else NetworkError."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                headers={"User-Agent": self.USER_AGENT},
                # With it aiohttp also looks for a .netrc file at each call, for which we have no use.
                trust_env=bool(getproxies()),
            )
        answer = _seconds(read_timeout, self._answer_seconds)
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=_seconds(pool_timeout, self._free_seconds) + _CONNECT_SECONDS,
            sock_connect=_seconds(connect_timeout, _CONNECT_SECONDS),
            sock_read=answer + (_WRITE_SECONDS if request_data and request_data.contains_files else 0.0),
        )
        try:
            async with self._session.request(
                method, url, data=_body(request_data), timeout=timeout
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut(type(error).__name__) from error
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from error


def _seconds(given: object, usual: float) -> float:
    return given if isinstance(given, int | float) else usual


def _body(data: RequestData | None) -> aiohttp.FormData | None:
    if data is None:
        return None
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in (data.multipart_data if data.contains_files else {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
