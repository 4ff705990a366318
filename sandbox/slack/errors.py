"""What Slack answers when it will not do a call."""

from collections.abc import Sequence

from sandbox.wire import Json


class RefusedError(Exception):
    """A call answered `ok: false` with Slack's own error code and, where it gives them, its reasons."""

    def __init__(self, code: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.reasons = tuple(reasons)

    @property
    def wire(self) -> Json:
        """The body of the answer."""
        body: Json = {"ok": False, "error": self.code}
        if self.reasons:
            body["response_metadata"] = {"messages": [f"[ERROR] {reason}" for reason in self.reasons]}
        if self.code == "invalid_blocks":
            body["errors"] = list(self.reasons)
        return body
