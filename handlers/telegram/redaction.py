"""Keeping tokens, and what people write, out of the log."""

import logging
from urllib.parse import quote

from typing_extensions import override

_HIDDEN = "[hidden]"
_SILENT = logging.CRITICAL + 1
_formatter = logging.Formatter()


class Redaction(logging.Filter):
    """Blots out secrets, as they are and as in addresses, in every record that passes and its traceback."""

    def __init__(self, *secrets: str) -> None:
        super().__init__()
        self.secrets = frozenset(form for secret in secrets if secret for form in (secret, quote(secret, "")))

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (KeyError, TypeError, ValueError):
            record.msg = message = f"a record of {record.name} that cannot be put together"
            record.args = ()
        clean = self._clean(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info:
            record.exc_text = self._clean(record.exc_text or _formatter.formatException(record.exc_info))
        return True

    def _clean(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def keep_out_of_logs(*secrets: str) -> None:
    """Blot `secrets` out of whatever the root logger's present handlers write.

    python-telegram-bot's own records are not written at all: it raises whatever it logs, and logs tokens at
    DEBUG and people's words at CRITICAL.
    """
    logging.getLogger("telegram").setLevel(_SILENT)
    redaction = Redaction(*secrets)
    for handler in logging.getLogger().handlers:
        if all(getattr(one, "secrets", None) != redaction.secrets for one in handler.filters):
            handler.addFilter(redaction)
