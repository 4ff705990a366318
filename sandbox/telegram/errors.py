"""What the Bot API answers when it will not do a call."""


class RefusedError(Exception):
    """A call that fails with Telegram's own code and description."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


def bad_request(reason: str) -> RefusedError:
    """The 400 whose description is `Bad Request: <reason>`."""
    return RefusedError(400, f"Bad Request: {reason}")
