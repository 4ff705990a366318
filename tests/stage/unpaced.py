"""A Telegram without limits."""

from typing_extensions import override

from handlers.telegram import Pace


class Unpaced(Pace):
    """Lets every message go at once."""

    @override
    async def wait(self, chat: int, *, urgent: bool) -> None:
        pass
