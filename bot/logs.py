"""Tracebacks that tell what happened where, without the words that errors repeat: those may be people's."""

import logging
import re
import traceback

from typing_extensions import override

_OURS = ("bot.", "handlers.", "schedules.", "storage.")
_OUTCOME = re.compile(r" (?:exception|result)=")


class Wordless(logging.Filter):
    """Writes tracebacks anew, as places and kinds of errors; tasks that asyncio shows lose their outcome.

    Our own errors and the operating system's keep what they say: nobody's words are in it.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            record.exc_text = "\n".join(_told(error))
        if record.name == "asyncio":
            record.msg, record.args = _OUTCOME.split(record.getMessage(), 1)[0], ()
        return True


def keep_words_out_of_tracebacks() -> None:
    """See to it for whatever the root logger's present handlers write, before their other filters read it."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(one, Wordless) for one in handler.filters):
            handler.filters.insert(0, Wordless())


def _told(error: BaseException, depth: int = 0) -> list[str]:
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [*_told(earlier, depth + 1), "which led to:"] if earlier is not None and depth < 8 else []
    lines += [line.rstrip("\n") for line in traceback.format_tb(error.__traceback__)]
    lines.append(_named(error))
    if isinstance(error, BaseExceptionGroup) and depth < 8:
        for one in error.exceptions:
            lines += ["among them:", *_told(one, depth + 1)]
    return lines


def _named(error: BaseException) -> str:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    says_nothing_of_people = isinstance(error, OSError) or kind.__module__.startswith(_OURS)
    return f"{name}: {error}" if says_nothing_of_people else name
